"""A projector that answers PJLink (JBMIA PJLink Specifications, Class 1 version 1.04 and Class 2 version 2.00) over real TCP.

It keeps the rules a client may stumble over: the password is hashed with a number of the connection, questions it does not
know are answered ERR1, those it cannot answer in standby ERR3, a connection that says nothing is closed.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from campus.errors import ConfigError

IDLE_S: Final = 30.0
_LINE_BYTES: Final = 144
"""The longest question: header, command, 128 of parameter, end (section 2.2)."""
STANDBY, ON, COOLING, WARMING = "0", "1", "2", "3"
_ONLY_WHEN_ON: Final = {"INPT", "AVMT"}
_OF_CLASS_2: Final = {"SNUM", "SVER", "FILT"}


@dataclass(frozen=True)
class ProjectorSight:
    """What a projector would say now. `errors` are six digits: fan, lamp, temperature, cover, filter, other (section 4.7)."""

    power: str = STANDBY
    source: str = "31"
    mute: str = "30"
    errors: str = "000000"
    lamp_h: int = 0
    filter_h: int = 0


@dataclass(frozen=True)
class ProjectorPlate:
    """What never changes. `password` empty asks for none; `pjlink_class` 1 knows no serial number, firmware and filter."""

    name: str
    vendor: str
    model: str
    serial: str = ""
    firmware: str = ""
    password: str = ""
    pjlink_class: int = 2


@dataclass
class PjlinkProjector:
    """Listens on one address. Inert until `start`; `is_silent` makes it take connections and
    say nothing."""

    host: str
    port: int
    plate: ProjectorPlate
    sight: Callable[[], ProjectorSight]
    is_silent: bool = False
    babbles: bool = False
    """Whether it says things that are no PJLink."""
    refused: int = 0
    """Wrong passwords so far."""
    _server: asyncio.Server | None = field(default=None, init=False)
    _talks: set[asyncio.Task[None]] = field(default_factory=set, init=False)

    async def start(self) -> None:
        """Begin to listen; port 0 takes a free one. `ConfigError` when the address is taken."""
        try:
            self._server = await asyncio.start_server(self._begin, self.host, self.port, limit=_LINE_BYTES)
        except OSError as error:
            raise ConfigError(f"{self.host}:{self.port} cannot be listened on: {error.strerror}") from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop; harmless when called twice."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            try:
                await self._answer_all(reader, writer)
            finally:
                writer.close()
            await writer.wait_closed()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        salt = secrets.token_hex(4)
        proof = hashlib.md5(f"{salt}{self.plate.password}".encode(), usedforsecurity=False).hexdigest()
        if self.babbles:
            writer.write(b"\x00\xffgarbage\r")
        elif not self.is_silent:
            writer.write(f"PJLINK 1 {salt}\r".encode() if self.plate.password else b"PJLINK 0\r")
        is_trusted = not self.plate.password
        while True:
            async with asyncio.timeout(IDLE_S):
                line = (await reader.readuntil(b"\r")).decode("utf-8", errors="replace").rstrip("\r")
            if self.is_silent or self.babbles:
                continue
            if not is_trusted:
                if not line.startswith(proof):
                    self.refused += 1
                    writer.write(b"PJLINK ERRA\r")
                    await writer.drain()
                    return
                is_trusted, line = True, line.removeprefix(proof)
            writer.write(self._answer(line).encode() + b"\r")
            await writer.drain()

    def _answer(self, line: str) -> str:
        head, _, parameter = line.partition(" ")
        command = head[2:].upper()
        told = "ERR2" if parameter != "?" else self._told(command)
        if head[:1] != "%" or len(command) != 4 or int(command in _OF_CLASS_2) >= self.plate.pjlink_class:
            told = "ERR1"
        return f"{head[:2]}{command}={told}"

    def _told(self, command: str) -> str:
        now, plate = self.sight(), self.plate
        if command in _ONLY_WHEN_ON and now.power != ON:
            return "ERR3"
        answers = {
            "POWR": now.power,
            "INPT": now.source,
            "AVMT": now.mute,
            "ERST": now.errors,
            "LAMP": f"{now.lamp_h} {int(now.power == ON)}",
            "FILT": str(now.filter_h),
            "NAME": plate.name,
            "INF1": plate.vendor,
            "INF2": plate.model,
            "INFO": "",
            "CLSS": str(plate.pjlink_class),
            "SNUM": plate.serial,
            "SVER": plate.firmware,
        }
        return answers.get(command, "ERR1")
