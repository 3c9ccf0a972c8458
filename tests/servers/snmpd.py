"""A real Debian snmpd (net-snmp) on a free loopback port, as any user, with nothing of the machine's own configuration."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.daemon import free_port, require_program, running

COMMUNITY = "campanile-test"
# GET sysUpTime.0, community "campanile-test", request id 1, in BER (RFC 3416)
_HELLO = bytes.fromhex("302f02010104") + bytes([len(COMMUNITY)]) + COMMUNITY.encode()
_HELLO += bytes.fromhex("a01a02040000000102010002010030 0c 300a0606 2b0601020101 0500".replace(" ", ""))


@dataclass(frozen=True)
class Snmpd:
    """A running daemon."""

    port: int
    pid: int


@contextmanager
def snmpd(directory: Path, extra: str = "", *, contact: str = "nobody", port: int = 0) -> Iterator[Snmpd]:
    """Run snmpd with `directory` for its files; `extra` lines are added to its configuration.

    What is configured cannot be set by SNMP; an empty `contact` leaves sysContact to those who may write. `port` 0 takes any;
    one that is started again in the same `directory` is the same engine, booted once more.
    """
    program = require_program("snmpd", "snmpd")
    port = port or free_port(socket.SOCK_DGRAM)
    config = directory / "snmpd.conf"
    config.write_text(
        f"rocommunity {COMMUNITY} 127.0.0.1\n"
        "sysName  campanile-test\nsysLocation  machine room\n"
        f"{contact and f'sysContact  {contact}'}\nincludeAllDisks  1%\n{extra}\n"
    )
    command = [program, "-f", "-Lo", "-C", "-c", str(config), "-p", str(directory / "snmpd.pid")]
    command += ["--persistentDir=" + str(directory), f"udp:127.0.0.1:{port}"]
    with running(command, directory / "snmpd.log", lambda: _answers(port)) as process:
        yield Snmpd(port, process.pid)


def _answers(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.2)
        try:
            asker.sendto(_HELLO, ("127.0.0.1", port))
            return bool(asker.recv(2048))
        except OSError:
            return False
