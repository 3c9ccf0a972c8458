"""Free ports on the loopback interface, found by binding them."""

import contextlib
import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from campus.errors import ConfigError

FIRST_TCP_PORT = 20_000
FIRST_SNMP_PORT = 16_100
FIRST_DEVICE_TCP_PORT = 16_400
_TCP_PORTS = 10_000
_STRIDE = 97
_TRIES = 200


def free_tcp_ports(count: int, host: str) -> list[int]:
    """`count` different ports that nobody listens on now; `ConfigError` when there are not so many.

    They lie below the range that outgoing connections are given (ip(7), ip_local_port_range), so that none of those takes one
    between planning and listening; where to begin differs from process to process.
    """
    start = os.getpid() * _STRIDE
    found: list[int] = []
    with ExitStack() as held:
        for offset in range(_TCP_PORTS):
            if len(found) == count:
                return found
            port = FIRST_TCP_PORT + (start + offset) % _TCP_PORTS
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind((host, port))
                found.append(port)
    raise ConfigError(
        f"{count} TCP ports are needed, {len(found)} between {FIRST_TCP_PORT} and {FIRST_TCP_PORT + _TCP_PORTS} are free"
    )


def free_udp_port(hosts: Sequence[str]) -> int:
    """A port that is free on every one of `hosts`; `ConfigError` when a whole range is taken."""
    for offset in range(_TRIES):
        port = (
            FIRST_SNMP_PORT + (os.getpid() + offset) % _TRIES
        )  # two districts planned at once must not choose the same
        if all(_is_free(host, port) for host in hosts):
            return port
    raise ConfigError(
        f"no UDP port from {FIRST_SNMP_PORT} to {FIRST_SNMP_PORT + _TRIES} is free on {hosts[0]} and its neighbours: "
        "are other simulated districts running? Loopback addresses beyond 127.0.0.1 need Linux"
    )


def free_tcp_port(hosts: Sequence[str], count: int = 1) -> int:
    """The first of `count` TCP ports side by side that are free on every one of `hosts`, which may be none.

    `ConfigError` when a whole range is taken.
    """
    for offset in range(_TRIES):
        port = FIRST_DEVICE_TCP_PORT + (os.getpid() + offset) % _TRIES
        if all(_is_free(host, port + more, socket.SOCK_STREAM) for host in hosts for more in range(count)):
            return port
    raise ConfigError(
        f"no TCP port from {FIRST_DEVICE_TCP_PORT} to {FIRST_DEVICE_TCP_PORT + _TRIES} is free on {hosts[0]} and its neighbours: "
        "are other simulated districts running?"
    )


def _is_free(host: str, port: int, kind: socket.SocketKind = socket.SOCK_DGRAM) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
