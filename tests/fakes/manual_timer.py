"""Time that passes when a test says so."""

import asyncio
import heapq
from itertools import count

TURNS = 20
"""How often the loop goes round between two moments: enough for a chain of tasks to come to rest."""


class ManualTimer:
    """Implements `agent.clock.Timer`; `advance` lets the sleepers wake in order, each at its own moment."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self._now_s = now_s
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_s(self) -> float:
        return self._now_s

    def utc_ms(self) -> int:
        """A UTC clock that goes with it."""
        return 1_790_000_000_000 + round(self._now_s * 1000)

    async def sleep_until(self, moment_s: float) -> None:
        if moment_s <= self._now_s:
            await asyncio.sleep(0)
            return
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (moment_s, next(self._order), sleeper))
        await sleeper

    async def advance(self, duration_s: float) -> None:
        """Let `duration_s` pass."""
        end_s = self._now_s + duration_s
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= end_s:
            self._now_s, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)
            await self._settle()
        self._now_s = end_s

    @staticmethod
    async def _settle() -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)
