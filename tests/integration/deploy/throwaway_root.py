"""This machine's system with a folder laid over it: what is installed there is gone afterwards, its own files stay."""

import os
import subprocess
from pathlib import Path

import pytest

_ENTER = """
set -eu
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t tmpfs tmpfs "$1/root/run"
mount --rbind /dev "$1/root/dev"
mount -t proc proc "$1/root/proc"
exec chroot "$1/root" /bin/sh -c "$2"
"""


class ThrowawayRoot:
    """Runs commands as root in an overlay of `/`, without a network of its own processes and without systemd."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("upper", "work", "root"):
            (folder / name).mkdir()

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script inside; nothing of it is running afterwards."""
        command = [
            "unshare",
            "--mount",
            "--pid",
            "--net",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            _ENTER,
            "sh",
            str(self._folder),
            script,
        ]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=100)


def throwaway_root(folder: Path) -> ThrowawayRoot:
    """One that works here; skips the test where the kernel or the user may not."""
    if os.geteuid() != 0:
        pytest.skip("only root may lay a folder over the system")
    root = ThrowawayRoot(folder)
    tried = root.run("true")
    if tried.returncode != 0:
        pytest.skip(f"no overlay of the system can be made here: {tried.stderr.strip()}")
    return root
