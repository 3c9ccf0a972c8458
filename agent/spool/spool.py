"""The spool as the event loop sees it: one thread does the disk work, and what arrives together is committed together."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from agent.candidates import Candidate
from agent.clock import UtcClock
from agent.spool.file import DiskFull, SpoolFile, SpoolState, StoredFrame
from campus.errors import Poison
from campus.ids import DeviceId
from campus.samples import DeviceFacts
from campus.wire.frame import Body, SamplesBody

T = TypeVar("T")
MAX_OWED = 500
_log = logging.getLogger(__name__)


class Spool:
    """Appends, reads and deletes without blocking the loop; keeps running while the disk is full.

    While the disk is full samples are lost and counted (``disk_full_points``); facts and events wait in memory, at most
    `MAX_OWED` of them, and are kept with the next append that succeeds.
    """

    def __init__(self, file: SpoolFile, clock: UtcClock) -> None:
        self._file = file
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._owed: deque[Body] = deque()
        self._waiting: list[Body] = []
        self._committing = asyncio.Lock()
        self._is_full = False
        self.appended = asyncio.Event()
        """Set whenever there is something new to read; the reader clears it."""
        self.counts: Counter[str] = Counter()
        self.next_number = 1
        """The lowest number that no kept frame has yet."""

    @property
    def epoch(self) -> int:
        """The epoch of the open file."""
        return self._file.epoch

    async def start(self) -> SpoolState:
        """Open the file; `ConfigError` as `SpoolFile.open`."""
        await self._run(lambda: self._file.open(self._clock()))
        state = await self.state()
        self.next_number = state.next_number
        return state

    async def close(self) -> None:
        """Finish what is under way and close the file."""
        await self.append([])
        await self._run(self._file.close)
        self._thread.shutdown()

    async def append(self, bodies: Sequence[Body]) -> None:
        """Keep `bodies`, in order; returns when they are on the disk or counted as lost.

        Callers that wait at the same time share one commit.
        """
        self._waiting += bodies
        async with self._committing:
            if self._waiting:
                await self._commit_waiting()

    async def acknowledge(self, epoch: int, runs: Sequence[tuple[int, int]]) -> int:
        """Forget what the controller has stored; how many frames that freed. On a full disk they stay, and are resent."""
        try:
            freed = await self._run(lambda: self._file.acknowledge(epoch, runs))
        except DiskFull as error:
            self._note_full(error)
            return 0
        self.counts["acknowledged_frames"] += freed
        return freed

    async def read_from(self, number: int, limit: int) -> list[StoredFrame]:
        """See `SpoolFile.read_from`."""
        return await self._run(lambda: self._file.read_from(number, limit))

    async def read_below(self, number: int, without: frozenset[int], limit: int) -> list[StoredFrame]:
        """See `SpoolFile.read_below`."""
        return await self._run(lambda: self._file.read_below(number, without, limit))

    async def state(self) -> SpoolState:
        """See `SpoolFile.state`."""
        return await self._run(self._file.state)

    async def load_facts(self) -> list[DeviceFacts]:
        """See `SpoolFile.load_facts`."""
        return await self._run(self._file.load_facts)

    async def save_facts(self, facts: Sequence[DeviceFacts]) -> None:
        """Remember across restarts; on a full disk they are not, which costs nothing but a later repetition."""
        await self._remember(lambda: self._file.save_facts(facts))

    async def forget_facts(self, devices: Sequence[DeviceId]) -> None:
        """The reverse of `save_facts`, for devices that are gone; on a full disk they stay until the next start."""
        await self._remember(lambda: self._file.forget_facts(devices))

    async def load_candidates(self) -> list[Candidate]:
        """See `SpoolFile.load_candidates`."""
        return await self._run(self._file.load_candidates)

    async def save_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Remember across restarts; on a full disk they are not."""
        await self._remember(lambda: self._file.save_candidates(candidates))

    async def _remember(self, work: Callable[[], None]) -> None:
        try:
            await self._run(work)
        except DiskFull as error:
            self._note_full(error)

    async def _commit_waiting(self) -> None:
        bodies, self._waiting = self._waiting, []
        try:
            numbers = await self._run(lambda: self._append_good([*self._owed, *bodies]))
        except DiskFull as error:
            self._note_full(error)
            self._set_aside(bodies)
        else:
            self._owed.clear()
            self._note_room(numbers)

    def _append_good(self, bodies: list[Body]) -> list[int]:
        """In the thread: append together; when one body cannot be a frame, one by one, without it."""
        try:
            return self._file.append(bodies, self._clock())
        except Poison:
            return [number for body in bodies for number in self._append_alone(body)]

    def _append_alone(self, body: Body) -> list[int]:
        try:
            return self._file.append([body], self._clock())
        except Poison as error:
            self.counts["refused_frames"] += 1
            _log.warning("frame_refused reason=%s error=%s", error.reason, error)
            return []

    def _set_aside(self, bodies: Sequence[Body]) -> None:
        for body in bodies:
            if isinstance(body, SamplesBody):
                self.counts["disk_full_points"] += body.count
            elif len(self._owed) < MAX_OWED:
                self._owed.append(body)
            else:
                self.counts["disk_full_facts_and_events"] += 1

    def _note_full(self, error: DiskFull) -> None:
        if not self._is_full:
            _log.error("spool_disk_full error=%r advice=%r", str(error), "samples are lost until there is room")
        self._is_full = True

    def _note_room(self, numbers: Sequence[int]) -> None:
        if self._is_full:
            _log.warning("spool_disk_has_room lost_points=%d", self.counts["disk_full_points"])
        self._is_full = False
        self.counts["appended_frames"] += len(numbers)
        if numbers:
            self.next_number = numbers[-1] + 1
            self.appended.set()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
