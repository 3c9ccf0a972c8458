"""The shapes of answers: what each statement says, as InfluxDB writes it in JSON or CSV. Pure."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from controller.influxql.rows import Answered
from controller.influxql.table import Instants

_DIVISORS: Final = {"ns": 1, "u": 1_000, "µ": 1_000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_NS: Final = 1_000_000_000


class Pieces(NamedTuple):
    """Some series, as columns: the value of each tag, and where their rows begin and end."""

    labels: Sequence[Sequence[str]]
    starts: Sequence[int]
    ends: Sequence[int]


@dataclass(frozen=True)
class SeriesAnswer:
    """Series of one measurement, whose rows stand in the same columns; without `pieces` it is one, of all rows.

    `at` are the instants of the rows in nanoseconds, None where they have no time; `values` one list a column. Nowhere is
    there an object for each series: of a hundred thousand they would take longer than all the rest.
    """

    name: str
    columns: Sequence[str]
    values: Sequence[Sequence[Any]]
    at: Instants | None = None
    tags: Sequence[str] = ()
    pieces: Pieces | None = None

    def told(self) -> Iterator[tuple[Sequence[str], int, int]]:
        """Label, start and end of each series, in the order in which they are told."""
        return zip(*(self.pieces or Pieces([()], [0], [len(self.values[0])])), strict=True)

    def names(self) -> list[str]:
        """Of the columns, and of the time before them."""
        return [*(() if self.at is None else ("time",)), *self.columns]

    def cells(self, epoch: str, zone: str) -> list[Sequence[Any]]:
        """A list for each of `names`."""
        return [*(() if self.at is None else (_instants(self.at, epoch, zone),)), *self.values]


@dataclass(frozen=True)
class StatementAnswer:
    """What one statement says: series, or an error. `zone` is what instants are told in where no epoch is asked for."""

    series: Sequence[SeriesAnswer] = ()
    error: str = ""
    zone: str = field(default="")


def series_of(answered: Iterable[Answered]) -> Iterator[SeriesAnswer]:
    """The series of what a SELECT gave, in the order in which InfluxDB tells them."""
    parts = list(answered)
    for part in reversed(parts) if parts and parts[0].newest_first else parts:
        yield _of_part(part)


def _of_part(part: Answered) -> SeriesAnswer:
    result, labels = part.result, part.groups.labels
    first = np.flatnonzero(np.diff(result.group, prepend=-1))
    ends = np.append(first[1:], len(result.group))
    if part.newest_first:
        first, ends = first[::-1], ends[::-1]
    pieces = Pieces([labels[number] for number in result.group[first].tolist()], first.tolist(), ends.tolist())
    values = [column.told() for column in result.columns]
    return SeriesAnswer(part.name, part.columns, values, result.at, part.groups.names, pieces)


def as_json(answers: Sequence[StatementAnswer], epoch: str, *, pretty: bool = False) -> bytes:
    """``{"results": [...]}``; instants as numbers in the unit of `epoch`, or as RFC 3339 where it is empty."""
    results = []
    for number, answer in enumerate(answers):
        result: dict[str, Any] = {"statement_id": number}
        if answer.error:
            result["error"] = answer.error
        elif answer.series:
            written = b",".join(some for series in answer.series for some in _written(series, epoch, answer.zone))
            result["series"] = orjson.Fragment(b"[" + written + b"]")
        results.append(result)
    told = orjson.dumps({"results": results}, option=orjson.OPT_APPEND_NEWLINE)
    return orjson.dumps(orjson.loads(told), option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_INDENT_2) if pretty else told


def _written(answer: SeriesAnswer, epoch: str, zone: str) -> Iterator[bytes]:
    """Each series as an object of JSON."""
    name = b'"name":' + orjson.dumps(answer.name) + b"," if answer.name else b""
    columns = b'"columns":' + orjson.dumps(answer.names()) + b',"values":['
    keys = [orjson.dumps(key) + b":" for key in answer.tags]
    word: dict[str, bytes] = _Written()
    cells = [_cells_written(cells) for cells in answer.cells(epoch, zone)]
    rows = [b"[" + b",".join(row) + b"]" for row in zip(*cells, strict=True)]
    for label, start, end in answer.told():
        tags = b",".join([key + word[value] for key, value in zip(keys, label, strict=True)])
        told = b'"tags":{' + tags + b"}," if keys else b""
        yield b"{" + name + told + columns + b",".join(rows[start:end]) + b"]}"


class _Written(dict[str, bytes]):
    """Words as JSON has them."""

    def __missing__(self, word: str) -> bytes:
        written = self[word] = orjson.dumps(word)
        return written


def _cells_written(cells: Sequence[Any]) -> list[bytes]:
    if any(isinstance(cell, str) for cell in cells):
        return [orjson.dumps(cell) for cell in cells]
    return orjson.dumps(cells)[1:-1].split(b",")


def error_json(message: str) -> bytes:
    """The refusal of a whole request."""
    return orjson.dumps({"error": message}, option=orjson.OPT_APPEND_NEWLINE)


def _instants(at: Instants, epoch: str, zone: str) -> list[Any]:
    if epoch:
        told: list[Any] = (at // _DIVISORS.get(epoch, 1)).tolist()
        return told
    place = ZoneInfo(zone) if zone else UTC
    return [_rfc_3339(ns, place) for ns in at.tolist()]


def _rfc_3339(ns: int, zone: Any) -> str:
    """As Go writes it.

    >>> _rfc_3339(1_790_000_000_500_000_000, UTC)
    '2026-09-21T14:13:20.5Z'
    """
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ns // _NS)).astimezone(zone)
    fraction = f".{ns % _NS:09d}".rstrip("0").rstrip(".")
    shift = moment.strftime("%z")
    offset = "Z" if shift == "+0000" else f"{shift[:3]}:{shift[3:5]}"
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}{fraction}{offset}"


def as_csv(answers: Sequence[StatementAnswer], epoch: str) -> bytes:
    """A table for each run of series with the same columns, an empty line between; errors as a table of their own."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns: list[str] | None = None
    for answer in answers:
        if answer.error:
            text.write("\n" if columns else "")
            columns = ["error"]
            writer.writerows([["error"], [answer.error]])
        for series in answer.series:
            rows = list(zip(*series.cells(epoch or "ns", ""), strict=True))
            if columns != (names := series.names()):
                text.write("\n" if columns else "")
                columns = names
                writer.writerow(["name", "tags", *names])
            for label, start, end in series.told():
                tags = ",".join(f"{key}={value}" for key, value in zip(series.tags, label, strict=True) if value)
                writer.writerows([series.name, tags, *map(_cell, row)] for row in rows[start:end])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """As Go writes numbers: without an exponent, and without a fraction where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return np.format_float_positional(value, trim="-")
    return str(value)
