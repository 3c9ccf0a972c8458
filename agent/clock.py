"""Time as the agent reads it: UTC milliseconds for what is measured, a steady clock for waiting."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

UtcClock = Callable[[], int]
"""UTC milliseconds since 1970-01-01; may jump when the box learns the time."""


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
    """`Timer` on the system's monotonic clock."""

    def now_s(self) -> float:
        """`time.monotonic`."""
        return time.monotonic()

    async def sleep_until(self, moment_s: float) -> None:
        """Sleep in the running event loop."""
        await asyncio.sleep(max(0.0, moment_s - self.now_s()))
