"""A small real network in namespaces of the kernel: two bridges, a router (FRR), two hosts and the place of an agent.

    router r1 -- lan0/up1 -- bridge s1 -- p24/p24 -- bridge s2 -- p2/eth0 -- host h2 (speaks no LLDP)
                               |   \\- p9/eth0 -- agent
                               \\- p1/eth0 -- host h1 (speaks LLDP)

Bridges and router run snmpd (net-snmp) with LLDP-MIB from lldpd by AgentX. Needs root; everything is removed at the end.
"""

import ctypes
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from tests.servers.daemon import require_program, running, wait_until

T = TypeVar("T")
COMMUNITY = "campanile-test"
ADDRESSES = {
    "r1": "10.9.0.1",
    "s1": "10.9.0.11",
    "s2": "10.9.0.12",
    "h1": "10.9.0.21",
    "h2": "10.9.0.22",
    "agent": "10.9.0.99",
}
CABLES = (
    ("r1", "lan0", "s1", "up1"),
    ("s1", "p24", "s2", "p24"),
    ("s1", "p1", "h1", "eth0"),
    ("s2", "p2", "h2", "eth0"),
    ("s1", "p9", "agent", "eth0"),
)
BRIDGES = {"s1": "br0", "s2": "br0"}
SPEAK_LLDP = ("r1", "s1", "s2", "h1")
ASKED = ("r1", "s1", "s2")
_CLONE_NEWNET = 0x40000000
_DISCARD = 9


@dataclass(frozen=True)
class Network:
    """The running network; namespaces by short name."""

    prefix: str

    def run(self, node: str, *command: str) -> str:
        """Run a command at a node; what it printed."""
        return _sh("ip", "netns", "exec", self.name(node), *command)

    def name(self, node: str) -> str:
        """The namespace of a node."""
        return f"{self.prefix}-{node}"

    def mac(self, node: str, port: str) -> str:
        """The MAC address of a port, twelve digits."""
        return self.run(node, "cat", f"/sys/class/net/{port}/address").strip().replace(":", "")

    def at(self, node: str, call: Callable[[], T]) -> T:
        """What `call` gives in a thread of its own whose sockets are in a node's namespace."""
        found: list[T] = []
        failed: list[BaseException] = []

        def enter() -> None:
            try:
                with Path(f"/run/netns/{self.name(node)}").open() as handle:
                    if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), _CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                found.append(call())
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                failed.append(error)

        thread = threading.Thread(target=enter, name=f"at-{node}")
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return found[0]


@contextmanager
def network(directory: Path) -> Iterator[Network]:
    """Build it, wait until everybody has heard everybody, take it down; skips where it cannot be built."""
    programs = {
        name: require_program(name, package)
        for name, package in (("snmpd", "snmpd"), ("lldpd", "lldpd"), ("bridge", "iproute2"))
    }
    zebra = Path("/usr/lib/frr/zebra")
    if not zebra.exists():
        require_program("zebra", "frr")
    if os.geteuid() != 0:
        pytest.skip("network namespaces are made by root only")
    net = Network(f"ct{os.getpid()}")
    try:
        for node in ADDRESSES:
            made = subprocess.run(["ip", "netns", "add", net.name(node)], capture_output=True, text=True, check=False)
            if made.returncode:
                pytest.skip(f"no network namespace can be made here: {made.stderr.strip()}")
        _cable(net)
        with ExitStack() as daemons:
            _start(net, directory, programs, zebra, daemons)
            _talk(net)
            yield net
    finally:
        for node in ADDRESSES:
            subprocess.run(["ip", "netns", "del", net.name(node)], capture_output=True, check=False)


