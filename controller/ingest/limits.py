"""How much of each agent is taken: the settings, and each agent's share of series.

What comes in at the door is limited in `controller.ingest.door`; what it may add to the store's list of series, here.
"""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from campus.ids import SiteId
from campus.topics import Address

HONEST_BYTES_PER_S: Final = 131_072
"""What an agent sends at most while it empties its spool (`uplink.backlog_bytes_per_s` by itself)."""
LEAST_BYTES_PER_S: Final = 2 * HONEST_BYTES_PER_S
LEAST_FRAMES_PER_S: Final = 50
LEAST_SERIES: Final = 100
NAMED_FOR_S: Final = 300.0
"""An agent that was refused series is named until it has not been refused any for this long."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one agent may send and add. Several times what a large school needs while it empties its spool."""

    frames_per_s: int = 500
    bytes_per_s: int = 1_048_576
    series_per_agent: int = 20_000

    def problems(self) -> list[tuple[str, str]]:
        """Each key that would keep honest agents out, with what to do.

        >>> Limits(frames_per_s=1).problems()
        [('frames_per_s', '1 would keep honest agents out: allow at least 50')]
        """
        least = {
            "frames_per_s": LEAST_FRAMES_PER_S,
            "bytes_per_s": LEAST_BYTES_PER_S,
            "series_per_agent": LEAST_SERIES,
        }
        return [
            (key, f"{getattr(self, key)} would keep honest agents out: allow at least {low}")
            for key, low in least.items()
            if getattr(self, key) < low
        ]


class SeriesQuota:
    """Each agent's share of series: an agent that invents names without end cannot fill the store's list of them.

    Whoever is about to make series asks `grant` first, with the number of those of a frame that the store does not know
    yet, makes as many as it is told (the first ones), and sets the samples of the others aside as
    `SetAside.TOO_MANY_SERIES`. Series that the store knows need no asking. One thread asks; any thread reads `exhausted`.

        granted = quota.grant(address, len(unknown))
        made, refused = unknown[:granted], unknown[granted:]

    An agent begins with what its site has in the store already (`held`, asked once for each agent), so a restart is no
    way to a new share.
    """

    def __init__(self, most: int, held: Callable[[SiteId], int], clock_s: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._held = held
        self._used: dict[Address, int] = {}
        self._clock_s = clock_s
        self._refused: dict[Address, tuple[int, float]] = {}

    def grant(self, address: Address, new: int) -> int:
        """How many of `new` series may be made for this agent: 0 to `new`. They count as made."""
        used = self._used.get(address)
        if used is None:
            used = self._held(address.site)
        granted = max(0, min(new, self._most - used))
        self._used[address] = used + granted
        if granted < new:
            self._refused[address] = new - granted, self._clock_s()
        return granted

    def exhausted(self) -> dict[Address, int]:
        """Agents that asked for more than their share lately, with how many series they were refused the last time."""
        named_from_s = self._clock_s() - NAMED_FOR_S
        return {who: count for who, (count, at_s) in self._refused.copy().items() if at_s >= named_from_s}
