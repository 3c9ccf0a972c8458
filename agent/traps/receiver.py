"""Datagrams in, events out, and the device that spoke is read again.

Whose a datagram is and whether its sender shouts is asked before it is decoded; what becomes no event is counted by reason.
The answer to an inform says that it is kept, so it goes out only to a device of ours, and only when the event is on the disk.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from agent.address import HostPort
from agent.candidates import Candidates
from agent.clock import Timer, UtcClock
from agent.collect.port import Harvest
from agent.poll import Sink
from agent.traps.ear import Answer, Ear
from agent.traps.meaning import UNKNOWN_TRAP, TrapBook
from agent.traps.port import Drop, Heard, Known, Notification, TrapEngine
from agent.traps.senders import Senders, plain
from agent.traps.storm import STRANGERS, Limits, Repeats, Storm
from campus.ids import DeviceId
from campus.samples import Event, Severity

GATHER_S = 0.2
"""Events wait so long for others of the same moment before they are sealed into one frame."""
LOOK_S = 1.0
"""How often it is looked whether a storm has ended."""
RESOLVE_EVERY_S = 600.0
TRY_AGAIN_S = 30.0
MAX_WAITING = 10_000
"""Datagrams read and not yet decoded: some seconds' work, what three hundred switches say when the power fails."""
MAX_STRANGERS = 50
"""Senders that are listed by address, those heard last: addresses are easily forged."""
_STRANGER = "SNMP traps from "
LISTED = frozenset(
    {
        Drop.UNKNOWN_SENDER,
        Drop.UNKNOWN_COMMUNITY,
        Drop.UNKNOWN_USER,
        Drop.WRONG_PASSWORD,
        Drop.WRONG_LEVEL,
        Drop.TOO_OLD,
    }
)
"""Reasons for which a sender is listed for the person who configures devices."""
_NOTHING_CHANGED = frozenset({UNKNOWN_TRAP, "authentication_failure"})
"""Kinds of event after which the device is not read: what nobody understands, and what our own wrong community may cause."""
_log = logging.getLogger(__name__)


class Surroundings(NamedTuple):
    """What the receiver uses of the rest of the agent.

    `flush` puts all that `sink` took to the disk; it returns how often so far that did not succeed wholly.
    """

    sink: Sink
    flush: Callable[[], Awaitable[int]]
    poll_soon: Callable[[DeviceId], None]
    known: Mapping[DeviceId, Known]
    candidates: Candidates


class TrapReceiver:
    """Listens on some addresses. Inert until `run`."""

    def __init__(
        self,
        listen: Sequence[HostPort],
        engine: TrapEngine,
        senders: Senders,
        book: TrapBook,
        around: Surroundings,
        *,
        clock: UtcClock,
        timer: Timer,
    ) -> None:
        self._listen = listen
        self._engine = engine
        self._senders = senders
        self._book = book
        self._around = around
        self._clock = clock
        self._timer = timer
        self._limits = Limits()
        self._repeats = Repeats()
        self._waiting: deque[tuple[bytes, str, Answer]] = deque()
        self._is_waiting = asyncio.Event()
        self._unkept = 0
        self._answers: list[Callable[[], None]] = []
        self._has_news = asyncio.Event()
        self.received = 0
        """Datagrams, whatever was in them."""
        self.dropped: Counter[Drop] = Counter()
        """Datagrams that became no event, by reason."""
        self.ports: list[HostPort] = []
        """Where it listens now."""

    async def run(self) -> None:
        """Listen until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for place in self._listen:
                tasks.create_task(self._hold_open(place), name=f"traps-{place}")
            tasks.create_task(self._take_for_ever())
            tasks.create_task(self._seal_for_ever())
            tasks.create_task(self._tell_of_storms())
            tasks.create_task(self._resolve_for_ever())

    async def _hold_open(self, place: HostPort) -> None:
        """Keep a socket open; while another process has the port, or the machine not the address, try again."""
        is_told = False
        ear = Ear(place, self.receive, self._lose)
        while True:
            try:
                bound = ear.open()
            except OSError as error:
                if not is_told:
                    _log.error("traps_not_heard address=%s reason=%s", place, error)
                is_told = True
                await self._timer.sleep_until(self._timer.now_s() + TRY_AGAIN_S)
                continue
            self.ports.append(bound)
            _log.info("traps_heard address=%s", bound)
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                ear.close()

    def receive(self, datagram: bytes, host: str, answer: Answer) -> None:
        """Put one datagram from `host` among those that wait, unless its sender shouts. `answer` sends one back to it."""
        self.received += 1
        if not self._limits.admits(self._senders.device_of(host) or STRANGERS, self._timer.now_s()):
            self.dropped[Drop.OVER_LIMIT] += 1
        elif len(self._waiting) >= MAX_WAITING:
            self.dropped[Drop.NO_ROOM] += 1
        else:
            self._waiting.append((datagram, host, answer))
            self._is_waiting.set()

    def _lose(self, datagrams: int) -> None:
        self.dropped[Drop.NO_ROOM] += datagrams

    async def _take_for_ever(self) -> None:
        """Decode what waits, one datagram in a turn of the loop: each is 0.6 ms or more in which nothing else goes on."""
        while True:
            await self._is_waiting.wait()
            if not self.take_one():
                self._is_waiting.clear()
            await asyncio.sleep(0)

    def take_one(self) -> bool:
        """Decode the oldest datagram that waits, and do what it wants; False when there is none. Never raises."""
        if not self._waiting:
            return False
        datagram, host, answer = self._waiting.popleft()
        try:
            self._take(datagram, host, answer)
        except Exception:  # noqa: BLE001 - anybody may send anything: one that breaks us costs itself alone
            self.dropped[Drop.FAILED] += 1
            _log.warning("trap_broken sender=%s", host, exc_info=self.dropped[Drop.FAILED] < 10)
        return True

    def _take(self, datagram: bytes, host: str, answer: Answer) -> None:
        heard = self._engine.hear(datagram)
        if heard.notification is None:
            if heard.answer:
                answer(heard.answer)
            if heard.drop:
                self._refuse(heard, heard.drop, host)
            return
        device = self._senders.device_of(host) or self._senders.device_of(heard.notification.agent_address)
        if device is None:
            self._refuse(heard, Drop.UNKNOWN_SENDER, host)
        elif self._tell(device, heard.notification) and heard.answer:
            self._answers.append(lambda: answer(heard.answer))
            self._has_news.set()

    def _tell(self, device: DeviceId, notification: Notification) -> bool:
        """Tell what a device says; whether it is told, now or by its like a moment ago."""
        now_s = self._timer.now_s()
        if not self._limits.may_tell(device, now_s):
            self.dropped[Drop.OVER_LIMIT] += 1
            return False
        event = self._book.event_of(notification, device, self._around.known[device], self._clock())
        if self._repeats.has(event, now_s):
            self.dropped[Drop.DUPLICATE] += 1
            return True
        if not self._limits.may_inform(event, now_s):
            self._repeats.forget(event)
            self.dropped[Drop.OVER_LIMIT] += 1
            return False
        self._around.sink(device, Harvest(events=[event]))
        self._has_news.set()
        if event.kind not in _NOTHING_CHANGED and not self._limits.is_storming(device):
            self._around.poll_soon(device)
        return True

    def _refuse(self, heard: Heard, reason: Drop, host: str) -> None:
        """Count a datagram that is not believed, and list its sender."""
        self.dropped[reason] += 1
        is_told_our_time = reason is Drop.TOO_OLD and heard.answer  # a step of an inform on its way, and no fault
        if reason not in LISTED or is_told_our_time:
            return
        address = plain(host) or host
        # of a datagram that is not believed nothing is shown: its community is somebody's secret
        shown = heard.notification.oid.encode() if heard.notification else b""
        if self._around.candidates.note(_STRANGER + address, shown, reason, self._clock()):
            self._around.candidates.forget_all_but(MAX_STRANGERS, _STRANGER)
            _log.info("trap_sender_unknown address=%s reason=%s", address, reason)

    async def _seal_for_ever(self) -> None:
        """Put what was heard to the disk soon, and then answer the informs among it."""
        while True:
            await self._has_news.wait()
            await self._timer.sleep_until(self._timer.now_s() + GATHER_S)
            self._has_news.clear()
            answers, self._answers = self._answers, []
            unkept = await self._around.flush()
            if unkept == self._unkept:
                for answer in answers:
                    answer()
            else:  # perhaps one of these events: who waits for an answer says it again, and then it is no repetition
                self._unkept = unkept
                self._repeats = Repeats()

    async def _tell_of_storms(self) -> None:
        while True:
            await self._timer.sleep_until(self._timer.now_s() + LOOK_S)
            for storm in self._limits.told(self._timer.now_s()):
                self._tell_of(storm)
            for device in self._limits.ended(self._timer.now_s()):
                self._around.poll_soon(DeviceId(device))

    def _tell_of(self, storm: Storm) -> None:
        device = DeviceId(storm.sender)
        lasted_s = max(1, round(storm.lasted_s))
        text = (
            f"{lasted_s} 秒内有 {storm.folded} 条陷阱消息未逐条记录 / "
            f"{storm.folded} traps within {lasted_s} s were not told one by one"
        )
        self._around.sink(device, Harvest(events=[Event(device, self._clock(), "trap_storm", text, Severity.MINOR)]))
        self._has_news.set()

    async def _resolve_for_ever(self) -> None:
        while True:
            await self._senders.resolve()
            await self._timer.sleep_until(self._timer.now_s() + RESOLVE_EVERY_S)
