"""What a SELECT reads: a metric at one of the store's levels, one of the measurements that are no metric, or a subquery."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from campus.influx import Field, Policy
from controller.influxql.conditions import Span
from controller.influxql.errors import TooMuch
from controller.influxql.functions import aggregate
from controller.influxql.limits import MAX_ROWS, MAX_SECONDS, MAX_TEXT_VALUES
from controller.influxql.port import Happening
from controller.influxql.table import NS_PER_MS, Column, Instants, Kind, Places, Series, Table, full, words_of
from controller.store.port import Ids, Level, SampleStore, Window

LEVEL_OF: Final = {policy: Level(policy.level) for policy in Policy}
_ROLL_UP: Final[dict[str, Kind]] = {
    Field.COUNT: Kind.INTEGER,
    Field.MAXIMUM: Kind.FLOAT,
    Field.MEAN: Kind.FLOAT,
    Field.MINIMUM: Kind.FLOAT,
    Field.P95: Kind.FLOAT,
}
FIELDS_OF: Final[dict[Level, dict[str, Kind]]] = {
    Level.RAW: {Field.VALUE: Kind.FLOAT},
    Level.FIVE_MINUTES: _ROLL_UP,
    Level.HOUR: _ROLL_UP,
    Level.DAY: _ROLL_UP,
}
_COLUMN_OF: Final[dict[str, Callable[[Window], NDArray[Any]]]] = {
    Field.VALUE: lambda window: window.mean,
    Field.COUNT: lambda window: window.count,
    Field.MINIMUM: lambda window: window.minimum,
    Field.MEAN: lambda window: window.mean,
    Field.MAXIMUM: lambda window: window.maximum,
    Field.P95: lambda window: window.p95,
}
_STEP_MS: Final = {Level.RAW: 60_000, Level.FIVE_MINUTES: 300_000, Level.HOUR: 3_600_000, Level.DAY: 86_400_000}
"""Of raw samples a guess: it only decides how many series are read at a time."""
_ROWS_AT_ONCE: Final = 1_000_000
"""Between two pieces ingest has its turn. How many series make a piece is guessed first, then learnt from the one before."""
_SOME_MS: Final = 5 * 60_000
_WIDER: Final = 8
"""The newest before an instant is looked for in the minutes before it, then in so many times as many."""
_LONG_MS: Final = 30 * 86_400_000
"""Ranges without a bound are guessed to have no more."""
_NEVER_MS: Final = 1 << 42
"""The year 2109: the store looks for days no further than there are any."""


class Pace:
    """Goes with a question: gives way to what is more urgent, and ends what takes too long."""

    def __init__(self, give_way: Callable[[], None]) -> None:
        self._give_way = give_way
        self._until_s = time.monotonic() + MAX_SECONDS
        self._values = 0

    def step(self) -> None:
        """Between two pieces of work; `TooMuch` when time is up."""
        self._give_way()
        if time.monotonic() > self._until_s:
            raise TooMuch(
                f"this took longer than {MAX_SECONDS:g} s and was ended: ask for a shorter range, fewer series or a coarser "
                'policy, such as FROM "1h"."..."'
            )

    def told(self, values: int) -> None:
        """So many values more are part of the answers; `TooMuch` when they are too many together."""
        self._values += values
        if self._values > MAX_TEXT_VALUES:
            raise TooMuch(
                f"with this the answers have {self._values} values together, more than {MAX_TEXT_VALUES}: ask for fewer "
                "measurements or statements at once"
            )


class Source(Protocol):
    """Something with series and points of them; `name` is that of the answer's series."""

    name: str
    fields: Mapping[str, Kind]
    series: Series

    def points(self, chosen: Places, span: Span, fields: Sequence[str], *, newest_alone: bool) -> Table:
        """Points of some series (ascending places) in a span of time, with some fields; sorted by series, then time.

        `newest_alone`: of each series the newest point in the span is enough.
        """


