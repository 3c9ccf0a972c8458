# ruff: noqa: S608 - the names put into statements are our own
"""Reads a whole store that nobody changes, and says what in it is not as it must be. Changes nothing."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
from numpy.typing import NDArray

from campus.errors import CampusError
from controller.store.days import DayCutter
from controller.store.embedded.database import Cursor
from controller.store.embedded.part import BUCKETS_OF_PART, ROWS_OF_PART, Order, Part, PartKind, quoted
from controller.store.embedded.schema import VERSION
from controller.store.embedded.snapshot import DATABASE, read_parts, reading_closed
from controller.store.marks import CommittedFrames, Run, Stream

_PIECE_BYTES = 1 << 20
_NONE: Mapping[str, str] = MappingProxyType({})
_NAMES = (
    "SELECT site, device_word.device, metric_word.metric, instance_word.instance FROM series "
    "JOIN device_word ON device_word.number = series.device JOIN metric_word ON metric_word.number = series.metric "
    "JOIN instance_word ON instance_word.number = series.instance"
)
Count = Callable[[int], None]
"""Hears how many more bytes have been read."""
Damage = tuple[str, str]
"""Where, relative to the store's directory, and what."""


@dataclass
class Checked:
    """What was read and what was found."""

    zone: str = ""
    is_older: bool = False
    """Whether an earlier version wrote it: then its tables were read to the end, and their content was not judged."""
    parts: list[Part] = field(default_factory=list)
    devices: set[tuple[str, str]] = field(default_factory=set)
    """Site and device of every series."""
    metric_of: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    """The number of the metric of every series."""
    series: int = 0
    samples: int = 0
    frames: int = 0
    damages: list[Damage] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    """Files that nothing names: an interrupted step left them, the next start removes them."""


@dataclass(frozen=True)
class Counted:
    """How much a store holds. `samples` are raw ones."""

    zone: str
    series: int
    samples: int
    frames: int


def count_store(directory: Path) -> Counted:
    """What a store that nobody has open says it holds, without reading it all."""
    with reading_closed(directory) as cursor:
        meta = dict(cursor.execute("SELECT name, content FROM meta").fetchall())
        series = _one(cursor, "SELECT count(*) FROM series")[0]
        samples = sum(part.samples for part in read_parts(cursor) if part.kind is not PartKind.ROLLUP)
        samples += sum(_one(cursor, f"SELECT count(*) FROM {table}")[0] for table in _hot_tables(cursor))
        return Counted(meta["zone"], series, samples, _frames(cursor, []))


def check_store(directory: Path, count: Count, sound: Mapping[str, str] = _NONE) -> Checked:
    """Everything in `directory`, from the database's first table to the last row of every part.

    `sound` are files whose bytes have been read already, with the digests found: they are not read once more for that.
    """
    checked = Checked()
    try:
        with reading_closed(directory) as cursor:
            _check(cursor, directory, checked, count, sound)
    except (CampusError, duckdb.Error) as error:
        checked.damages.append((DATABASE, str(error)))
    return checked


def _check(cursor: Cursor, directory: Path, checked: Checked, count: Count, sound: Mapping[str, str]) -> None:
    cursor.execute("LOAD parquet")
    meta = dict(cursor.execute("SELECT name, content FROM meta").fetchall())
    checked.zone = meta["zone"]
    if int(meta["version"]) > VERSION:
        said = "was written by a newer version of Campanile: verify it with that one"
        checked.damages.append((DATABASE, said))
        return
    checked.damages += ((DATABASE, said) for said in _table_damages(cursor))
    count((directory / DATABASE).stat().st_size)
    if int(meta["version"]) < VERSION:
        checked.is_older = True
        return
    _check_names(cursor, checked)
    _check_hot_tables(cursor, checked)
    checked.parts = read_parts(cursor)
    whole = set()
    for part in checked.parts:
        name = part.path(Path()).as_posix()
        said = _part_damage(cursor, part.path(directory), part, checked, count, sound.get(name))
        if said:
            checked.damages.append((name, f"of {_date(part.day, checked)}, {said}"))
            continue
        whole.add(part)
        checked.samples += part.samples if part.kind is not PartKind.ROLLUP else 0
    checked.damages += _roll_up_damages(cursor, checked, whole)
    wanted = {part.path(Path()) for part in checked.parts}
    there = {path.relative_to(directory) for kind in PartKind for path in (directory / kind).glob("*")}
    checked.leftovers = sorted(map(str, there - wanted))


