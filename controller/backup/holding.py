"""Which store's data a folder holds, and how these are completed, counted and checked. All that backups know of the two stores.

The embedded store is backed up whole. Of the one in InfluxDB the catalogue is: its samples are the server's to back up.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from controller.backup.model import SAMPLES
from controller.store.embedded.checking import Checked, Counted, check_store, count_store
from controller.store.embedded.part import Part
from controller.store.embedded.snapshot import DATABASE, build_database, closed_snapshot, is_in_use, parts_of
from controller.store.influx.catalogue import CATALOGUE, FOLDER, is_claimed
from controller.store.influx.snapshot import check_catalogue, closed_catalogue, count_catalogue


class Instant(Protocol):
    """One instant of a store, as it is laid out for a backup."""

    def link_parts(self, folder: Path) -> list[Path]:
        """Make `folder` and put into it what never changes; what is missing of that, relative to it."""

    def write_tables(self, folder: Path, advance: Callable[[int, int], None]) -> None:
        """The rest, into `folder` or beside it."""


def _no_parts(_directory: Path) -> list[Part]:
    return []


def _nothing_to_complete(_directory: Path, _count: Callable[[int], None]) -> None:
    """The catalogue is whole as it was laid out."""


@dataclass(frozen=True)
class Holding:
    """The data of one kind of store. Every function takes its directory, which nobody has open."""

    folder: str
    """In data_dir, in a stage and in a backup."""
    changing: str
    """The file in it that a controller writes into; the others never change."""
    instant: Callable[[Path], AbstractContextManager[Instant]]
    is_in_use: Callable[[Path], bool]
    complete: Callable[[Path, Callable[[int], None]], None]
    """Turn what was laid out into what a controller can open."""
    count: Callable[[Path], Counted]
    check: Callable[[Path, Callable[[int], None], Mapping[str, str]], Checked]
    parts: Callable[[Path], list[Part]]


EMBEDDED: Final = Holding(
    SAMPLES, DATABASE, closed_snapshot, is_in_use, build_database, count_store, check_store, parts_of
)
INFLUX: Final = Holding(
    FOLDER,
    CATALOGUE,
    closed_catalogue,
    lambda directory: is_claimed(directory / CATALOGUE),
    _nothing_to_complete,
    count_catalogue,
    check_catalogue,
    _no_parts,
)


def held_in(root: Path) -> Holding:
    """Of a stage or a backup."""
    return INFLUX if (root / INFLUX.folder).is_dir() else EMBEDDED