class StoredSource:
    """A metric of the store."""

    def __init__(self, name: str, level: Level, store: SampleStore, found: tuple[Ids, Series], pace: Pace) -> None:
        self.name = name
        self.fields: Mapping[str, Kind] = FIELDS_OF[level]
        self._ids, self.series = found
        self._level = level
        self._store = store
        self._pace = pace

    def points(self, chosen: Places, span: Span, fields: Sequence[str], *, newest_alone: bool) -> Table:
        """From the store, some series at a time; the newest from its memory where that is in the span."""
        start, end = max(-(-span.start // NS_PER_MS), 0), min(span.end // NS_PER_MS + 1, _NEVER_MS)
        if newest_alone and self._level is Level.RAW:
            return self._newest(chosen, start, end, fields)
        return self._read(chosen, start, end, fields)

    def _newest(self, chosen: Places, start: int, end: int, fields: Sequence[str]) -> Table:
        """While samples come in, some series have always said something since `end`: those are read, no further back than
        is needed, and they alone."""
        latest = self._store.latest(self._ids[chosen])
        at, value = latest.measured_at.copy(), latest.value.copy()
        missing, until, width = np.flatnonzero(at >= end), end, _SOME_MS
        at[(at < start) | (at >= end)] = 0
        while len(missing) and start < until:
            begin = max(start, until - width)
            found = self._read(chosen[missing], begin, until, [Field.VALUE])
            column, newest = aggregate("last", found.fields[Field.VALUE], found.series, found.at, len(missing), 0)
            place = missing[newest.exists]
            value[place] = column.values[newest.exists]
            if newest.row is not None:
                at[place] = found.at[newest.row[newest.exists]] // NS_PER_MS
            missing, until, width = missing[at[missing] == 0], begin, width * _WIDER
        kept = np.flatnonzero(at)
        return self._table(chosen, kept, at[kept], dict.fromkeys(fields, full(value[kept])))

    def _read(self, chosen: Places, start: int, end: int, fields: Sequence[str]) -> Table:
        ids = self._ids[chosen]
        pieces: list[tuple[NDArray[Any], ...]] = []
        rows, first = 0, 0 if start < end else len(ids)
        together = max(1, _ROWS_AT_ONCE * _STEP_MS[self._level] // min(max(end - start, 1), _LONG_MS))
        while first < len(ids):
            self._pace.step()
            window = self._store.window(ids[first : first + together], start, end, self._level)
            first += together
            together = max(1, min(together * _ROWS_AT_ONCE // max(len(window.at), 1), 10 * together))
            rows += len(window.at)
            if rows > MAX_ROWS:
                raise TooMuch(
                    f"more than {MAX_ROWS} points of {self.name} would be read: ask for a shorter range, fewer series or a "
                    'coarser policy, such as FROM "1h"."..."'
                )
            pieces.append((window.series, window.at, *(_COLUMN_OF[name](window) for name in fields)))
        if not pieces:
            none = {name: full(np.empty(0, np.int64 if name == Field.COUNT else float)) for name in fields}
            return self._table(chosen, np.empty(0, np.intp), np.empty(0, np.int64), none)
        columns = [np.concatenate(parts) for parts in zip(*pieces, strict=True)]
        self._pace.step()
        values = {name: full(column) for name, column in zip(fields, columns[2:], strict=True)}
        return self._table(chosen, np.searchsorted(ids, columns[0]), columns[1], values)

    def _table(self, chosen: Places, series: Places, at_ms: Instants, fields: Mapping[str, Column]) -> Table:
        tags = {name: words.taken(chosen) for name, words in self.series.tags.items()}
        return Table(self.name, Series(len(chosen), tags), series, at_ms * NS_PER_MS, fields)


class TableSource:
    """Points that are in memory already."""

    def __init__(self, table: Table) -> None:
        self.name = table.name
        self.series = table.of
        self.fields: Mapping[str, Kind] = {name: column.kind for name, column in table.fields.items()}
        self._table = table

    def points(self, chosen: Places, span: Span, fields: Sequence[str], *, newest_alone: bool) -> Table:
        """Those of the series chosen; the span has been applied as they came about."""
        place = np.full(self.series.size, -1, np.intp)
        place[chosen] = np.arange(len(chosen))
        series = place[self._table.series]
        some = self._table.taken(series >= 0)
        tags = {name: words.taken(chosen) for name, words in self.series.tags.items()}
        columns = {name: some.fields[name] for name in fields if name in some.fields}
        return Table(self.name, Series(len(chosen), tags), series[series >= 0], some.at, columns)


def table_of(name: str, happenings: Sequence[Happening]) -> Table:
    """A table of points with tags and fields of their own; whole numbers are integers, the rest texts."""
    ordered = sorted(happenings, key=lambda each: (sorted(each.tags.items()), each.at))
    sets = list(dict.fromkeys(tuple(sorted(each.tags.items())) for each in ordered))
    place = {tags: number for number, tags in enumerate(sets)}
    keys = sorted({key for tags in sets for key, _ in tags})
    tags = {key: words_of([dict(each).get(key, "") for each in sets]) for key in keys}
    series = np.array([place[tuple(sorted(each.tags.items()))] for each in ordered], np.intp)
    at = np.array([each.at for each in ordered], np.int64) * NS_PER_MS
    names = sorted({field for each in ordered for field in each.fields})
    fields = {field: _field([each.fields.get(field) for each in ordered]) for field in names}
    return Table(name, Series(len(sets), tags), series, at, fields)


def _field(told: Sequence[str | int | None]) -> Column:
    there = np.array([value is not None for value in told], np.bool_)
    if all(isinstance(value, int) for value in told if value is not None):
        return Column(Kind.INTEGER, np.array([value or 0 for value in told], np.int64), there)
    return Column(Kind.STRING, np.array([str(value or "") for value in told], dtype=object), there)
