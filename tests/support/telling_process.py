"""Telling in a process of its own, to be killed: `python -m tests.support.telling_process FOLDER URL`.

FOLDER holds the registry of `tests.support.district.ready_registry`; messages go to a webhook at URL.
"""

import sys
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

from campus.secret import Secret
from controller.alerts.service import AlertService
from controller.calendar.service import CalendarService
from controller.clock import utc_ms
from controller.registry.database import create_engine, sqlite_url
from controller.registry.service import RegistryService
from controller.telling.channels.programs import SignedWebhook
from controller.telling.model import Person, Policy, Reach, Register, Webhook
from controller.telling.service import TellingService
from tests.fakes.fixed_register import FixedRegister
from tests.support.district import TIMEZONE

PEOPLE = (Person("li", "Li", (Reach("hook"),)),)
REGISTER = Register({"hook": Webhook("url", "secret")}, PEOPLE, Policy(group_s=0, again_s=0))
ROUND_S = 0.05


def telling_of(database: Path, address: str) -> TellingService:
    """Over a registry that is there already."""
    engine = create_engine(sqlite_url(database))
    registry = RegistryService(engine, utc_ms)
    registry.start()
    source = FixedRegister(REGISTER, {"hook": SignedWebhook(Secret(address), Secret("secret"))})
    alerts = AlertService(engine, registry, utc_ms)
    calendar = CalendarService(engine, registry, TIMEZONE)
    return TellingService(engine, alerts, registry, calendar, utc_ms, ZoneInfo(TIMEZONE), source)


def main() -> None:
    """Rounds until it is killed."""
    telling = telling_of(Path(sys.argv[1]), sys.argv[2])
    rest = threading.Event()
    while True:
        telling.tend(utc_ms())
        telling.deliver(utc_ms())
        rest.wait(ROUND_S)


if __name__ == "__main__":
    main()