def _cable(net: Network) -> None:
    for one, port, other, far in CABLES:
        _sh(
            "ip",
            "link",
            "add",
            "name",
            port,
            "netns",
            net.name(one),
            "type",
            "veth",
            "peer",
            "name",
            far,
            "netns",
            net.name(other),
        )
    for number, node in enumerate(ADDRESSES):
        if node in BRIDGES:
            net.run(node, "ip", "link", "add", "br0", "type", "bridge")
        for one, port, other, far in CABLES:
            for place, (end, name) in enumerate(((one, port), (other, far))):
                if end == node:
                    digits = f"00:16:3e:{number:02x}:{place:02x}:{len(name) + sum(map(ord, name)) & 255:02x}"
                    net.run(node, "ip", "link", "set", name, "address", digits, "up")
                    if node in BRIDGES:
                        net.run(node, "ip", "link", "set", name, "master", "br0")
        port = (
            BRIDGES.get(node) or next(far for _, _, other, far in CABLES if other == node) if node != "r1" else "lan0"
        )
        net.run(node, "ip", "link", "set", "lo", "up")
        net.run(node, "ip", "link", "set", port, "up")
        if node != "r1":  # FRR gives the router its address
            net.run(node, "ip", "address", "add", f"{ADDRESSES[node]}/24", "dev", port)


def _start(net: Network, directory: Path, programs: dict[str, str], zebra: Path, daemons: ExitStack) -> None:
    def start(node: str, name: str, command: list[str], ready: Callable[[], bool]) -> None:
        log = directory / f"{node}-{name}.log"
        daemons.enter_context(running(["ip", "netns", "exec", net.name(node), *command], log, ready))

    own = daemons.enter_context(_folder_of("frr"))
    config = own / "zebra.conf"
    config.write_text(f"hostname r1\ninterface lan0\n ip address {ADDRESSES['r1']}/24\n")
    files = ["-f", str(config), "-i", str(own / "zebra.pid"), "-z", str(own / "zserv"), "--vty_socket", str(own)]
    start("r1", "zebra", [str(zebra), *files, "-P", "0"], lambda: ADDRESSES["r1"] in net.run("r1", "ip", "address"))
    for node in ASKED:
        agentx = directory / f"{node}.agentx"
        bridge = BRIDGES.get(node)
        lines = [
            f"rocommunity {COMMUNITY} 10.9.0.0/24",
            f"sysName {node}",
            "master agentx",
            f"agentXSocket {agentx}",
            "agentXPerms 0777 0777",
        ]
        if bridge:
            lines.append(
                f"pass_persist .1.3.6.1.2.1.17 {sys.executable} {Path(__file__).parent / 'bridge_mib.py'} {bridge}"
            )
        file = directory / f"{node}.conf"
        file.write_text("\n".join(lines) + "\n")
        command = [programs["snmpd"], "-f", "-Lo", "-C", "-c", str(file), "-p", str(directory / f"{node}.pid")]
        start(node, "snmpd", [*command, f"--persistentDir={directory}", f"udp:{ADDRESSES[node]}:161"], agentx.exists)
    sockets = daemons.enter_context(_folder_of("_lldpd"))
    for node in SPEAK_LLDP:
        control = sockets / node
        more = ["-x", "-X", str(directory / f"{node}.agentx")] if node in ASKED else []
        options = sockets / f"{node}.conf"
        options.write_text(f"configure lldp tx-interval 1\nconfigure system hostname {node}\n")
        command = [programs["lldpd"], "-d", "-u", str(control), "-O", str(options), *more]
        start(node, "lldpd", command, control.exists)


@contextmanager
def _folder_of(user: str) -> Iterator[Path]:
    """A folder that a daemon's own user can reach, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="campanile-test-") as folder:
        shutil.chown(folder, user)
        yield Path(folder)


def _talk(net: Network) -> None:
    """Let every station be heard by every bridge, and the router find the hosts' addresses."""

    def is_known() -> bool:
        for node in ADDRESSES:
            if node != "r1":
                net.at(node, lambda: _send(ADDRESSES["r1"]))
        neighbours = net.run("r1", "ip", "neighbour", "show")
        return all(f"{address} dev lan0 lladdr" in neighbours for node, address in ADDRESSES.items() if node != "r1")

    wait_until(is_known, "the router to know every node's address")


def _send(address: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", (address, _DISCARD))


def _sh(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout
