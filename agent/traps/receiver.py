"""The ear: datagrams in, events out, and the device that spoke is read again.

Whose a datagram is and whether its sender shouts is asked before it is decoded; what becomes no event is counted by reason.
The answer to an inform says that it is kept, so it goes out only when the event is on the disk.
"""

import asyncio
import errno
import logging
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, cast

from agent.address import HostPort
from agent.candidates import Candidates
from agent.clock import Timer, UtcClock
from agent.collect.port import Harvest
from agent.poll import Sink
from agent.traps.meaning import TrapBook
from agent.traps.port import Drop, Heard, Known, Notification, TrapEngine
from agent.traps.senders import Senders, plain
from agent.traps.storm import STRANGERS, Limits, Repeats, Storm
from campus.errors import ConfigError
from campus.ids import DeviceId
from campus.samples import Event, Severity

GATHER_S = 0.2
"""Events wait so long for others of the same moment before they are sealed into one frame."""
LOOK_S = 1.0
"""How often it is looked whether a storm has ended."""
RESOLVE_EVERY_S = 600.0
TRY_AGAIN_S = 30.0
RECEIVE_BUFFER_BYTES = 1 << 20
MAX_STRANGERS = 50
"""Senders that are listed by address; others share one line, for addresses are easily forged."""
_LISTED = frozenset({Drop.UNKNOWN_COMMUNITY, Drop.UNKNOWN_USER, Drop.WRONG_PASSWORD, Drop.WRONG_LEVEL})
_log = logging.getLogger(__name__)


class Surroundings(NamedTuple):
    """What the receiver uses of the rest of the agent. `flush` returns when all that `sink` took is on the disk."""

    sink: Sink
    flush: Callable[[], Awaitable[None]]
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
        self._strangers: set[str] = set()
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
            tasks.create_task(self._seal_for_ever())
            tasks.create_task(self._tell_of_storms())
            tasks.create_task(self._resolve_for_ever())

    async def _hold_open(self, place: HostPort) -> None:
        """Keep a socket open; while another process has the port, or the machine not the address, try again."""
        is_told = False
        while True:
            try:
                transport = await self._opened(place)
            except OSError as error:
                if not is_told:
                    _log.error("traps_not_heard address=%s reason=%s", place, error)
                is_told = True
                await self._timer.sleep_until(self._timer.now_s() + TRY_AGAIN_S)
                continue
            bound = HostPort(*transport.get_extra_info("sockname")[:2])
            self.ports.append(bound)
            _log.info("traps_heard address=%s", bound)
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                transport.close()

    async def _opened(self, place: HostPort) -> asyncio.DatagramTransport:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Ear(self.take), local_addr=(place.host, place.port)
        )
        line = transport.get_extra_info("socket")
        with suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        return transport

    def take(self, datagram: bytes, host: str, answer: Callable[[bytes], None]) -> None:
        """Take one datagram from `host`; never raises. `answer` sends one back to where it came from."""
        self.received += 1
        device = self._senders.device_of(host)
        if not self._limits.admits(device or STRANGERS, self._timer.now_s()):
            self.dropped[Drop.OVER_LIMIT] += 1
            return
        heard = self._engine.hear(datagram)
        if heard.notification is None:
            if heard.answer:
                answer(heard.answer)
            if heard.drop:
                self._refuse(heard.drop, host, datagram)
            return
        device = device or self._senders.device_of(heard.notification.agent_address)
        if device is None:
            self._refuse(Drop.UNKNOWN_SENDER, host, heard.notification.oid.encode())
        else:
            self._tell(device, heard.notification)
        self._promise(heard, answer)

    def _tell(self, device: DeviceId, notification: Notification) -> None:
        event = self._book.event_of(notification, device, self._around.known[device], self._clock())
        if self._repeats.has(event, self._timer.now_s()):
            self.dropped[Drop.DUPLICATE] += 1
            return
        self._around.sink(device, Harvest(events=[event]))
        self._has_news.set()
        if not self._limits.is_storming(device):
            self._around.poll_soon(device)

    def _promise(self, heard: Heard, answer: Callable[[bytes], None]) -> None:
        if heard.answer:
            self._answers.append(lambda: answer(heard.answer))
            self._has_news.set()

    def _refuse(self, reason: Drop, host: str, sample: bytes) -> None:
        self.dropped[reason] += 1
        if reason is not Drop.UNKNOWN_SENDER and reason not in _LISTED:
            return
        address = plain(host) or host
        if address not in self._strangers and len(self._strangers) >= MAX_STRANGERS:
            address = "many other addresses"
        else:
            self._strangers.add(address)
        # a datagram is not shown: its community is somebody's secret
        shown = sample if reason is Drop.UNKNOWN_SENDER else b""
        if self._around.candidates.note(f"SNMP traps from {address}", shown, reason, self._clock()):
            _log.info("trap_sender_unknown address=%s reason=%s", address, reason)

    async def _seal_for_ever(self) -> None:
        """Put what was heard to the disk soon, and then answer the informs among it."""
        while True:
            await self._has_news.wait()
            await self._timer.sleep_until(self._timer.now_s() + GATHER_S)
            self._has_news.clear()
            answers, self._answers = self._answers, []
            await self._around.flush()
            for answer in answers:
                answer()

    async def _tell_of_storms(self) -> None:
        while True:
            await self._timer.sleep_until(self._timer.now_s() + LOOK_S)
            for storm in self._limits.told(self._timer.now_s()):
                if storm.sender != STRANGERS:
                    self._tell_of(storm)

    def _tell_of(self, storm: Storm) -> None:
        device = DeviceId(storm.sender)
        lasted_s = max(1, round(storm.lasted_s))
        text = (
            f"{lasted_s} 秒内有 {storm.folded} 条陷阱消息未逐条记录 / "
            f"{storm.folded} traps within {lasted_s} s were not told one by one"
        )
        self._around.sink(device, Harvest(events=[Event(device, self._clock(), "trap_storm", text, Severity.MINOR)]))
        self._has_news.set()
        if storm.is_over:
            self._around.poll_soon(device)

    async def _resolve_for_ever(self) -> None:
        while True:
            await self._senders.resolve()
            await self._timer.sleep_until(self._timer.now_s() + RESOLVE_EVERY_S)


