"""The store's own records beside InfluxDB: names and ids, committed frames, newest values, what is stale. One SQLite file.

InfluxDB holds the samples and the roll-ups; this file holds what a start must not have to ask a million series for.

meta          version, zone, identity (the same as in InfluxDB), samples, committed_at (by our clock), floor_LEVEL (what
              retention dropped), final (days below a floor that has sunk), moved (when kind or room of devices changed)
device_word, metric_word, instance_word   the words of series' names, each once, numbered from 0
series        names of the series first, first + 1, ...: three columns of word numbers, packed (int32, little endian)
frame_runs    committed frames; rows may touch or repeat, `merge_runs` merges them
newest        samples, packed, oldest first: the first row is what was newest when `keep_newest` was called last, the others
              are what has been written since
stale         buckets whose roll-ups are to be made (again)
day           days that have rows, and the number under which their roll-ups are settled (0: not yet)
"""

import fcntl
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from threading import RLock
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from campus.errors import ConfigError, Transient, file_trouble
from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from controller.store.influx.stale import Bucket
from controller.store.marks import CommittedFrames, Run, Stream
from controller.store.port import Level, SeriesColumns
from controller.store.rollup import Rows
from controller.store.series_index import Extent, SeriesIndex

FOLDER: Final = "influx"
"""In data_dir."""
CATALOGUE: Final = "catalogue.db"
VERSION: Final = 1
_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE device_word (number INTEGER PRIMARY KEY, site TEXT NOT NULL, device TEXT NOT NULL);
CREATE TABLE metric_word (number INTEGER PRIMARY KEY, metric TEXT NOT NULL);
CREATE TABLE instance_word (number INTEGER PRIMARY KEY, instance TEXT NOT NULL);
CREATE TABLE series (first INTEGER PRIMARY KEY, device BLOB NOT NULL, metric BLOB NOT NULL, instance BLOB NOT NULL);
CREATE TABLE frame_runs (site TEXT, agent TEXT, epoch INTEGER, first INTEGER, last INTEGER);
CREATE TABLE newest (number INTEGER PRIMARY KEY, series BLOB NOT NULL, measured_at BLOB NOT NULL, value BLOB NOT NULL);
CREATE TABLE stale (level TEXT, at INTEGER, PRIMARY KEY (level, at)) WITHOUT ROWID;
CREATE TABLE day (day INTEGER PRIMARY KEY, number INTEGER NOT NULL);
"""
_COMMITTED_NOW: Final = (
    "INSERT OR REPLACE INTO meta VALUES ('committed_at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))"
)
_ID, _INSTANT, _VALUE = np.dtype("<i4"), np.dtype("<i8"), np.dtype("<f8")


class Catalogue:
    """One open file. Constructed inert; any thread once `open`, one transaction at a time, each durable on return.

    What the disk or the library cannot do now leaves as `Transient`.
    """

    def __init__(self, path: Path, zone: ZoneInfo) -> None:
        self._path = path
        self._zone = zone
        self._connection: sqlite3.Connection | None = None
        self._claim: TextIOWrapper | None = None
        self._lock = RLock()

    def open(self) -> None:
        """Open or create the file; `ConfigError` when it is not ours, newer, damaged, in use or cut in another zone."""
        claim = _claimed(self._path)
        try:
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            claim.close()
            raise self._refusal(error) from error
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._prepare(connection)
        except (sqlite3.Error, ConfigError) as error:
            connection.close()
            claim.close()
            if isinstance(error, ConfigError):
                raise
            raise self._refusal(error) from error
        self._connection, self._claim = connection, claim

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection for this thread alone; durable when the block ends, undone when it raises."""
        with self._lock:
            if self._connection is None:
                raise Transient("the sample store is not open")
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise Transient(f"{self._path} cannot be written now, nothing is lost: {error}") from error
                raise

    # What a start reads.

    def meta(self) -> dict[str, str]:
        """All of it."""
        with self.transaction() as connection:
            return dict(connection.execute("SELECT name, content FROM meta").fetchall())

    def names(self) -> SeriesColumns:
        """All names, from id 0."""
        with self.transaction() as connection:
            sites: dict[str, str] = {}
            devices = [
                (SiteId(sites.setdefault(site, site)), DeviceId(device))
                for site, device in connection.execute("SELECT site, device FROM device_word ORDER BY number")
            ]
            metrics = connection.execute("SELECT metric FROM metric_word ORDER BY number").fetchall()
            instances = connection.execute("SELECT instance FROM instance_word ORDER BY number").fetchall()
            blocks = connection.execute("SELECT device, metric, instance FROM series ORDER BY first").fetchall()
        columns = zip(*blocks, strict=True) if blocks else iter(((), (), ()))
        device, metric, instance = (np.frombuffer(b"".join(column), _ID).astype(np.int32) for column in columns)
        return SeriesColumns(
            0, device, metric, instance, devices, [MetricId(m) for (m,) in metrics], [Instance(i) for (i,) in instances]
        )

    def frames(self) -> tuple[list[tuple[Stream, Run]], int]:
        """Committed frames, merged, and how many rows they are in the file."""
        with self.transaction() as connection:
            return _merged_runs(connection)

    def newest(self) -> Iterator[Rows]:
        """What `LatestValues` must be told, piece by piece."""
        with self.transaction() as connection:
            found = connection.execute("SELECT series, measured_at, value FROM newest ORDER BY number").fetchall()
        for series, measured_at, value in found:
            yield Rows(np.frombuffer(series, _ID), np.frombuffer(measured_at, _INSTANT), np.frombuffer(value, _VALUE))

    def stale(self) -> list[Bucket]:
        """Buckets to be rolled up."""
        with self.transaction() as connection:
            found = connection.execute("SELECT level, at FROM stale").fetchall()
        return [Bucket(Level(level), at) for level, at in found]

    def days(self) -> dict[int, int]:
        """Days that have rows, and the number under which they are settled."""
        with self.transaction() as connection:
            return dict(connection.execute("SELECT day, number FROM day").fetchall())

    # What writing keeps.

    def announce(self, index: SeriesIndex, kept: Extent, stale: Sequence[Bucket]) -> Extent:
        """Before samples are written: names beyond `kept`, and buckets that are stale from now on. The extent kept then."""
        now = index.extent
        if now == kept and not stale:
            return kept
        with self.transaction() as connection:
            _insert_names(connection, index, kept, now)
            connection.executemany("INSERT OR IGNORE INTO stale VALUES (?, ?)", [(str(b.level), b.at) for b in stale])
            days = [(bucket.at,) for bucket in stale if bucket.level is Level.DAY]
            connection.executemany("INSERT OR IGNORE INTO day VALUES (?, 0)", days)
        return now

    def commit(self, runs: Iterable[tuple[Stream, Run]], rows: Rows, samples: int) -> None:
        """After so many samples were written: their frames, and candidates for the newest values."""
        with self.transaction() as connection:
            _insert_runs(connection, runs)
            if len(rows.series):
                connection.execute("INSERT INTO newest VALUES (NULL, ?, ?, ?)", _packed(rows))
            grown = "UPDATE meta SET content = CAST(content AS INTEGER) + ? WHERE name = 'samples'"
            connection.execute(grown, [samples])
            connection.execute(_COMMITTED_NOW)

    def last_newest(self) -> int:
        """The number of the last row of `newest`; 0 when there is none."""
        with self.transaction() as connection:
            return int(connection.execute("SELECT coalesce(max(number), 0) FROM newest").fetchone()[0])

    def keep_newest(self, until: int, rows: Rows) -> None:
        """Put one row in the place of all up to the number `until`; `rows` tell what those told, or more."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM newest WHERE number <= ?", [until])
            if len(rows.series):
                connection.execute("INSERT INTO newest VALUES (?, ?, ?, ?)", [until, *_packed(rows)])

    def merge_runs(self) -> int:
        """Leave as few rows of frames as there can be; how many."""
        with self.transaction() as connection:
            runs, _ = _merged_runs(connection)
            connection.execute("DELETE FROM frame_runs")
            _insert_runs(connection, runs)
            return len(runs)

    # What upkeep keeps.

    def keep_rolled(self, buckets: Iterable[Bucket], numbered: dict[int, int]) -> None:
        """These are stale no more; days among them are settled under new numbers."""
        with self.transaction() as connection:
            rows = [(str(bucket.level), bucket.at) for bucket in buckets]
            connection.executemany("DELETE FROM stale WHERE level = ? AND at = ?", rows)
            connection.executemany("INSERT OR REPLACE INTO day VALUES (?, ?)", list(numbered.items()))

    def keep_floors(self, floors: dict[Level, int], gone: Iterable[int]) -> None:
        """What retention drops of each level, and days of which nothing is left."""
        with self.transaction() as connection:
            rows = [(f"floor_{level}", str(floor)) for level, floor in floors.items()]
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)
            for day in gone:
                connection.execute("DELETE FROM day WHERE day = ?", [day])
                connection.execute("DELETE FROM stale WHERE level = ? AND at = ?", [str(Level.DAY), day])

    def keep_meta(self, **content: str | int) -> None:
        """Names and their content."""
        with self.transaction() as connection:
            rows = [(name, str(text)) for name, text in content.items()]
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    def refill(
        self, identity: str, index: SeriesIndex, stale: Sequence[Bucket], days: dict[int, int], newest: Rows
    ) -> None:
        """All of an empty catalogue: whose it is, names, what is stale, how many samples each day has, newest values."""
        with self.transaction() as connection:
            connection.execute("INSERT INTO meta VALUES ('identity', ?)", [identity])
            _insert_names(connection, index, Extent(), index.extent)
            connection.executemany("INSERT INTO stale VALUES (?, ?)", [(str(b.level), b.at) for b in stale])
            connection.executemany("INSERT INTO day VALUES (?, 0)", [(day,) for day in days])
            connection.execute("INSERT INTO newest VALUES (NULL, ?, ?, ?)", _packed(newest))
            connection.execute("UPDATE meta SET content = ? WHERE name = 'samples'", [str(sum(days.values()))])

    @property
    def size_bytes(self) -> int:
        """Of the file and its log."""
        files = (self._path, self._path.with_name(self._path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        """Let go of the file; harmless when called twice."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            if self._claim is not None:
                self._claim.close()
                self._claim = None

    def _prepare(self, connection: sqlite3.Connection) -> None:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            connection.executescript(f"BEGIN;{_TABLES}COMMIT;")
            rows = [("version", str(VERSION)), ("zone", self._zone.key), ("samples", "0")]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
            return
        if "meta" not in tables:
            raise ConfigError(f"{self._path} is a database, but not one of this store: set data_dir to an empty folder")
        meta = dict(connection.execute("SELECT name, content FROM meta").fetchall())
        if int(meta.get("version", 0)) > VERSION:
            raise ConfigError(f"{self._path} was written by a newer version of Campanile: install that one again")
        if meta.get("zone") != self._zone.key:
            raise ConfigError(
                f"{self._path} has its days cut in the time zone {meta.get('zone')}, the configuration says "
                f"{self._zone.key}: set district.timezone back to {meta.get('zone')}, or data_dir to an empty folder"
            )

    def _refusal(self, error: sqlite3.Error) -> ConfigError | Transient:
        if "full" in str(error):
            return Transient(f"the disk that holds {self._path} is full: make room")
        return ConfigError(f"{self._path} cannot be opened ({error}): restore it from a backup")


