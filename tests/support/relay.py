"""A line between two ports of this machine: as slow and as long as a test says, and cut when it says."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PIECE_BYTES = 512
LINE_BUFFER_BYTES = 4096
"""What the line itself holds; the sender's own socket holds much more, as in life."""


class Relay:
    """Passes bytes on in both directions. `rate_bytes_per_s` 0 is as fast as it goes; it may be changed at any time."""

    def __init__(self, to_port: int, rate_bytes_per_s: float, delay_s: float) -> None:
        self._to_port = to_port
        self.rate_bytes_per_s = rate_bytes_per_s
        self.delay_s = delay_s
        self.port = 0
        self.passed_bytes = 0
        """In both directions."""
        self._conversations: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    def cut(self) -> None:
        """End every connection without a goodbye."""
        for ends in self._conversations.values():
            for writer in ends:
                writer.transport.abort()

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from accepting it until either side ends."""
        ends = [writer]
        task = asyncio.ensure_future(self._converse(reader, writer, ends))
        self._conversations[task] = ends
        task.add_done_callback(self._conversations.pop)

    async def end(self) -> None:
        """Cut, and return when nothing of the line is left."""
        self.cut()
        tasks = list(self._conversations)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ends: list[asyncio.StreamWriter]
    ) -> None:
        try:
            with suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port, limit=PIECE_BYTES)
                ends.append(far_writer)
                await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        finally:
            for end in ends:
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # the other end of this line was cut
            while piece := await reader.read(PIECE_BYTES):
                if self.rate_bytes_per_s:
                    await asyncio.sleep(len(piece) / self.rate_bytes_per_s)
                self.passed_bytes += len(piece)
                asyncio.get_running_loop().call_later(self.delay_s, _write, writer, piece)
        asyncio.get_running_loop().call_later(self.delay_s, writer.close)


@asynccontextmanager
async def relay(to_port: int, rate_bytes_per_s: float = 0.0, delay_s: float = 0.0) -> AsyncIterator[Relay]:
    """A line to `to_port` that is there until the block ends."""
    line = Relay(to_port, rate_bytes_per_s, delay_s)
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LINE_BUFFER_BYTES)  # connections inherit it
    door.bind(("127.0.0.1", 0))
    line.port = door.getsockname()[1]
    server = await asyncio.start_server(line.serve, sock=door, limit=PIECE_BYTES)
    try:
        yield line
    finally:
        server.close()
        await line.end()
        await server.wait_closed()


def _write(writer: asyncio.StreamWriter, piece: bytes) -> None:
    if not writer.is_closing():
        writer.write(piece)
