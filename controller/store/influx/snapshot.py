"""What a backup takes of this store: its catalogue. The samples are InfluxDB's, which has a backup of its own."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from campus.errors import ConfigError
from campus.ids import AgentId, SiteId
from controller.store.embedded.checking import Checked, Count, Counted
from controller.store.influx.catalogue import CATALOGUE, VERSION, instant_of
from controller.store.marks import CommittedFrames, Run, Stream


@dataclass(frozen=True)
class CatalogueSnapshot:
    """One instant of a catalogue; lives as long as the transaction that `copy` reads in."""

    copy: Callable[[Path], None]

    def link_parts(self, folder: Path) -> list[Path]:
        """There are no parts, so none is missing."""
        folder.mkdir(parents=True)
        return []

    def write_tables(self, folder: Path, advance: Callable[[int, int], None]) -> None:
        """Write the catalogue beside `folder`, which stays unmade: nothing needs to be built of it."""
        self.copy(folder.with_name(CATALOGUE))
        advance(1, 1)


@contextmanager
def closed_catalogue(directory: Path) -> Iterator[CatalogueSnapshot]:
    """Like `InfluxStore.snapshot`, of a store that nobody has open."""
    with instant_of(directory / CATALOGUE) as copy:
        yield CatalogueSnapshot(copy)


def count_catalogue(directory: Path) -> Counted:
    """What a catalogue that nobody writes says it holds: names and frames, no samples."""
    checked = check_catalogue(directory, lambda _more: None)
    if checked.damages:
        raise ConfigError(f"{directory / CATALOGUE}: {checked.damages[0][1]}")
    return Counted(checked.zone, checked.series, checked.samples, checked.frames)


def check_catalogue(directory: Path, count: Count, _sound: Mapping[str, str] | None = None) -> Checked:
    """Everything in a catalogue that nobody writes; changes nothing. What is in InfluxDB is not looked at."""
    checked = Checked()
    file = directory / CATALOGUE
    if not file.is_file():
        checked.damages.append((CATALOGUE, "is missing"))
        return checked
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            _check(connection, checked)
    except (sqlite3.Error, ValueError, KeyError) as error:
        checked.damages.append((CATALOGUE, f"cannot be read: {error}"))
    count(file.stat().st_size)
    return checked


def _check(connection: sqlite3.Connection, checked: Checked) -> None:
    checked.damages += [
        (CATALOGUE, said) for (said,) in connection.execute("PRAGMA integrity_check(10)") if said != "ok"
    ]
    meta = dict(connection.execute("SELECT name, content FROM meta").fetchall())
    checked.zone = meta["zone"]
    if int(meta["version"]) > VERSION:
        checked.damages.append((CATALOGUE, "was written by a newer version of Campanile: verify it with that one"))
        return
    checked.devices = set(connection.execute("SELECT site, device FROM device_word").fetchall())
    for first, size in connection.execute("SELECT first, length(device) / 4 FROM series ORDER BY first"):
        if first != checked.series:
            checked.damages.append((CATALOGUE, f"names no series between {checked.series} and {first}"))
        checked.series = first + size
    frames = CommittedFrames()
    for site, agent, epoch, first, last in connection.execute("SELECT site, agent, epoch, first, last FROM frame_runs"):
        frames.add(Stream(SiteId(site), AgentId(agent), epoch), Run(first, last))
    checked.frames = sum(run.last - run.first + 1 for _, run in frames.runs())