def refuse_unusable(listen: Sequence[HostPort]) -> None:
    """`ConfigError` for an address that this machine has not or a port that this user may not have.

    Whether the port is free now is no question of the configuration: the agent that runs has it.
    """
    for place in listen:
        try:
            with socket.socket(socket.AF_INET6 if ":" in place.host else socket.AF_INET, socket.SOCK_DGRAM) as line:
                line.bind((place.host, place.port))
        except PermissionError as error:
            raise ConfigError(
                f"traps may not be heard on {place}: ports below 1024 need a privilege. Listen on 1162 and let the devices send "
                "there, or give the service CAP_NET_BIND_SERVICE (deploy/systemd/campanile-agent-traps.conf)"
            ) from error
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise ConfigError(f"traps cannot be heard on {place}: this machine has no such address") from error


class _Ear(asyncio.DatagramProtocol):
    """One socket."""

    def __init__(self, take: Callable[[bytes, str, Callable[[bytes], None]], None]) -> None:
        self._take = take

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # CPython 3.11's is none by class

    def datagram_received(self, datagram: bytes, sender: tuple[str, int]) -> None:
        self._take(datagram, sender[0], lambda answer: self._answer(answer, sender))

    def error_received(self, error: Exception) -> None:
        """An answer did not arrive (the sender is gone): its next inform will be answered."""
        _log.debug("trap_answer_lost reason=%s", error)

    def _answer(self, answer: bytes, sender: tuple[str, int]) -> None:
        if not self._transport.is_closing():
            self._transport.sendto(answer, sender)
