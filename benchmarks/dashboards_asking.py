"""Asking an InfluxDB, or whatever answers `/query` as one does, over HTTP; and what two of them said, compared.

Answers are compared as sets of series: by name and tags, then row by row, rows of one instant in any order. Numbers may
differ by the last bits of an addition done in another order, and by nothing else.
"""

import math
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import httpx
import uvicorn

from benchmarks.servers import free_port, wait_until
from controller.main import Controller, build_app

TIMEOUT_S: Final = 120.0
CLOSE: Final = 1e-9
"""Relative: sums of the same floats in another order."""
_EXTREME: Final = re.compile(r"SELECT (top|bottom)\(")
Cell = float | int | str | bool | None


class SeriesName(NamedTuple):
    """Measurement and tags, the tags sorted by key."""

    measurement: str
    tags: tuple[tuple[str, str], ...]


class Table(NamedTuple):
    """One series of an answer."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Answer:
    """What was said: series by name, or the error's words; and how long it took to say."""

    series: Mapping[SeriesName, Table] = field(default_factory=dict)
    error: str = ""
    took_ms: float = 0.0

    @property
    def has_rows(self) -> bool:
        """Whether any row holds more than its time: a bucket in which nothing was measured is no row."""
        return any(_says_something(table) for table in self.series.values())


class Endpoint:
    """One that answers InfluxQL on ``URL/query``. `headers` and `login` (user, password) prove who asks."""

    def __init__(
        self,
        url: str,
        database: str,
        headers: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self._database = database
        self._client = httpx.Client(
            base_url=url, headers=headers, auth=login, timeout=TIMEOUT_S, trust_env=False, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def ask(self, text: str) -> Answer:
        """As Grafana's data source asks: by POST, instants in milliseconds. Answers of several statements are joined."""
        began_s = time.perf_counter()
        try:
            response = self._client.post("/query", params={"db": self._database, "epoch": "ms"}, data={"q": text})
        except httpx.TimeoutException:
            return Answer(error=f"no answer within {TIMEOUT_S:g} s", took_ms=TIMEOUT_S * 1000)
        took_ms = (time.perf_counter() - began_s) * 1000
        try:
            said = response.json()
        except ValueError:
            return Answer(error=f"{response.status_code}: {response.text[:200]}", took_ms=took_ms)
        return _read(said, took_ms)


def difference(text: str, one: Answer, other: Answer) -> str:
    """The first thing in which two answers to `text` differ, in words; empty when they are equal.

    >>> difference("", Answer({SeriesName("up", ()): Table(("time", "mean"), ((0, 1.0),))}), Answer())
    "only the first has up: ['time', 'mean']"
    """
    if one.error or other.error:
        return "" if one.error and other.error else f"{one.error or 'an answer'} | {other.error or 'an answer'}"
    for name in sorted({*one.series, *other.series}):
        mine, theirs = one.series.get(name), other.series.get(name)
        if mine is None or theirs is None:
            there = mine or theirs
            which = "first" if theirs is None else "second"
            return f"only the {which} has {_said(name)}: {list(there.columns) if there else []}"
        if match := _EXTREME.match(text):
            mine, theirs = _without_last(mine, match[1]), _without_last(theirs, match[1])
        if found := _of_tables(mine, theirs):
            return f"{_said(name)}: {found}"
    return ""


@contextmanager
def answering(controller: Controller) -> Iterator[str]:
    """The controller's HTTP on a free loopback port, from a thread of this process; gives its address."""
    port = free_port()
    config = uvicorn.Config(build_app(controller), port=port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the controller to answer")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=TIMEOUT_S)


def _read(said: Mapping[str, Any], took_ms: float) -> Answer:
    results = said.get("results", [])
    errors = [entry["error"] for entry in (said, *results) if "error" in entry]
    if errors:
        return Answer(error=str(errors[0]), took_ms=took_ms)
    found: dict[SeriesName, Table] = {}
    for result in results:
        for series in result.get("series", []):
            name = SeriesName(series.get("name", ""), tuple(sorted(series.get("tags", {}).items())))
            table = Table(tuple(series["columns"]), tuple(map(tuple, series.get("values", []))))
            before = found.get(name)
            found[name] = table if before is None else Table(before.columns, before.rows + table.rows)
    return Answer(found, took_ms=took_ms)


def _says_something(table: Table) -> bool:
    """Whether a row has a value beside its time; tables without times are names, and names are something."""
    first = 1 if table.columns[:1] == ("time",) else 0
    return any(cell is not None for row in table.rows for cell in row[first:])


def _of_tables(mine: Table, theirs: Table) -> str:
    if mine.columns != theirs.columns:
        return f"columns {list(mine.columns)} | {list(theirs.columns)}"
    if len(mine.rows) != len(theirs.rows):
        return f"{len(mine.rows)} rows | {len(theirs.rows)} rows"
    for number, (row, other) in enumerate(zip(_ordered(mine), _ordered(theirs), strict=True), 1):
        if len(row) != len(other) or not all(map(_same, row, other)):
            return f"row {number} of {len(mine.rows)}: {list(row)} | {list(other)}"
    return ""


def _without_last(table: Table, function: str) -> Table:
    """Without names of those with the last value that top() or bottom() let in: of equal ones, any may be told."""
    last = (min if function == "top" else max)(row[1] for row in table.rows)  # type: ignore[type-var]
    rows = ((row[0], last) if row[1] == last else row for row in table.rows)
    return Table(table.columns, tuple(rows))


def _ordered(table: Table) -> Iterator[tuple[Cell, ...]]:
    """Rows in their order, those of one instant by what they say: several series told at once have no order."""
    if table.columns[:1] != ("time",):
        yield from table.rows
        return
    for _, rows in groupby(table.rows, key=itemgetter(0)):
        yield from sorted(rows, key=lambda row: [(isinstance(cell, str), str(cell)) for cell in row])


def _same(one: Cell, other: Cell) -> bool:
    if isinstance(one, bool) or isinstance(other, bool) or not _are_numbers(one, other):
        return one == other
    return math.isclose(float(one or 0), float(other or 0), rel_tol=CLOSE, abs_tol=CLOSE)


def _are_numbers(one: Cell, other: Cell) -> bool:
    return isinstance(one, int | float) and isinstance(other, int | float)


def _said(name: SeriesName) -> str:
    tags = ", ".join(f"{key}={value}" for key, value in name.tags)
    return f"{name.measurement} {{{tags}}}" if tags else name.measurement
