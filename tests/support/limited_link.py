"""A network namespace at the end of a link of limited rate and packet size: a school, as far as packets are concerned.

Needs root and iproute2; where the machine does not allow it the test is skipped and says why.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.servers.daemon import require_program

# A /30 of each process its own: several run at once.
_NET = f"10.213.{os.getpid() % 251}.{os.getpid() // 251 % 64 * 4}"
NEAR, FAR = (f"{_NET.rpartition('.')[0]}.{int(_NET.rpartition('.')[2]) + host}" for host in (1, 2))


@dataclass(frozen=True)
class LimitedLink:
    """`near` is this side's address, `far` the one inside."""

    namespace: str
    far_device: str
    near: str = NEAR
    far: str = FAR

    def run(self, command: Sequence[str], timeout_s: float = 60.0) -> str:
        """What a command inside prints; fails with what it complains of."""
        inside = ["ip", "netns", "exec", self.namespace, *command]
        done = subprocess.run(inside, capture_output=True, text=True, timeout=timeout_s, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def limited_link(rate_mbit: int, mtu: int = 1500) -> Iterator[LimitedLink]:
    """Both directions carry at most `rate_mbit`; the far end takes packets up to `mtu`. Taken away with the block."""
    require_program("ip", "iproute2")
    require_program("tc", "iproute2")
    name = f"limited-{os.getpid()}"
    near, far = f"near{os.getpid() % 100_000}", f"far{os.getpid() % 100_000}"
    shaped = f"tbf rate {rate_mbit}mbit burst 16kb latency 100ms"
    steps = (
        f"ip netns add {name}",
        f"ip link add {near} type veth peer name {far} netns {name}",
        f"ip addr add {NEAR}/30 dev {near}",
        f"ip link set {near} up",
        f"ip -n {name} addr add {FAR}/30 dev {far}",
        f"ip -n {name} link set {far} up mtu {mtu}",
        f"ip -n {name} link set lo up",
        f"tc qdisc add dev {near} root {shaped}",
        f"tc -n {name} qdisc add dev {far} root {shaped}",
    )
    try:
        for step in steps:
            done = subprocess.run(step.split(), capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"this machine gives no limited link: `{step}` says {done.stderr.strip()}")
        yield LimitedLink(name, far)
    finally:
        subprocess.run(["ip", "link", "del", near], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
