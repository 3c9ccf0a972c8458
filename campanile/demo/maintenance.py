"""A window of maintenance in the demo's past, for its visitors to see one: ``python -m campanile.demo.maintenance CONFIG``.

A process of its own, before the history is judged, by the service that people's windows go through.
"""

import sys
from pathlib import Path

from campus.samples import DeviceKind
from controller.config import load_config
from controller.history import PastClock
from controller.identity.scope import SYSTEM
from controller.main import Controller
from controller.silences.model import HOUR_MS, Draft, Kind, Selector

BEGAN_MS_AGO = 2 * HOUR_MS
LASTED_MS = HOUR_MS
_MINUTES_MS = 300_000
REASON = "不间断电源例行放电测试 · UPS discharge test"


def main(config: Path) -> None:
    """Write it down as somebody did two hours ago, of the whole district's UPSes: nothing else hangs on them."""
    clock = PastClock()
    starts_at = clock() // _MINUTES_MS * _MINUTES_MS - BEGAN_MS_AGO
    clock.moment = starts_at
    controller = Controller(load_config(config), clock)
    controller.open_registry()
    try:
        selector = Selector(kind=DeviceKind.UPS)
        controller.silences.silence(SYSTEM, Draft(Kind.MAINTENANCE, selector, starts_at, starts_at + LASTED_MS, REASON))
    finally:
        controller.close_registry()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
