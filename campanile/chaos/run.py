"""A run: faults one after the other and over one another, then healing, draining, reconciling."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from campanile.chaos.bench import Bench
from campanile.chaos.faults import BY_NAME
from campanile.chaos.faults_process import change_broker
from campanile.chaos.plan import Planned
from campanile.chaos.reconcile import Verdict

MOST_AT_ONCE: Final = 10
PROGRESS_EVERY: Final = 25


class Run:
    """Stages a plan on a bench that has started. `staged` counts by name what was begun."""

    def __init__(self, bench: Bench, say: Callable[[str], None]) -> None:
        self._bench = bench
        self._say = say
        self._began_s = time.monotonic()
        self._gate = asyncio.Semaphore(MOST_AT_ONCE)
        self.staged: Counter[str] = Counter()

    async def stage(self, planned: Sequence[Planned], interval_s: float, until_s: float = float("inf")) -> None:
        """Begin one fault every `interval_s` at best, and return when all have ended; none begins after `until_s` (monotonic)."""
        next_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for one in planned:
                await self._gate.acquire()
                await asyncio.sleep(max(0.0, next_s - time.monotonic()))
                if time.monotonic() >= until_s:
                    break
                next_s = max(next_s + interval_s, time.monotonic())
                tasks.create_task(self._stage(one))
                if one.number % PROGRESS_EVERY == 0:
                    await self._tell_progress(len(planned))

    async def end(self) -> Verdict:
        """Heal, drain, stop and reconcile."""
        self.tell("healing everything, then waiting until every spool is empty")
        await self._bench.heal()
        await self._bench.finish_recall()
        await self._bench.drain()
        await self._bench.stop()
        self.tell("reconciling row by row")
        return await asyncio.to_thread(self._bench.verdict)

    def tell(self, what: str) -> None:
        """One line with the time of the run."""
        seconds = time.monotonic() - self._began_s
        self._say(f"{int(seconds // 60):3d}:{seconds % 60:04.1f}  {what}")

    async def _stage(self, one: Planned) -> None:
        school = self._bench.schools[one.school]
        say = partial(self._tell_fault, one)
        try:
            if one.kind is not None:
                await change_broker(self._bench, one.kind, say)
            else:
                await BY_NAME[one.name].stage(self._bench, school, random.Random(one.seed), say)
            self.staged[one.name] += 1
        finally:
            self._gate.release()

    def _tell_fault(self, one: Planned, what: str) -> None:
        self.tell(f"#{one.number:<4d} {one.name:<18s} {what}")

    async def _tell_progress(self, of: int) -> None:
        committed = await self._bench.metric("ingest_frames_committed_total")
        frames = "no answer" if committed is None else f"{committed:.0f} frames"
        self.tell(
            f"      {self.staged.total()} of {of} faults over, {len(self._bench.ledger)} readings said; controller: {frames}"
        )
