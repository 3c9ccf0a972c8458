"""A school's fibre to the centre: a TCP relay between its agent and the central broker, which can be cut."""

import asyncio
import contextlib
import logging
from collections import Counter

from campus.errors import ConfigError

DIAL_TIMEOUT_S = 5.0
_CHUNK = 65_536
_log = logging.getLogger(__name__)


class Fibre:
    """Listens on one port and relays each connection to another. Life: inert; `start` listens, `cut` and `mend` at will, `close`.

    A cut fibre ends what runs over it at once and refuses what comes.
    """

    def __init__(self, name: str, host: str, port: int, to_port: int, to_host: str = "") -> None:
        """Where it leads to is on the same host unless told."""
        self.name = name
        self.counts: Counter[str] = Counter()
        self._host = host
        self._port = port
        self._to_port = to_port
        self._to_host = to_host or host
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()

    @property
    def is_cut(self) -> bool:
        """Whether nothing gets through."""
        return self._server is None

    async def start(self) -> None:
        """Listen; `ConfigError` when the port is taken."""
        if self._server is not None:
            return
        try:
            self._server = await asyncio.start_server(self._relay, self._host, self._port)
        except OSError as error:
            raise ConfigError(
                f"the fibre of {self.name} cannot listen on {self._host}:{self._port}: {error.strerror}"
            ) from error

    async def cut(self) -> None:
        """End all connections and refuse new ones."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    async def mend(self) -> None:
        """Listen again."""
        await self.start()

    async def close(self) -> None:
        """Stop for good; harmless when called twice."""
        await self.cut()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._running.add(task)
        self.counts["connections"] += 1
        try:
            async with asyncio.timeout(DIAL_TIMEOUT_S):
                far_reader, far_writer = await asyncio.open_connection(self._to_host, self._to_port)
        except (OSError, TimeoutError):
            self.counts["refused"] += 1
            _abort(writer)
            self._running.discard(task)
            return
        try:
            await self._both_ways(reader, writer, far_reader, far_writer)
        except asyncio.CancelledError:
            _abort(writer)
            _abort(far_writer)
        finally:
            self._running.discard(task)

    async def _both_ways(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        """Carry until either end closes; then both are closed."""
        ways = [
            asyncio.create_task(self._carry(reader, far_writer)),
            asyncio.create_task(self._carry(far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
            writer.close()
            far_writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                self.counts["bytes"] += len(chunk)
                writer.write(chunk)
                await writer.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