def _table_damages(cursor: Cursor) -> Iterator[str]:
    """Read every column of every table to its end; blocks have checksums."""
    for (table,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        try:
            cursor.execute(f"SELECT bit_xor(hash(t)) FROM {table} t").fetchall()
        except duckdb.Error as error:
            yield f"table {table} cannot be read: {error}"


def _check_names(cursor: Cursor, checked: Checked) -> None:
    checked.series, distinct, highest = _one(
        cursor, "SELECT count(*), count(DISTINCT id), coalesce(max(id), -1) FROM series"
    )
    if not checked.series == distinct == highest + 1:
        checked.damages.append((DATABASE, "the ids of series are not 0, 1, 2 and so on"))
    named, names = _one(cursor, f"SELECT count(*), count(DISTINCT (site, device, metric, instance)) FROM ({_NAMES})")
    if not checked.series == named == names:
        checked.damages.append((DATABASE, f"{checked.series:,} series have {names:,} names"))
    devices = cursor.execute(f"SELECT DISTINCT site, device FROM ({_NAMES})").fetchall()
    checked.devices = {(site, device) for site, device in devices}
    checked.metric_of = np.asarray(cursor.execute("SELECT metric FROM series ORDER BY id").fetchnumpy()["metric"])
    checked.frames = _frames(cursor, checked.damages)


def _check_hot_tables(cursor: Cursor, checked: Checked) -> None:
    for table in _hot_tables(cursor):
        rows, nameless, strange = _one(
            cursor,
            f"SELECT count(*), count(*) FILTER (series < 0 OR series >= {checked.series}), "
            f"count(*) FILTER (NOT isfinite(value)) FROM {table}",
        )
        checked.samples += rows
        if nameless:
            checked.damages.append((DATABASE, f"{nameless:,} rows of {table} are of series without a name"))
        if strange:
            checked.damages.append((DATABASE, f"{strange:,} values of {table} are not finite"))


def _hot_tables(cursor: Cursor) -> list[str]:
    return [f"hot_{number}" for (number,) in cursor.execute("SELECT number FROM hot ORDER BY number").fetchall()]


def _frames(cursor: Cursor, damages: list[Damage]) -> int:
    """How many frames are marked as stored; runs that cannot be are added to `damages`."""
    frames = CommittedFrames()
    for *stream, first, last in cursor.execute("SELECT * FROM frame_runs").fetchall():
        if first > last:
            damages.append((DATABASE, f"frame marks of {stream[0]}/{stream[1]} run backwards: {first} to {last}"))
        else:
            frames.add(Stream(*stream), Run(first, last))
    return sum(run.last - run.first + 1 for _, run in frames.runs())


def _part_damage(cursor: Cursor, path: Path, part: Part, checked: Checked, count: Count, digest: str | None) -> str:
    """What is wrong with a part; empty when it is sound. Its content is read only when its bytes are those written."""
    try:
        size = path.stat().st_size
        if size != part.size:
            return f"has {size:,} bytes instead of {part.size:,}"
        if part.digest is not None and (digest or digest_of(path, count)) != part.digest:
            return "is damaged: its digest is not that of what was written"
        columns = BUCKETS_OF_PART if part.kind is PartKind.ROLLUP else ROWS_OF_PART
        columns += ", metric" if part.order is Order.METRIC else ""
        found = cursor.execute(f"SELECT {columns} FROM read_parquet('{quoted(path)}')").fetchnumpy()
    except FileNotFoundError:
        return "is missing"
    except (duckdb.Error, OSError) as error:
        return f"cannot be read: {error}"
    return _content_damage({name: np.asarray(column) for name, column in found.items()}, part, checked)


def _content_damage(columns: dict[str, NDArray[Any]], part: Part, checked: Checked) -> str:
    ids, at = columns["series"], columns["bucket_at" if part.kind is PartKind.ROLLUP else "measured_at"]
    values = [column for name, column in columns.items() if column.dtype == np.float64]
    samples = int(columns["samples"].sum()) if part.kind is PartKind.ROLLUP else len(ids)
    if samples != part.samples:
        return f"holds {samples:,} samples instead of {part.samples:,}"
    if not len(ids):
        return "is empty"
    lowest, highest = int(ids.min()), int(ids.max())
    if (lowest, highest) != (part.lowest, part.highest) or not 0 <= lowest <= highest < checked.series:
        return f"holds series {lowest} to {highest} instead of {part.lowest} to {part.highest} (of {checked.series:,})"
    metrics = columns.get("metric", np.zeros(1, np.int32))
    if part.order is Order.METRIC and not np.array_equal(metrics, checked.metric_of[ids]):
        return "holds rows of a series under the metric of another"
    if not _are_sorted(metrics, ids, at):
        return f"is not sorted by {'metric, ' if part.order is Order.METRIC else ''}series and time"
    if at.min() < part.day or at.max() >= DayCutter(ZoneInfo(checked.zone)).end_of(part.day):
        return "holds rows of another day"
    if not all(np.isfinite(column).all() for column in values):
        return "holds values that are not finite"
    return ""


def _are_sorted(*columns: NDArray[Any]) -> bool:
    """Whether rows are sorted by the first column, then the second, and so on; one of a single row repeats."""
    follows: NDArray[np.bool_] | bool = True
    for column in reversed(columns):
        after, before = column[1:], column[:-1]
        if len(column) > 1:
            follows = (after > before) | ((after == before) & follows)
    return bool(np.all(follows))


def _roll_up_damages(cursor: Cursor, checked: Checked, whole: set[Part]) -> Iterator[Damage]:
    """Days whose roll-ups do not cover what was measured. Days with a damaged part are told already."""
    rolled = {day for (day,) in cursor.execute("SELECT day FROM rolled").fetchall()}
    daily = dict(cursor.execute("SELECT bucket_at, sum(samples) FROM rollup_1d GROUP BY bucket_at").fetchall())
    raw, fine = Counter[int](), Counter[int]()
    for part in checked.parts:
        (fine if part.kind is PartKind.ROLLUP else raw)[part.day] += part.samples
    damaged = {part.day for part in checked.parts if part not in whole}
    for day in sorted(rolled - damaged):
        kept = {raw[day], fine[day], int(daily.get(day, 0))} - {0}
        if len(kept) > 1:
            yield DATABASE, f"the roll-ups of {_date(day, checked)} do not cover its samples: {sorted(kept)}"


def _date(day: int, checked: Checked) -> date:
    return datetime.fromtimestamp(day / 1000, ZoneInfo(checked.zone)).date()


def _one(cursor: Cursor, statement: str) -> tuple[int, ...]:
    found = cursor.execute(statement).fetchone()
    assert found is not None  # noqa: S101 - an aggregate always answers one row
    return tuple(int(each) for each in found)


def digest_of(path: Path, count: Count) -> str:
    """SHA-256 of a file, hex; reads it piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            count(len(piece))
    return digest.hexdigest()
