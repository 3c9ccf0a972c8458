"""A line that can be hurt: a TCP relay that cuts, resets, swallows one direction, delays and throttles."""

import asyncio
import contextlib
import socket
import struct
from collections import Counter
from enum import Enum
from typing import Final

from campanile.chaos.held_port import LOOPBACK, HeldPort

_CHUNK_BYTES: Final = 16_384
_SLOW_CHUNK_BYTES: Final = 800
_DIAL_TIMEOUT_S: Final = 5.0
_LINGER_NOT: Final = struct.pack("ii", 1, 0)


class Way(Enum):
    """A direction, seen from who dialled."""

    THERE = "there"
    BACK = "back"


class Relay:
    """Carries each connection on `port` to `to_port`, which may be changed. Life: inert; `start` listens, `close` ends it."""

    def __init__(self, name: str, to_port: int, to_host: str = LOOPBACK) -> None:
        self.name = name
        self.to_port = to_port
        self.to_host = to_host
        self.port = 0
        self.delay_s = 0.0
        self.rate_bytes_per_s = 0.0
        """0 is as fast as the machine."""
        self.counts: Counter[str] = Counter()
        self._held_port: HeldPort | None = None
        self._server: asyncio.Server | None = None
        self._starting = asyncio.Lock()
        self._running: set[asyncio.Task[None]] = set()
        self._resets: dict[Way, int] = {}
        self._open = {way: asyncio.Event() for way in Way}
        for gate in self._open.values():
            gate.set()

    async def start(self) -> None:
        """Listen; the first time on any free port, later on the same."""
        async with self._starting:  # two faults on one line may end in the same moment
            if self._held_port is None:
                self._held_port = HeldPort()
                self.port = self._held_port.number
            if self._server is None:
                self._server = await asyncio.start_server(self._relay, LOOPBACK, self.port)

    async def cut(self) -> None:
        """End all connections, whatever is under way in them, and refuse new ones until `start`."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._end_all()

    async def close(self) -> None:
        """Stop for good."""
        await self.cut()
        if self._held_port is not None:
            self._held_port.close()

    def hold(self, way: Way) -> None:
        """Let nothing through in that direction; the connection stays, and who sends is not told."""
        self._open[way].clear()

    def release(self, way: Way) -> None:
        """The reverse of `hold`."""
        self._open[way].set()

    def reset_within(self, way: Way, size_bytes: int) -> None:
        """Reset the connection in which the next `size_bytes` of that direction have passed, in the middle of whatever it is."""
        self._resets[way] = size_bytes

    async def heal(self) -> None:
        """A good line again."""
        self.delay_s = self.rate_bytes_per_s = 0.0
        self._resets.clear()
        for gate in self._open.values():
            gate.set()
        await self.start()

    async def _end_all(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._running.add(task)
        self.counts["connections"] += 1
        try:
            await self._carry_both(reader, writer)
        except asyncio.CancelledError:
            pass  # by `cut`: this task is nobody else's
        finally:
            self._running.discard(task)
            _reset(writer)

    async def _carry_both(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(_DIAL_TIMEOUT_S):
                far_reader, far = await asyncio.open_connection(self.to_host, self.to_port)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._carry(Way.THERE, reader, far))
                ways.create_task(self._carry(Way.BACK, far_reader, writer))
        except* (OSError, TimeoutError, _Ended):
            pass
        finally:
            if far is not None:
                _reset(far)

    async def _carry(self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until either end closes; then both are. What was delayed or held then is gone with the connection."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(1_000)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._read(queue, reader))
            both.create_task(self._write(way, queue, writer))

    async def _read(self, queue: asyncio.Queue[tuple[float, bytes]], reader: asyncio.StreamReader) -> None:
        loop = asyncio.get_running_loop()
        while chunk := await reader.read(_SLOW_CHUNK_BYTES if self.rate_bytes_per_s else _CHUNK_BYTES):
            await queue.put((loop.time() + self.delay_s, chunk))
        await queue.put((loop.time() + self.delay_s, b""))

    async def _write(self, way: Way, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s, chunk = await queue.get()
            if due_s > loop.time():
                await asyncio.sleep(due_s - loop.time())
            await self._open[way].wait()
            if not chunk:
                await writer.drain()
                raise _Ended
            self._pass(way, chunk, writer)
            await writer.drain()
            if self.rate_bytes_per_s:
                await asyncio.sleep(len(chunk) / self.rate_bytes_per_s)

    def _pass(self, way: Way, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        left_bytes = self._resets.get(way)
        if left_bytes is None:
            writer.write(chunk)
            self.counts["bytes"] += len(chunk)
            return
        if len(chunk) < left_bytes:
            writer.write(chunk)
            self._resets[way] = left_bytes - len(chunk)
            return
        del self._resets[way]
        writer.write(chunk[:left_bytes])
        self.counts["resets"] += 1
        raise _Ended


class _Ended(Exception):
    """The connection is over."""


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a RST rather than a polite FIN."""
    transport = writer.transport
    raw = transport.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
