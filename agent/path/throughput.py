"""What the school's line really carries: bytes to and from the controller, when it grants a turn. HTTP/1.1 by h11.

The controller lets one school at a time, and says how much and how fast; the agent's own limits hold as well. Either way
ends after a third of the turn, whatever has come through by then. Nothing but the token and the agent's address is told.
"""

import asyncio
import os
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import h11
import msgspec

from agent.address import HostPort
from agent.services.dial import USUAL_PORT, dialled
from agent.services.model import CheckFailed, ServiceState
from campus.secret import Secret
from campus.topics import Address

SLOT_PATH = "/api/v1/throughput"
CHUNK_BYTES = 65_536
_MAX_ANSWER_BYTES = 4096


class Slot(msgspec.Struct, frozen=True):
    """A turn: `ticket` names it, `max_bytes` each way, no faster than `max_bps`, over after `seconds`."""

    ticket: str
    max_bytes: int
    max_bps: float
    seconds: float


class Refusal(msgspec.Struct, frozen=True):
    """Not now: why, and when to ask again."""

    reason: str
    retry_after_s: float


@dataclass(frozen=True)
class Throughput:
    """Bits per second towards the school and from it."""

    down_bps: float
    up_bps: float


class ThroughputProbe:
    """Asks for a turn and uses it. Inert; one at a time."""

    def __init__(
        self, url: str, token: Secret, context: ssl.SSLContext | None, address: Address, max_bytes: int, max_bps: float
    ) -> None:
        parts = urlsplit(url)
        self._host = parts.netloc
        self._place = HostPort(parts.hostname or "", parts.port or USUAL_PORT[parts.scheme])
        self._token = token
        self._context = context
        self._address = address
        self._max_bytes = max_bytes
        self._max_bps = max_bps

    async def measure(self) -> Throughput | Refusal:
        """One turn, both ways. `CheckFailed` when the controller cannot be reached or breaks off."""
        answer = await self._slot()
        if isinstance(answer, Refusal):
            return answer
        async with asyncio.timeout(2 * answer.seconds):
            down_bps = await self._down(answer)
            up_bps = await self._up(answer)
        return Throughput(down_bps, up_bps)

    async def _slot(self) -> Slot | Refusal:
        query = urlencode({"site": self._address.site, "agent": self._address.agent})
        async with asyncio.timeout(30.0), self._exchange("POST", f"{SLOT_PATH}?{query}", 0) as exchange:
            await exchange.finish()
            status, body = await exchange.answered()
        try:
            if status == 200:
                return msgspec.json.decode(body, type=Slot)
            if status == 409:
                return msgspec.json.decode(body, type=Refusal)
        except msgspec.DecodeError as error:
            raise CheckFailed(ServiceState.WRONG_ANSWER, "the controller's answer makes no sense") from error
        raise CheckFailed(ServiceState.WRONG_ANSWER, f"the controller answers {status}: is the token the right one?")

    async def _down(self, slot: Slot) -> float:
        async with self._exchange("POST", f"{SLOT_PATH}/{slot.ticket}/down", 0) as exchange:
            await exchange.finish()
            began_s, received, until_s = 0.0, 0, time.perf_counter() + slot.seconds / 3
            async for chunk in exchange.body():
                if not began_s:  # from the first bytes on: setting up and slow start are not the line
                    began_s = time.perf_counter()
                    continue
                received += len(chunk)
                if received >= min(slot.max_bytes, self._max_bytes) or time.perf_counter() >= until_s:
                    break
            return _bps(received, began_s)

    async def _up(self, slot: Slot) -> float:
        size, pace_bps = min(slot.max_bytes, self._max_bytes), min(slot.max_bps, self._max_bps)
        random = os.urandom(CHUNK_BYTES)  # nothing on the way can make it smaller
        async with self._exchange("POST", f"{SLOT_PATH}/{slot.ticket}/up", None) as exchange:
            began_s, sent = time.perf_counter(), 0
            while sent < size and time.perf_counter() < began_s + slot.seconds / 3:
                chunk = random[: size - sent]
                await exchange.send(chunk)
                sent += len(chunk)
                await asyncio.sleep(max(0.0, began_s + 8 * sent / pace_bps - time.perf_counter()))
            await exchange.finish()
            status, _ = await exchange.answered()  # only then all of it has arrived
            if status != 200:
                raise CheckFailed(ServiceState.WRONG_ANSWER, f"the controller answers {status}")
            return _bps(sent, began_s)

    @asynccontextmanager
    async def _exchange(self, method: str, target: str, length: int | None) -> AsyncIterator["_Exchange"]:
        """A request of `length` bytes, None for as many as will come."""
        async with dialled(self._place, self._context) as (reader, writer):
            exchange = _Exchange(reader, writer)
            headers = [
                ("Host", self._host),
                ("Authorization", f"Bearer {self._token.reveal()}"),
                ("Transfer-Encoding", "chunked") if length is None else ("Content-Length", str(length)),
                ("Connection", "close"),
            ]
            try:
                await exchange.send_event(h11.Request(method=method, target=target, headers=headers))
                yield exchange
            except h11.RemoteProtocolError as error:
                raise CheckFailed(ServiceState.WRONG_ANSWER, "the controller does not speak HTTP") from error


class _Exchange:
    """One request and its answer on a connection of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._connection = h11.Connection(h11.CLIENT)

    async def send_event(self, event: h11.Event) -> None:
        self._writer.write(self._connection.send(event) or b"")
        await self._writer.drain()

    async def send(self, chunk: bytes) -> None:
        await self.send_event(h11.Data(data=chunk))

    async def finish(self) -> None:
        await self.send_event(h11.EndOfMessage())

    async def answered(self) -> tuple[int, bytes]:
        """Status and a short body."""
        body = bytearray()
        status = 0
        async for event in self._events():
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > _MAX_ANSWER_BYTES:
                    break
        return status, bytes(body[:_MAX_ANSWER_BYTES])

    async def body(self) -> AsyncIterator[bytes]:
        """The bytes of a good answer; `CheckFailed` for any other."""
        async for event in self._events():
            if isinstance(event, h11.Response) and event.status_code != 200:
                raise CheckFailed(ServiceState.WRONG_ANSWER, f"the controller answers {event.status_code}")
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    async def _events(self) -> AsyncIterator[h11.Event]:
        while True:
            event = self._connection.next_event()
            if event is h11.NEED_DATA:
                self._connection.receive_data(await self._reader.read(CHUNK_BYTES))
            elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                return
            elif isinstance(event, h11.Event):
                yield event


def _bps(size: int, began_s: float) -> float:
    took_s = time.perf_counter() - began_s
    if size <= 0 or not began_s or took_s <= 0:
        raise CheckFailed(ServiceState.BROKEN_OFF, "too little came through to measure anything")
    return 8 * size / took_s
