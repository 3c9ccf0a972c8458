"""Every query of a dashboard with its variables put in, as Grafana would send it: for benchmarks and tests, without a Grafana."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards.board import Board, Draft
from dashboards.influxql import TIME_FILTER, in_expression
from dashboards.rendering import build, panels_of, targets_of
from dashboards.target import Grafana, InfluxQuery
from dashboards.variables import ALL, RAW
from dashboards.words import Language

_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True)
class Asked:
    """One query. `kind` is panel, variable or annotation; `title` whose it is, in English; `ref_id` which of them."""

    kind: str
    title: str
    ref_id: str
    text: str
    result_format: str


def queries(
    board: Board, *, start_ms: int, end_ms: int, level: Mapping[str, str] = RAW, **chosen: str | Sequence[str]
) -> list[Asked]:
    """Every query of every panel, variable and annotation of a dashboard for a range of time.

    `level` is what the store's hidden variables would say of that range. `chosen` are values of the variables by their
    names (``site="no-3-primary"``); those left out stand for all.
    """
    made = build(board, Language.ENGLISH, Grafana.V12)
    stand_ins = board.draw(Draft(board.key, Language.ENGLISH)).stand_ins
    values: dict[str, str | Sequence[str]] = {**level, **stand_ins, **chosen}
    values |= {"__from": str(start_ms), "__to": str(end_ms)}

    def filled(text: str) -> str:
        return _replaced(text, values).replace(TIME_FILTER, f"time >= {start_ms}ms AND time <= {end_ms}ms")

    found = [
        Asked("panel", panel.title or "", target.ref_id, filled(target.text), target.result_format)
        for panel in panels_of(made)
        for target in targets_of(panel)
    ]
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


def _replaced(text: str, values: Mapping[str, str | Sequence[str]]) -> str:
    def one(match: re.Match[str]) -> str:
        name, form = match.groups()
        value = values.get(name, ALL)
        return _as_expression(value) if form == "regex" and value != ALL else "".join(value)

    return _VARIABLE.sub(one, text)


def _as_expression(value: str | Sequence[str]) -> str:
    """As Grafana puts values of a variable into a regular expression."""
    several = [in_expression(one) for one in ([value] if isinstance(value, str) else value)]
    return several[0] if len(several) == 1 else f"({'|'.join(several)})"
