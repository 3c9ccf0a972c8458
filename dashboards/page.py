"""The page of all panels and their queries, docs/48-dashboards.md, made of the dashboards themselves."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Final, Literal

import msgspec

from campus.errors import ConfigError, file_trouble
from dashboards.board import Board, Draft
from dashboards.boards import BOARDS
from dashboards.rendering import build, panels_of, targets_of
from dashboards.target import Grafana
from dashboards.words import Language

PAGE: Final = "48-dashboards.md"
MEASURED: Final = "48-dashboards.json"
"""Beside the page: what `python -m benchmarks.dashboards --keep` wrote."""
_Query = tuple[str, str, str]
"""Board's key, panel's title in English, letter of the query."""


_HEAD: Final = (
    "Written by `make dashboards` from the dashboards' own code: change them, not this page. How to get them into a Grafana is",
    "told in [Grafana](47-grafana.md), what the measurements are in [InfluxDB](45-influxdb.md).",
    "",
    "`${policy}`, `${width}` and the names of fields come from hidden variables that ask the store which level of detail",
    "fits the range on the screen; `${site}` and the like are chosen at the top of a dashboard. The same queries are",
    "answered by InfluxDB 1, InfluxDB 2 and by the controller itself on `/query`.",
)


_STORES: Final = {"influxdb": "InfluxDB, ms", "embedded": "own store, ms"}
_WIDTH: Final = 120
_UNMEASURED: Final = ("median ms",)


class Measured(msgspec.Struct, frozen=True):
    """One query's median by store; a store that refused the query is left out."""

    board: str
    kind: str
    title: str
    ref_id: str
    median_ms: Mapping[str, float]


class Measurement(msgspec.Struct, frozen=True):
    """What was measured, when, where and by which command, of which stores. `filled` are sentences about the district."""

    date: str
    machine: str
    command: str
    schools: int
    filled: list[str]
    stores: list[Literal["influxdb", "embedded"]]
    queries: list[Measured]


def write_page(directory: Path) -> bool:
    """Write the page into `directory`, with the times that stand beside it; whether anything changed."""
    path, text = directory / PAGE, page(_measurement(directory / MEASURED))
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be written: {file_trouble(error)}") from error
    return True


def page(measurement: Measurement | None) -> str:
    """The page's text."""
    return "\n".join(_lines(measurement)) + "\n"


def _measurement(path: Path) -> Measurement | None:
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Measurement)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{path}: not what `python -m benchmarks.dashboards --keep` writes: {error}") from error


def _lines(measurement: Measurement | None) -> Iterator[str]:
    took: Mapping[_Query, Mapping[str, float]] = {}
    stores: Sequence[str] = ()
    yield "# Dashboards, panels and queries"
    yield ""
    yield from _HEAD
    if measurement is not None:
        stores = measurement.stores
        took = {
            (each.board, each.title, each.ref_id): each.median_ms
            for each in measurement.queries
            if each.kind == "panel"
        }
        yield ""
        how = f"`{measurement.command}`, {measurement.schools} schools, {measurement.machine}, {measurement.date}."
        told = [f"Median times over the range a dashboard opens with: {how}", *measurement.filled]
        yield from wrap(" ".join(told), _WIDTH, break_on_hyphens=False)
    for board in BOARDS:
        yield ""
        yield from _board(board, stores, took)


def _board(board: Board, stores: Sequence[str], took: Mapping[_Query, Mapping[str, float]]) -> Iterator[str]:
    english, chinese = (Draft(board.key, language).words for language in (Language.ENGLISH, Language.CHINESE))
    columns = [_STORES[store] for store in stores] or _UNMEASURED
    yield f"## {english.title.en} · {chinese.title.zh}"
    yield ""
    yield english.description.en
    yield ""
    yield f"| panel | query | {' | '.join(columns)} |"
    yield f"|---|---|{'---|' * len(columns)}"
    both = [build(board, language, max(Grafana)) for language in (Language.ENGLISH, Language.CHINESE)]
    for panel, of_chinese in zip(*(panels_of(made) for made in both), strict=True):
        title = panel.title or ""
        for place, target in enumerate(targets_of(panel)):
            name = f"{title} · {of_chinese.title}" if place == 0 else ""
            medians = took.get((board.key, title, target.ref_id), {})
            cells = [str(medians.get(store, "")) for store in stores] or [""]
            yield f"| {name} | {_code(target.text)} | {' | '.join(cells)} |"


def _code(query: str) -> str:
    """In a cell of a table, whose columns a bar would divide even inside of code."""
    return f"`{query.replace('|', chr(92) + '|')}`"
