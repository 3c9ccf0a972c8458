"""A network that loses, delays and reorders IP packets, for kernels without netem: two TUN devices and a relay between them.

The far end lies in a network namespace of its own, so that the kernel's own TCP runs over it (Linux, tun(4), ip-netns(8)).
Needs root. Cleans up after itself; the namespace is named by this process.
"""

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Final

NEAR: Final = "10.98.77.1"
FAR: Final = "10.98.77.2"
_TUN: Final = Path("/dev/net/tun")
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN_NO_PI: Final = 0x0001 | 0x1000
_LARGEST_PACKET_BYTES: Final = 2_048
_LATEST_S: Final = 0.05
"""Each packet waits up to so long by chance, and so overtakes others."""


class LossyNetwork:
    """Life: inert; `start` makes both ends, `stop` removes them. `loss` is the share of packets that vanish, each way."""

    def __init__(self, seed: int = 1) -> None:
        self.loss = 0.0
        self.counts: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._namespace = f"campanile-chaos-{os.getpid()}"
        self._ends: list[int] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._carry, name="lossy-network", daemon=True)

    @property
    def far_prefix(self) -> list[str]:
        """What to put before a command that shall run at the far end."""
        return ["ip", "netns", "exec", self._namespace]

    def start(self) -> None:
        """Make both ends and carry between them; `OSError` or `CalledProcessError` where that is not allowed."""
        near, far = f"cc{os.getpid() % 100_000}n", f"cc{os.getpid() % 100_000}f"
        try:
            self._ends = [_open_tun(near), _open_tun(far)]
            _ip("netns", "add", self._namespace)
            _ip("link", "set", far, "netns", self._namespace)
            _ip("addr", "add", f"{NEAR}/30", "dev", near)
            _ip("link", "set", near, "up")
            for rest in (
                ("addr", "add", f"{FAR}/30", "dev", far),
                ("link", "set", far, "up"),
                ("link", "set", "lo", "up"),
            ):
                _ip("-n", self._namespace, *rest)
        except BaseException:
            self.stop()
            raise
        self._thread.start()

    def stop(self) -> None:
        """Remove everything; harmless when called twice."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)
        while self._ends:
            os.close(self._ends.pop())
        subprocess.run(["ip", "netns", "delete", self._namespace], check=False, capture_output=True)

    def _carry(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        while not self._stopping.is_set():
            wait_s = max(0.0, min(0.2, waiting[0][0] - time.monotonic())) if waiting else 0.2
            readable, _, _ = select.select(self._ends, [], [], wait_s)
            for end in readable:
                self._take(end, os.read(end, _LARGEST_PACKET_BYTES), waiting)
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, other, packet = heapq.heappop(waiting)
                os.write(other, packet)

    def _take(self, end: int, packet: bytes, waiting: list[tuple[float, int, int, bytes]]) -> None:
        self.counts["packets"] += 1
        if self._dice.random() < self.loss:
            self.counts["lost"] += 1
            return
        late_s = self._dice.uniform(0, _LATEST_S) if self.loss else 0.0
        other = self._ends[1 - self._ends.index(end)]
        heapq.heappush(waiting, (time.monotonic() + late_s, self.counts["packets"], other, packet))


def why_no_lossy_network() -> str:
    """Why such a network cannot be made here; empty when it can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "only root on Linux may make network devices"
    if not _TUN.exists():
        return f"this machine has no {_TUN}"
    network = LossyNetwork()
    try:
        network.start()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"this machine lets nobody make a network: {error}"
    network.stop()
    return ""


def _open_tun(name: str) -> int:
    end = os.open(_TUN, os.O_RDWR)
    try:
        fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN_NO_PI))
    except OSError:
        os.close(end)
        raise
    return end


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
