"""Every query of a dashboard with its variables put in, as Grafana would send it: for benchmarks and tests, without a Grafana."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.board import Board
from dashboards.influxql import INTERVAL, TIME_FILTER
from dashboards.rendering import build, panels_of, targets_of
from dashboards.target import Grafana, InfluxQuery
from dashboards.variables import ALL, RAW, Level
from dashboards.words import Language

_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_SPECIAL = re.compile(r"([\\^$*+?.()|\[\]{}/])")
_SECOND_MS: Final = 1_000
_MINUTE_MS: Final = 60_000
_NICE_MS: Final = (
    *(1_000, 2_000, 5_000, 10_000, 15_000, 20_000, 30_000),
    *(60_000, 120_000, 300_000, 600_000, 900_000, 1_200_000, 1_800_000),
    *(3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000),
)
_DEFAULT_POINTS: Final = 1_000
"""What Grafana asks for where a panel does not say: about the width of the screen."""


@dataclass(frozen=True)
class Asked:
    """One query. `kind` is panel, variable or annotation; `title` whose it is, in English; `ref_id` which of them."""

    kind: str
    title: str
    ref_id: str
    text: str
    result_format: str


def queries(
    board: Board, *, start_ms: int, end_ms: int, level: Level = RAW, **chosen: str | Sequence[str]
) -> list[Asked]:
    """Every query of every panel, variable and annotation of a dashboard for a range of time.

    `level` is what the store's hidden variables would say of that range. `chosen` are values of the variables by their
    names (``site="no-3-primary"``); those left out stand for all.
    """
    made = build(board, Language.ENGLISH, Grafana.V12)
    values: dict[str, str | Sequence[str]] = {**level.as_variables(), **chosen}
    values |= {"__from": str(start_ms), "__to": str(end_ms)}

    def filled(text: str, interval_ms: int = _MINUTE_MS) -> str:
        span = f"time >= {start_ms}ms AND time <= {end_ms}ms"
        return _replaced(text, values).replace(TIME_FILTER, span).replace(INTERVAL, f"{interval_ms // _SECOND_MS}s")

    found = []
    for panel in panels_of(made):
        width = interval_ms(end_ms - start_ms, int(panel.max_data_points or _DEFAULT_POINTS), panel.interval)
        for target in targets_of(panel):
            text = filled(target.text, width)
            found.append(Asked("panel", panel.title or "", target.ref_id, text, target.result_format))
    found += [
        Asked("variable", variable.name, "A", filled(variable.query), "time_series")
        for variable in made.templating.list_val or ()
        if isinstance(variable.query, str) and variable.definition
    ]
    for mark in made.annotations.list_val or ():
        if isinstance(mark.target, InfluxQuery):
            text = filled(mark.target.text)
            found.append(Asked("annotation", mark.name, mark.target.ref_id, text, mark.target.result_format))
    return found


def interval_ms(range_ms: int, points: int, least: str | None) -> int:
    """The width that Grafana puts for ``$__interval``: a round one near the range over the points, not below the least.

    >>> interval_ms(6 * 3_600_000, 300, "1m"), interval_ms(3_600_000, 300, "1m")
    (60000, 60000)
    """
    exact = range_ms / points
    nice = min(_NICE_MS, key=lambda width: (abs(width - exact), width))
    return max(nice, _duration_ms(least or "1s"))


def _duration_ms(text: str) -> int:
    units = {"s": _SECOND_MS, "m": _MINUTE_MS, "h": 60 * _MINUTE_MS, "d": 24 * 60 * _MINUTE_MS}
    return int(text[:-1]) * units[text[-1]]


def _replaced(text: str, values: Mapping[str, str | Sequence[str]]) -> str:
    def one(match: re.Match[str]) -> str:
        name, form = match.groups()
        value = values.get(name, ALL)
        return _as_expression(value) if form == "regex" and value != ALL else "".join(value)

    return _VARIABLE.sub(one, text)


def _as_expression(value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return _SPECIAL.sub(r"\\\1", value)
    several = [_SPECIAL.sub(r"\\\1", one) for one in value]
    return several[0] if len(several) == 1 else f"({'|'.join(several)})"


def unknown_variables(asked: Sequence[Asked]) -> Iterator[str]:
    """Variables of Grafana that nothing was put in for; there should be none."""
    for one in asked:
        yield from re.findall(r"\$\{?\w+", one.text.replace("$/", "/"))
