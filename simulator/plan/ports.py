"""Free ports on the loopback interface, found by binding them."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack

from campus.errors import ConfigError

FIRST_SNMP_PORT = 16_100
_TRIES = 200


def free_tcp_ports(count: int, host: str) -> list[int]:
    """`count` different ports that nobody listens on now."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((host, 0))
        return [probe.getsockname()[1] for probe in probes]


def free_udp_port(hosts: Sequence[str]) -> int:
    """A port that is free on every one of `hosts`; `ConfigError` when a whole range is taken."""
    for port in range(FIRST_SNMP_PORT, FIRST_SNMP_PORT + _TRIES):
        if all(_is_free(host, port) for host in hosts):
            return port
    raise ConfigError(
        f"no UDP port from {FIRST_SNMP_PORT} to {FIRST_SNMP_PORT + _TRIES} is free on {hosts[0]} and its neighbours: "
        "are other simulated districts running? Loopback addresses beyond 127.0.0.1 need Linux"
    )


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
