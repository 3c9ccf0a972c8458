"""One switch's SSH port, by asyncssh: counts who comes with which password, and gives whoever has the right one a shell."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import asyncssh

from campus.errors import ConfigError
from simulator.ssh.dialect import Dialect
from simulator.ssh.shell import Shell


@dataclass(frozen=True)
class Login:
    """Whom a switch lets in. `enable` is the password for privilege."""

    username: str
    password: str
    enable: str = ""


class CommandLine:
    """A listening switch. Life: inert; `start` binds, `close` lets go. `show` and `saved` give its configurations."""

    def __init__(
        self,
        host: str,
        port: int,
        key: asyncssh.SSHKey,
        login: Login,
        dialect: Dialect,
        name: str,
        show: Callable[[], str],
        saved: Callable[[], str],
        *,
        pause_s: float = 0.0,
        algorithms: Sequence[str] = (),
    ) -> None:
        """`algorithms`: the only key exchanges it knows, for a device of old; left out, those of now."""
        self._host = host
        self.port = port
        self._key = key
        self._login = login
        self._algorithms = algorithms
        self._shell_of: Callable[[_Line], Shell] = lambda terminal: Shell(
            terminal, dialect, name, show, saved, login.enable, pause_s
        )
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._guests: set[asyncssh.SSHServerConnection] = set()
        self.counts: Counter[str] = Counter()
        """``logins``, ``wrong_passwords`` and ``sessions`` so far."""
        self.is_silent = False
        """Whether it hangs up on whoever comes, as if it had no power."""

    async def start(self) -> None:
        """Listen; `ConfigError` when the port is taken. Port 0 takes any free one."""
        try:
            self._acceptor = await asyncssh.create_server(
                self._gate,
                self._host,
                self.port,
                server_host_keys=[self._key],
                process_factory=self._serve,
                line_editor=False,
                **({"kex_algs": list(self._algorithms), "signature_algs": ["ssh-rsa"]} if self._algorithms else {}),
            )
        except OSError as error:
            raise ConfigError(f"a switch cannot listen on {self._host}:{self.port}: {error.strerror}") from error
        self.port = self._acceptor.get_port()

    def close(self) -> None:
        """Let go of the port and of who is there; harmless when called twice."""
        for guest in list(self._guests):
            guest.abort()
        if self._acceptor is not None:
            self._acceptor.close()
            self._acceptor = None

    @property
    def guests(self) -> int:
        """Connections that are there."""
        return len(self._guests)

    def _gate(self) -> "_Gate":
        return _Gate(self._login, self.counts, self._guests, is_silent=self.is_silent)

    async def _serve(self, process: "asyncssh.SSHServerProcess[str]") -> None:
        self.counts["sessions"] += 1
        line = _Line(process)
        with contextlib.suppress(asyncssh.Error, OSError, asyncio.IncompleteReadError):  # whoever was there has hung up
            await self._shell_of(line).run()
        line.flush()
        await asyncio.sleep(
            0
        )  # whether somebody is there still to be told of the end is known a turn of the loop later
        process.exit(0)


class _Gate(asyncssh.SSHServer):
    """Checks a password; one connection's."""

    def __init__(
        self, login: Login, counts: Counter[str], guests: "set[asyncssh.SSHServerConnection]", *, is_silent: bool
    ) -> None:
        self._login = login
        self._counts = counts
        self._guests = guests
        self._is_silent = is_silent
        self._guest: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Somebody has come."""
        self._guest = conn
        self._guests.add(conn)
        if self._is_silent:
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody has left."""
        if self._guest is not None:
            self._guests.discard(self._guest)

    def begin_auth(self, username: str) -> bool:
        """Everybody must prove who they are."""
        return True

    def password_auth_supported(self) -> bool:
        """By a password."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Whether it is the right one."""
        is_right = (username, password) == (self._login.username, self._login.password)
        self._counts["logins" if is_right else "wrong_passwords"] += 1
        return is_right


class _Line:
    """A `Terminal` over a session. What is written in one turn of the loop leaves as one piece.

    asyncssh makes two packets of each character, and asyncio warns of each that goes to somebody who has left.
    """

    def __init__(self, process: "asyncssh.SSHServerProcess[str]") -> None:
        self._process = process
        self._unsaid = ""

    async def read(self) -> str:
        """See `Terminal`."""
        while True:
            try:
                return str(await self._process.stdin.read(256))
            except (asyncssh.TerminalSizeChanged, asyncssh.BreakReceived):
                continue

    def write(self, text: str) -> None:
        """See `Terminal`; `BrokenPipeError` once nobody is there."""
        if self._process.is_closing():
            raise BrokenPipeError
        if not self._unsaid:
            asyncio.get_running_loop().call_soon(self.flush)
        self._unsaid += text

    def flush(self) -> None:
        """Say now what is written."""
        text, self._unsaid = self._unsaid, ""
        with contextlib.suppress(OSError):  # the next `write` or `read` tells
            if text:
                self._process.stdout.write(text)