@contextmanager
def instant_of(path: Path) -> Iterator[Callable[[Path], None]]:
    """A catalogue as it is now, for as long as the block lasts, while its store goes on: copies it to a file of its own."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as source:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchall()  # the first read chooses the instant

            def copy(target: Path) -> None:
                with closing(sqlite3.connect(target)) as written:
                    source.backup(written)
                    written.execute("PRAGMA journal_mode = DELETE")  # one file, whole without a log beside it

            yield copy
    except sqlite3.Error as error:
        raise Transient(f"{path} cannot be copied: {error}") from error


def is_claimed(path: Path) -> bool:
    """Whether another process, or another store of this one, has the catalogue open."""
    if not path.is_file():
        return False
    try:
        _claimed(path).close()
    except ConfigError:
        return True
    return False


def _claimed(path: Path) -> TextIOWrapper:
    """The lock beside a catalogue; it is free again once it is closed, or its process has ended."""
    lock = path.with_suffix(".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a")
    except OSError as error:
        raise ConfigError(f"{lock} cannot be made: {file_trouble(error)}") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise ConfigError(f"{path} is in use: is another controller running on this data_dir?") from error
    return file


def _merged_runs(connection: sqlite3.Connection) -> tuple[list[tuple[Stream, Run]], int]:
    rows = connection.execute("SELECT site, agent, epoch, first, last FROM frame_runs").fetchall()
    frames = CommittedFrames()
    for site, agent, epoch, first, last in rows:
        frames.add(Stream(SiteId(site), AgentId(agent), epoch), Run(first, last))
    return frames.runs(), len(rows)


def _insert_runs(connection: sqlite3.Connection, runs: Iterable[tuple[Stream, Run]]) -> None:
    marks = [(*stream, *run) for stream, run in runs]
    connection.executemany("INSERT INTO frame_runs VALUES (?, ?, ?, ?, ?)", marks)


def _insert_names(connection: sqlite3.Connection, index: SeriesIndex, kept: Extent, now: Extent) -> None:
    names = index.columns(kept.series)
    devices = [(number, *names.devices[number]) for number in range(kept.devices, now.devices)]
    connection.executemany("INSERT INTO device_word VALUES (?, ?, ?)", devices)
    metrics = [(number, names.metrics[number]) for number in range(kept.metrics, now.metrics)]
    connection.executemany("INSERT INTO metric_word VALUES (?, ?)", metrics)
    instances = [(number, names.instances[number]) for number in range(kept.instances, now.instances)]
    connection.executemany("INSERT INTO instance_word VALUES (?, ?)", instances)
    if now.series > kept.series:
        columns = [column.astype(_ID).tobytes() for column in (names.device, names.metric, names.instance)]
        connection.execute("INSERT INTO series VALUES (?, ?, ?, ?)", [kept.series, *columns])


def _packed(rows: Rows) -> list[bytes]:
    return [
        rows.series.astype(_ID).tobytes(),
        rows.measured_at.astype(_INSTANT).tobytes(),
        rows.value.astype(_VALUE).tobytes(),
    ]
