"""A file system of a few megabytes that the bench can fill: a tmpfs (Linux, tmpfs(5)), which only root may mount."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from campanile.chaos.process import BenchTrouble

MEGABYTE: Final = 1 << 20
_BALLAST: Final = "ballast"


class SmallDisk:
    """A disk at `path`. Life: inert; `mount`, then `fill` and `release` at will, `unmount` keeps the files in place."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        self._size_bytes = size_bytes

    def mount(self) -> None:
        """Make the folder a disk of its own."""
        self.path.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={self._size_bytes}", "campanile-chaos", str(self.path)]
        subprocess.run(command, check=True, capture_output=True)

    def fill(self) -> None:
        """Leave not a byte."""
        with (self.path / _BALLAST).open("ab") as ballast:
            step = MEGABYTE
            while step:
                try:
                    os.posix_fallocate(ballast.fileno(), os.fstat(ballast.fileno()).st_size, step)
                except OSError:
                    step //= 2

    def release(self) -> None:
        """There is room again."""
        (self.path / _BALLAST).unlink(missing_ok=True)

    def unmount(self) -> None:
        """Take the disk away, and leave what was on it in the folder; harmless when it is not mounted."""
        if not self.path.is_mount():
            return
        self.release()
        beside = Path(tempfile.mkdtemp(dir=self.path.parent))
        try:
            shutil.copytree(self.path, beside, dirs_exist_ok=True, ignore=_sockets)
        except shutil.Error as error:
            raise BenchTrouble(f"{self.path} stays mounted, for its files cannot be kept beside it: {error}") from error
        subprocess.run(["umount", "-l", str(self.path)], check=True, capture_output=True)
        self.path.rmdir()
        beside.rename(self.path)


def why_no_small_disk() -> str:
    """Why disks cannot be mounted here; empty when they can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "only root on Linux may mount a small disk to fill"
    with tempfile.TemporaryDirectory() as folder:
        disk = SmallDisk(Path(folder) / "disk", MEGABYTE)
        try:
            disk.mount()
            disk.unmount()
        except (OSError, subprocess.CalledProcessError) as error:
            return f"this machine lets nobody mount a small disk to fill: {error}"
    return ""


def _sockets(folder: str, names: list[str]) -> list[str]:
    """What cannot be copied: the sockets of controllers that were killed."""
    return [name for name in names if (Path(folder) / name).is_socket()]
