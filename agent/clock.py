"""Time as the agent reads it: UTC milliseconds for what is measured, a steady clock for waiting.

The machine's own clock may be wrong by years and may jump. It is believed once, at the start; from then on time passes by
a clock that nobody sets, and only what the controller says corrects it.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, Protocol

from campus.wire.frame import EARLIEST_MS, LATEST_MS

UtcClock = Callable[[], int]
"""UTC milliseconds since 1970-01-01."""
CLOCK_SLACK_MS: Final = 5_000
"""A clock that is wrong by less is left alone: a correction is worse than an error nobody sees."""
DOUBT_S: Final = 60.0
"""For so long the controller must go on to say that it is earlier than we thought before a confirmed clock is set back.

An answer that lay in a broker for a minute says so too, and is followed by one that did not.
"""
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_log = logging.getLogger(__name__)


def utc_ms() -> int:
    """Now, by the system's clock."""
    return time.time_ns() // 1_000_000


class Timer(Protocol):
    """A clock that never jumps, and waiting by it."""

    def now_s(self) -> float:
        """Seconds since some moment."""

    async def sleep_until(self, moment_s: float) -> None:
        """Return at `moment_s` by `now_s`, at once when it has passed."""


class SteadyTimer:
    """`Timer` by the time since the machine started, suspension included."""

    def now_s(self) -> float:
        """``CLOCK_BOOTTIME`` (Linux, clock_gettime(2))."""
        return time.clock_gettime(_STEADY)

    async def sleep_until(self, moment_s: float) -> None:
        """Sleep in the running event loop."""
        await asyncio.sleep(max(0.0, moment_s - self.now_s()))


class SteadyClock:
    """UTC by a steady timer, set by the machine's clock at first use and by the controller ever after.

    It is two clocks. Called, it is the best known time: frames are sealed by it. `reading` is the same clock without the
    corrections: what is measured is stamped by it, so that two readings of one process lie apart by the time that passed
    between them and by nothing else (a rate is a difference). Sealing adds `shift_ms`, which turns the one into the other.
    Constructed inert. Any thread may ask; `hear` belongs to one.
    """

    def __init__(self, wall: UtcClock = utc_ms, timer: Timer | None = None) -> None:
        self._wall = wall
        self._timer = timer or SteadyTimer()
        self._lock = threading.Lock()
        self._first_anchor_ms: int | None = None
        self._wall_anchor_ms = 0
        self._doubted_s: float | None = None
        self.shift_ms = 0
        """What the controller has corrected so far: added to the instants of readings when they are sealed."""
        self.is_confirmed = False
        """Whether the controller has been heard and agrees, perhaps after a correction."""
        self.counts: Counter[str] = Counter()
        """``wall_jumps`` of the machine's clock, which change nothing, and ``corrections`` by the controller."""

    def __call__(self) -> int:
        """Now, as well as it is known."""
        return self.reading() + self.shift_ms

    def reading(self) -> int:
        """Now, for what is measured: never jumps while the process lives."""
        now_ms = round(self._timer.now_s() * 1000)
        return now_ms + self._anchored(now_ms)

    @property
    def anchor_ms(self) -> int:
        """UTC ms, by this clock, at the steady timer's zero: two clocks of one boot differ by nothing else."""
        return self._anchored(round(self._timer.now_s() * 1000)) + self.shift_ms

    @property
    def correction_ms(self) -> int:
        """What the machine's own clock lacks of the best known time."""
        return self() - self._wall()

    def shift_of(self, anchor_ms: int) -> int:
        """What to add to instants sealed under `anchor_ms` in this boot; 0 when it is less than anybody would see."""
        shift_ms = self.anchor_ms - anchor_ms
        return shift_ms if abs(shift_ms) > CLOCK_SLACK_MS else 0

    def hear(self, told_at: int, round_trip_ms: int | None) -> None:
        """Take the time of the controller's answer just heard; the true time is `told_at` to `told_at + round_trip_ms`.

        None where it is not known what was answered: such an answer may be old, so the time is `told_at` or later.
        """
        own = self()
        if own < told_at - CLOCK_SLACK_MS:
            self._correct(told_at + (round_trip_ms or 0) // 2 - own)
        elif round_trip_ms is None:
            return
        elif own > told_at + round_trip_ms + CLOCK_SLACK_MS:
            if self.is_confirmed and not self._is_long_doubted():
                return
            self._correct(told_at + round_trip_ms // 2 - own)
        self._doubted_s = None
        self.is_confirmed = self.is_confirmed or round_trip_ms is not None

    def _is_long_doubted(self) -> bool:
        now_s = self._timer.now_s()
        self._doubted_s = now_s if self._doubted_s is None else self._doubted_s
        return now_s - self._doubted_s >= DOUBT_S

    def _correct(self, by_ms: int) -> None:
        self.shift_ms += by_ms
        self.counts["corrections"] += 1
        _log.warning("clock_corrected by_s=%.1f system_clock_lacks_s=%.1f", by_ms / 1000, self.correction_ms / 1000)

    def _anchored(self, now_ms: int) -> int:
        """The anchor of the first use; looks at the machine's clock, to tell when somebody has set it."""
        wall_anchor_ms = self._wall() - now_ms
        with self._lock:
            jumped_ms = wall_anchor_ms - self._wall_anchor_ms
            self._wall_anchor_ms = wall_anchor_ms
            if self._first_anchor_ms is None:
                self._first_anchor_ms = _storable(wall_anchor_ms + now_ms) - now_ms
            elif abs(jumped_ms) > CLOCK_SLACK_MS:
                self._note_jump(jumped_ms)
            return self._first_anchor_ms

    def _note_jump(self, by_ms: int) -> None:
        self.counts["wall_jumps"] += 1
        _log.warning("system_clock_jumped by_s=%.1f advice=%r", by_ms / 1000, "the agent's own time goes on as before")


def _storable(wall: int) -> int:
    """A clock that was never set starts where a frame can carry it: what is sealed by it is shifted once the time is known."""
    return wall if EARLIEST_MS <= wall < LATEST_MS else EARLIEST_MS
