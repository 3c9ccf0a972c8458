"""`Shell` by netmiko: one login, the commands of the profile, and away. Imported only where it is needed.

netmiko writes all that a device says to its log at level DEBUG: that log is switched off here, whatever the agent's is set to.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paramiko
from netmiko import BaseConnection
from netmiko.exceptions import NetmikoAuthenticationException, NetmikoBaseException, NetmikoTimeoutException
from netmiko.ssh_dispatcher import CLASS_MAPPER

from agent.configurations.known_hosts import KnownHosts
from agent.configurations.old_algorithms import STRONG_ONLY, OldTransport
from agent.configurations.port import MAX_OUTPUT_BYTES, Access, Fetched, Problem, PullError
from agent.configurations.text import is_refusal
from campus.errors import CampusError
from firmware_profiles.command_line import CommandLine

CONNECT_TIMEOUT_S = 15.0
logging.getLogger("netmiko").setLevel(logging.CRITICAL)
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


class NetmikoShell:
    """See `agent.configurations.port.Shell`. `read_timeout_s` bounds what one command may take."""

    def __init__(self, hosts: KnownHosts, read_timeout_s: float) -> None:
        self._hosts = hosts
        self._read_timeout_s = read_timeout_s
        self._lock = threading.Lock()
        self._clients: set[paramiko.SSHClient] = set()

    def fetch(self, access: Access, cli: CommandLine) -> Fetched:
        """See `Shell`."""
        client = _Client(self._hosts, is_old=access.weak_algorithms)
        with self._listed(client), _translated(access, self._hosts):
            connection = self._connected(client, access, cli.driver)
            try:
                return self._shown(connection, access, cli)
            finally:
                connection.disconnect()

    def abort(self) -> None:
        """See `Shell`."""
        with self._lock:
            clients = list(self._clients)
        for client in clients:
            client.close()

    @contextmanager
    def _listed(self, client: paramiko.SSHClient) -> Iterator[None]:
        with self._lock:
            self._clients.add(client)
        try:
            yield
        finally:
            client.close()
            with self._lock:
                self._clients.discard(client)

    def _connected(self, client: paramiko.SSHClient, access: Access, driver: str) -> BaseConnection:
        """Log in, and make the command line ready: no paging, a known prompt."""
        handler = CLASS_MAPPER.get(driver)
        if handler is None:
            raise PullError(Problem.FAILED, f"netmiko has no driver {driver!r}: correct the profile's `cli.driver`")
        guarded: Any = type("Guarded", (handler,), {"_get_ssh_client_instance": lambda _self: client})
        connection: BaseConnection = guarded(
            device_type=driver,
            host=access.place.host,
            port=access.place.port,
            username=access.username,
            password=access.password.reveal(),
            secret=access.enable.reveal() if access.enable else "",
            conn_timeout=CONNECT_TIMEOUT_S,
            auth_timeout=CONNECT_TIMEOUT_S,
            banner_timeout=CONNECT_TIMEOUT_S,
            disabled_algorithms=None if access.weak_algorithms else STRONG_ONLY,
        )
        return connection

    def _shown(self, connection: BaseConnection, access: Access, cli: CommandLine) -> Fetched:
        if cli.has_privilege and access.enable and not connection.check_enable_mode():
            connection.enable()
        running = self._command(connection, cli.running)
        if is_refusal(running) or not running.strip():
            said = next((line.strip() for line in running.splitlines() if line.strip()), "nothing")[:100]
            raise PullError(
                Problem.REFUSED_COMMAND,
                f"{access.place}: `{cli.running}` is answered with {said!r}: give the user the right to show the "
                "configuration, or its credential the `enable` password",
            )
        startup = self._command(connection, cli.startup) if cli.startup else ""
        return Fetched(running, "" if is_refusal(startup) else startup)

    def _command(self, connection: BaseConnection, command: str) -> str:
        return str(connection.send_command(command, read_timeout=self._read_timeout_s))


class _Client(paramiko.SSHClient):
    """A client that knows the pinned host keys, and whose shell says no more than `MAX_OUTPUT_BYTES`."""

    def __init__(self, hosts: KnownHosts, *, is_old: bool) -> None:
        super().__init__()
        self._hosts = hosts
        self._is_old = is_old

    def connect(self, *arguments: Any, **named: Any) -> None:
        """As paramiko's, with old algorithms where they are allowed."""
        self._hosts.teach(self)  # here, for netmiko sets a policy of its own before, by which any key is welcome
        if self._is_old:
            named["transport_factory"] = OldTransport
        super().connect(*arguments, **named)

    def invoke_shell(self, *arguments: Any, **named: Any) -> Any:
        """As paramiko's, bounded."""
        return _BoundedChannel(super().invoke_shell(*arguments, **named))


class _BoundedChannel:
    """A channel that is hung up on when too much came through it; all else it leaves to the channel."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel
        self._left_bytes = MAX_OUTPUT_BYTES

    def recv(self, most: int) -> bytes:
        """As a channel's; `PullError` beyond the bound."""
        received = self._channel.recv(most)
        self._left_bytes -= len(received)
        if self._left_bytes < 0:
            self._channel.close()
            raise PullError(
                Problem.TOO_LARGE, f"more than {MAX_OUTPUT_BYTES >> 20} MiB were shown: no configuration is so long"
            )
        return received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


@contextmanager
def _translated(access: Access, hosts: KnownHosts) -> Iterator[None]:
    """Errors of netmiko, paramiko and the network as `PullError`, told without secrets."""
    place = access.place
    try:
        yield
    except PullError:
        raise
    except NetmikoAuthenticationException as error:
        raise PullError(
            Problem.WRONG_PASSWORD,
            f"{place} refuses the user {access.username!r} or the password: correct the credential. The agent does not try it "
            "again for hours, so that the device does not lock the user out",
        ) from error
    except NetmikoTimeoutException as error:
        raise _of_connection(error, access, hosts) from error
    except (NetmikoBaseException, paramiko.SSHException, OSError, EOFError, ValueError) as error:
        if isinstance(error, ValueError) and "enable" in str(error):  # netmiko has no name of its own for it
            raise PullError(
                Problem.NO_PRIVILEGE, f"{place} does not give privilege: correct the credential's `enable` password"
            ) from error
        raise PullError(Problem.FAILED, f"{place}: the dialogue broke off ({type(error).__name__})") from error
    except CampusError as error:
        raise PullError(Problem.FAILED, f"{place}: {error}") from error


def _of_connection(error: Exception, access: Access, hosts: KnownHosts) -> PullError:
    """Why there was no connection: netmiko calls everything a time-out and keeps the cause behind it."""
    place, cause = access.place, error.__context__
    if isinstance(cause, paramiko.BadHostKeyException):
        return PullError(
            Problem.HOST_KEY_CHANGED,
            f"{place} shows another SSH host key than it did before: somebody may stand between, or the device was replaced or "
            f"reset. If that is so, remove its line from {hosts.path}; no password was sent",
        )
    if isinstance(cause, paramiko.ssh_exception.IncompatiblePeer):
        return PullError(
            Problem.WEAK_ALGORITHMS,
            f"{place} knows only old SSH algorithms: update its firmware, or allow them with `weak_algorithms: true` in the "
            "device's `configuration`",
        )
    if isinstance(cause, CampusError):
        return PullError(Problem.FAILED, f"{place}: {cause}")
    if isinstance(cause, OSError):
        return PullError(
            Problem.UNREACHABLE, f"{place} does not answer by SSH: is it switched on there, and is the way open?"
        )
    return PullError(Problem.FAILED, f"{place}: the SSH connection could not be made ({type(cause or error).__name__})")
