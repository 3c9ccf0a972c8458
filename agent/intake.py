"""Where every collector's harvest goes: sorted into facts and samples, sealed into the spool every few seconds."""

import asyncio
from collections import Counter

from agent.batch import Batch
from agent.clock import Timer, UtcClock
from agent.collect.port import Harvest
from agent.facts import FactsBook
from agent.spool.spool import Spool
from campus.ids import DeviceId


class Intake:
    """Gathers; `run` seals."""

    def __init__(
        self, book: FactsBook, batch: Batch, spool: Spool, batch_s: float, clock: UtcClock, timer: Timer
    ) -> None:
        self._book = book
        self._batch = batch
        self._spool = spool
        self._batch_s = batch_s
        self._clock = clock
        self._timer = timer
        self._full = asyncio.Event()
        self._sealing = asyncio.Lock()
        self.dropped: Counter[str] = Counter()
        """Points that decoding left out, by reason."""

    @property
    def dropped_points(self) -> int:
        """All readings left out before the spool."""
        return self.dropped.total() + self._batch.dropped.total()

    def take(self, device: DeviceId, harvest: Harvest) -> None:
        """Accept what a device gave; never blocks."""
        if harvest.facts is not None:
            self._book.learn(harvest.facts)
        elif harvest.samples or harvest.events or harvest.documents:
            self._book.introduce(device, self._clock())
        self._batch.add(harvest.samples, harvest.events, harvest.documents)
        self.dropped.update(harvest.dropped)
        if self._batch.is_full:
            self._full.set()

    async def run(self) -> None:
        """Seal at every multiple of `batch_s` of the timer, or sooner when a frame is full.

        Devices are polled at fixed places of their intervals, so the same series come together poll after poll, and the
        controller knows the dictionary of such a frame already.
        """
        while True:
            try:
                async with asyncio.timeout(self._batch_s - self._timer.now_s() % self._batch_s):
                    await self._full.wait()
            except TimeoutError:
                pass
            self._full.clear()
            await self.flush()

    async def flush(self) -> int:
        """Put everything gathered into the spool; how often so far something taken was then not on the disk.

        Who finds the number as it was before knows that all that was taken in between is.
        """
        async with self._sealing:  # whose events another flush has taken waits for its disk too
            facts = self._book.take_untold(self._clock())
            bodies = self._batch.take(facts)
            await self._spool.append(bodies)
            if facts:
                await self._spool.save_facts(facts)
            return self._spool.counts["unkept_commits"] + self._batch.dropped["batch_full_events"]

    async def greet(self) -> None:
        """Tell all facts again, for a connection that has just been made or a controller that asks."""
        self._book.tell_all_again()
        await self.flush()
