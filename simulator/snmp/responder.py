"""A device's SNMP agent on a UDP socket: one per device, all on one event loop."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from campus.errors import ConfigError
from simulator.snmp.ber import BerError
from simulator.snmp.dialogue import respond
from simulator.snmp.message import decode_request
from simulator.snmp.quirk import Quirks, garbled
from simulator.snmp.tree import MibView

START_TIMEOUT_S = 10.0


def utc_now() -> int:
    """UTC milliseconds by this machine's clock."""
    return time.time_ns() // 1_000_000


class Responder:
    """Answers from `view` until closed. Life: constructed inert, `start` binds inside a running event loop, `close` unbinds.

    `quirks` may be set while it runs. `counts` tells what became of datagrams: answered, other_community, not_snmp,
    ignored, lost, garbage.
    """

    def __init__(
        self,
        view: MibView,
        host: str = "127.0.0.1",
        port: int = 0,
        community: str = "public",
        quirks: Quirks = Quirks(),  # noqa: B008 - frozen
        clock: Callable[[], int] = utc_now,
    ) -> None:
        self.view = view
        self.host = host
        self.port = port
        self.quirks = quirks
        self.counts: Counter[str] = Counter()
        self._community = community.encode()
        self._clock = clock
        self._dice = random.Random(port)
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Bind; `port` then holds the real one when it was 0. `ConfigError` when the address is taken or not ours."""
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Protocol(self), local_addr=(self.host, self.port)
            )
        except OSError as error:
            raise ConfigError(f"cannot listen on UDP {self.host}:{self.port}: {error.strerror}") from error
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def close(self) -> None:
        """Unbind; harmless when called twice."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def receive(self, datagram: bytes, sender: Any) -> None:
        """Answer one datagram, now or late, or not at all."""
        reply = self._reply(datagram)
        if reply is None:
            return
        if self.quirks.delay_s:
            asyncio.get_running_loop().call_later(self.quirks.delay_s, self._send, reply, sender)
        else:
            self._send(reply, sender)

    def _send(self, reply: bytes, sender: Any) -> None:
        if self._transport is not None:
            self._transport.sendto(reply, sender)

    def _reply(self, datagram: bytes) -> bytes | None:
        quirks = self.quirks
        if quirks.silent or (quirks.loss and self._dice.random() < quirks.loss):
            return self._counted("lost", None)
        if quirks.garbage:
            return self._counted("garbage", garbled(datagram, self._dice))
        try:
            request = decode_request(datagram)
        except BerError:
            return self._counted("not_snmp", None)
        if request.community != self._community:
            return self._counted("other_community", None)
        if quirks.ignores(request):
            return self._counted("ignored", None)
        return self._counted("answered", respond(request, self.view, self._clock(), quirks.max_bytes))

    def _counted(self, what: str, reply: bytes | None) -> bytes | None:
        self.counts[what] += 1
        return reply


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Called by asyncio for each datagram."""
        self._responder.receive(data, addr)


@contextmanager
def responding(*responders: Responder) -> Iterator[None]:
    """Run responders on an event loop of their own thread until the block ends: for tests and synchronous callers."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="snmp-responders", daemon=True)
    thread.start()
    try:
        for responder in responders:
            asyncio.run_coroutine_threadsafe(responder.start(), loop).result(START_TIMEOUT_S)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_closed(responders), loop).result(START_TIMEOUT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_TIMEOUT_S)
        loop.close()


async def _closed(responders: tuple[Responder, ...]) -> None:
    for responder in responders:
        responder.close()
    await asyncio.sleep(0)
