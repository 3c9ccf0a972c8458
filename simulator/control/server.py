"""The simulator's end of the control socket."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from campus.errors import ConfigError
from simulator.control.socket_path import socket_address
from simulator.control.words import Answer, Question
from simulator.plan.shape import SOCKET

READ_TIMEOUT_S = 5.0
Respond = Callable[[Question], Answer]


class ControlServer:
    """Listens in the district's folder. Life: inert; `start` listens (an old socket is replaced), `close` removes it."""

    def __init__(self, directory: Path, respond: Respond) -> None:
        self._path = directory / SOCKET
        self._respond = respond
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; only the folder's owner may connect."""
        self._path.unlink(missing_ok=True)
        with socket_address(self._path.parent, self._path.name) as address:
            self._server = await asyncio.start_unix_server(self._serve, address)
            os.chmod(address, 0o600)  # noqa: PTH101 - the address may go through a descriptor

    async def close(self) -> None:
        """Stop listening; harmless when called twice."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(READ_TIMEOUT_S):
                line = await reader.readuntil(b"\n")
            writer.write(msgspec.json.encode(self._answer(line)) + b"\n")
            await writer.drain()
        writer.close()

    def _answer(self, line: bytes) -> Answer:
        try:
            return self._respond(msgspec.json.decode(line, type=Question))
        except (msgspec.DecodeError, ConfigError) as error:
            return Answer(error=str(error))
