"""The shapes of answers: what each statement says, as InfluxDB writes it in JSON or CSV. Pure."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from controller.influxql.rows import Answered
from controller.influxql.table import Instants

_DIVISORS: Final = {"ns": 1, "u": 1_000, "µ": 1_000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_NS: Final = 1_000_000_000
Tags = Mapping[str, str]


@dataclass(frozen=True)
class SeriesAnswer:
    """One series. `at` are the instants of its rows in nanoseconds, None where it has no time; `values` one list a column."""

    name: str
    columns: Sequence[str]
    values: Sequence[Sequence[Any]]
    tags: Tags | None = None
    at: Instants | None = None


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
        yield from _of_part(part)


def _of_part(part: Answered) -> Iterator[SeriesAnswer]:
    result = part.result
    columns = [column.told() for column in result.columns]
    numbers, first = np.unique(result.group, return_index=True)
    ends = np.append(first[1:], len(result.group))
    pieces = list(zip(numbers.tolist(), first.tolist(), ends.tolist(), strict=True))
    for number, start, end in reversed(pieces) if part.newest_first else pieces:
        tags = dict(zip(part.groups.names, part.groups.labels[number], strict=True)) if part.groups.names else None
        values = [column[start:end] for column in columns]
        yield SeriesAnswer(part.name, part.columns, values, tags, result.at[start:end])


def as_json(answers: Sequence[StatementAnswer], epoch: str, *, pretty: bool = False) -> bytes:
    """``{"results": [...]}``; instants as numbers in the unit of `epoch`, or as RFC 3339 where it is empty."""
    results = []
    for number, answer in enumerate(answers):
        result: dict[str, Any] = {"statement_id": number}
        if answer.error:
            result["error"] = answer.error
        elif answer.series:
            result["series"] = [_told(series, epoch, answer.zone) for series in answer.series]
        results.append(result)
    options = orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if pretty else 0)
    return orjson.dumps({"results": results}, option=options)


def error_json(message: str) -> bytes:
    """The refusal of a whole request."""
    return orjson.dumps({"error": message}, option=orjson.OPT_APPEND_NEWLINE)


def _told(series: SeriesAnswer, epoch: str, zone: str) -> dict[str, Any]:
    told: dict[str, Any] = {"name": series.name} if series.name else {}
    if series.tags is not None:
        told["tags"] = series.tags
    columns = list(series.values)
    if series.at is not None:
        columns.insert(0, _instants(series.at, epoch, zone))
    told["columns"] = _names(series)
    told["values"] = list(zip(*columns, strict=True))
    return told


def _names(series: SeriesAnswer) -> list[str]:
    return [*(() if series.at is None else ("time",)), *series.columns]


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
            if columns != (names := _names(series)):
                text.write("\n" if columns else "")
                columns = names
                writer.writerow(["name", "tags", *names])
            tags = ",".join(f"{key}={value}" for key, value in (series.tags or {}).items() if value)
            told = [_instants(series.at, epoch or "ns", ""), *series.values] if series.at is not None else series.values
            for row in zip(*told, strict=True):
                writer.writerow([series.name, tags, *map(_cell, row)])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """As Go writes numbers: without an exponent, and without a fraction where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return np.format_float_positional(value, trim="-")
    return str(value)
