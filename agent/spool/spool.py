"""The spool as the event loop sees it: one thread does the disk work, and what arrives together is committed together."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from agent.candidates import Candidate
from agent.spool.file import SpoolFile
from agent.spool.model import DiskFull, Moment, SpoolClock, SpoolDamaged, SpoolState, StoredFrame, Wanted
from campus.errors import Poison
from campus.ids import DeviceId
from campus.samples import DeviceFacts
from campus.wire.frame import Body, SamplesBody
from campus.wire.shift import shifted_body

T = TypeVar("T")
MAX_OWED = 500
_log = logging.getLogger(__name__)


class Spool:
    """Appends, reads and acknowledges without blocking the loop; keeps running whatever the disk does.

    While the disk is full, from the first start on, samples are lost and counted (``disk_full_points``); facts and events
    wait in memory, at most `MAX_OWED` of them, and are kept with the next append that succeeds. A damaged file is moved
    aside and replaced.
    """

    def __init__(self, file: SpoolFile, clock: SpoolClock) -> None:
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
        """The epoch of this process life; 0 while there is no file yet because the disk is full."""
        return self._file.epoch

    async def start(self) -> SpoolState:
        """Open the file; `ConfigError` as `SpoolFile.open`. On a full disk every append tries again."""
        return await self.state()

    async def close(self) -> None:
        """Finish what is under way and close the file."""
        await self.append([])
        await self._in_thread(self._file.close)
        self._thread.shutdown()

    async def append(self, bodies: Sequence[Body]) -> None:
        """Keep `bodies`, in order, and before them what a full disk still owes; returns when they are on the disk or counted.

        Callers that wait at the same time share one commit. One that did not put all of it on the disk is one more of
        ``unkept_commits``.
        """
        self._waiting += bodies
        async with self._committing:
            if self._waiting or self._owed:
                await self._commit_waiting()

    async def begin_sending(self) -> int:
        """See `SpoolFile.begin_sending`; the first number that is live."""
        await self._run(self._file.begin_sending, None)
        return self._file.next_number

    async def end_sending(self) -> None:
        """See `SpoolFile.end_sending`."""
        await self._in_thread(self._file.end_sending)

    async def acknowledge(self, epoch: int, runs: Sequence[tuple[int, int]]) -> int:
        """Take frames as stored by the controller; how many waited. On a full disk they wait on, and are resent."""
        now = self._clock()
        taken = await self._run(lambda: self._file.acknowledge(epoch, runs, now), 0)
        self.counts["acknowledged_frames"] += taken
        return taken

    async def offer_again(self, since_ms: int) -> int | None:
        """See `SpoolFile.offer_again`; None on a full disk, where perhaps not all that is meant waits again."""
        anchor_ms = self._clock.anchor_ms
        offered = await self._run(lambda: self._file.offer_again(since_ms, anchor_ms), None)
        self.counts["offered_frames"] += offered or 0
        self.appended.set()
        return offered

    async def read_from(self, number: int, limit: int) -> list[StoredFrame]:
        """See `SpoolFile.read_from`; nothing on a full disk."""
        return await self._run(lambda: self._file.read_from(number, limit), [])

    async def read_backlog(
        self, below: int, without: frozenset[int], limit: int, wanted: Wanted = Wanted.EVERYTHING
    ) -> list[StoredFrame]:
        """See `SpoolFile.read_backlog`; nothing on a full disk, where what is sent could not be noted first."""
        return await self._run(lambda: self._file.read_backlog(below, without, limit, wanted), [])

    async def state(self) -> SpoolState:
        """See `SpoolFile.state`."""
        anchor_ms = self._clock.anchor_ms
        return await self._run(lambda: self._file.state(anchor_ms), SpoolState())

    async def load_facts(self) -> list[DeviceFacts]:
        """What `save_facts` remembers, across restarts."""
        return await self._run(self._file.remembered.load_facts, [])

    async def save_facts(self, facts: Sequence[DeviceFacts]) -> None:
        """Remember across restarts; on a full disk they are not, which costs nothing but a later repetition."""
        await self._run(lambda: self._file.remembered.save_facts(facts), None)

    async def forget_facts(self, devices: Sequence[DeviceId]) -> None:
        """The reverse of `save_facts`, for devices that are gone; on a full disk they stay until the next start."""
        await self._run(lambda: self._file.remembered.forget_facts(devices), None)

    async def load_candidates(self) -> list[Candidate]:
        """What `save_candidates` remembers, the loudest first."""
        return await self._run(self._file.remembered.load_candidates, [])

    async def save_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Remember across restarts; on a full disk they are not."""
        await self._run(lambda: self._file.remembered.save_candidates(candidates), None)

    async def _commit_waiting(self) -> None:
        bodies, self._waiting = self._waiting, []
        moment = Moment(self._clock(), self._clock.anchor_ms, self._clock.is_confirmed)
        shift_ms = self._clock.shift_ms
        together = [shifted_body(body, shift_ms, moment.at) for body in (*self._owed, *bodies)]
        numbers = await self._run(lambda: self._append_good(together, moment), None)
        if numbers is None or len(numbers) < len(together):
            self.counts["unkept_commits"] += 1
        if numbers is None:
            self._set_aside(bodies)
        else:
            self._owed.clear()
            self._note_room(numbers)

    def _append_good(self, bodies: list[Body], moment: Moment) -> list[int]:
        """In the thread: append together; when one body cannot be a frame, one by one, without it."""
        try:
            return self._file.append(bodies, moment)
        except Poison:
            return [number for body in bodies for number in self._append_alone(body, moment)]

    def _append_alone(self, body: Body, moment: Moment) -> list[int]:
        try:
            return self._file.append([body], moment)
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
            self.appended.set()

    async def _run(self, work: Callable[[], T], on_full_disk: T) -> T:
        """Do `work` with the open file in the thread; `on_full_disk` when there is no room for it."""
        now = self._clock()
        try:
            return await self._in_thread(lambda: self._with_file(work, now))
        except DiskFull as error:
            self._note_full(error)
            return on_full_disk
        finally:
            self.next_number = self._file.next_number

    def _with_file(self, work: Callable[[], T], now: int) -> T:
        """In the thread: open the file if that was not possible before, replace it if it is damaged."""
        try:
            if not self._file.is_open:
                self._file.open(now)
            return work()
        except SpoolDamaged as error:
            aside, saved = self._file.replace_damaged(now)
            _log.error(
                "spool_damaged error=%r moved_to=%s saved_frames=%d advice=%r",
                str(error),
                aside,
                saved,
                "the agent goes on with a new file; look at the disk's health",
            )
            return work()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
