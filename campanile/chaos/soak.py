"""Whether a long run stays level: memory, open files and files on disk, after warming up and at the end. Reads /proc (Linux)."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

TOLERANCE: Final = 0.05
SLACK: Final = {"rss_bytes": 0, "open_files": 6, "files": 1}
"""What may come and go. A pool of the registry's opens another connection, two files, whenever one thread more asks at once."""
_WARM_FROM, _WARM_TO, _END_FROM = 0.2, 0.4, 0.8
_KIB: Final = 1024


class Usage(NamedTuple):
    """What one process uses at one moment; `files` are those in its data folder."""

    name: str
    rss_bytes: int
    open_files: int
    files: int


class Level(NamedTuple):
    """One figure of one process: its median after warming up and at the end of the run."""

    name: str
    figure: str
    warm: float
    end: float

    @property
    def is_level(self) -> bool:
        """Whether it did not grow beyond the tolerance and its slack."""
        return self.end <= max(self.warm * (1 + TOLERANCE), self.warm + SLACK[self.figure])

    def sentence(self) -> str:
        """For people."""
        grown = (self.end / self.warm - 1) * 100 if self.warm else 0.0
        return f"{self.name:>14s} {self.figure:<11s} {self.warm:>14,.0f} {self.end:>14,.0f} {grown:+6.1f} %"


def usage_of(name: str, pid: int, data: Path) -> Usage:
    """Look at a process of ours now; `OSError` when there is none."""
    status = Path(f"/proc/{pid}/status").read_text()
    rss_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    files = sum(1 for path in data.rglob("*") if not path.is_dir())
    return Usage(name, rss_kib * _KIB, sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()), files)


def levels(looks: Sequence[Sequence[Usage]]) -> list[Level]:
    """Compare the looks of a run, evenly spaced, each with the same processes: medians of 20 to 40 % and of the last 20 %.

    >>> looks = [[Usage("controller", 100 + grown, 7, 3)] for grown in range(10)]
    >>> [level.is_level for level in levels(looks)]
    [False, True, True]
    """
    count = len(looks)
    warm, end = looks[int(count * _WARM_FROM) : max(1, int(count * _WARM_TO))], looks[int(count * _END_FROM) :]
    return [
        Level(first.name, figure, *(median(getattr(look[place], figure) for look in part) for part in (warm, end)))
        for place, first in enumerate(looks[0] if looks else ())
        for figure in SLACK
    ]
