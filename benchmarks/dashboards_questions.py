"""Every query that Grafana would send for the dashboards, asked for as Grafana does: variables first, then what they choose.

The reader comes from the newest open alert, whose school and device are chosen where a dashboard has them. Any other
variable of one value takes its first, in Grafana's order; one that may stand for all does. The hidden variables that name
the fitting level are asked of the store like the others.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.models import dashboard

from benchmarks.dashboards_asking import Answer, Endpoint
from campus.influx import ALERT_MEASUREMENT, Tag
from dashboards.board import Board
from dashboards.influxql import Condition, Select, column, is_value, raw
from dashboards.queries import queries
from dashboards.rendering import build
from dashboards.target import Grafana
from dashboards.variables import LEVEL_VARIABLES, RAW
from dashboards.words import Language

_UNIT_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True)
class Question:
    """One query of a dashboard over a range of time. `kind` is panel, variable or annotation."""

    board: str
    kind: str
    title: str
    ref_id: str
    range_ms: int
    text: str

    @property
    def name(self) -> str:
        """For lists that people read."""
        return f"{self.board} / {self.title} / {self.ref_id}"


def questions(board: Board, endpoint: Endpoint, end_ms: int, range_ms: int = 0) -> list[Question]:
    """All of a dashboard for a range that ends at `end_ms`; without one, for the range it opens with."""
    span = range_ms or default_range_ms(board)
    start_ms = end_ms - span
    level = _level(board, endpoint, start_ms, end_ms)
    clicked, chosen = open_alert(endpoint, end_ms), dict[str, str | Sequence[str]]()
    for variable in _choices(board):
        asked = queries(board, start_ms=start_ms, end_ms=end_ms, level=level, **chosen)
        text = next(one.text for one in asked if one.kind == "variable" and one.title == variable.name)
        values = sorted(map(str, _last_column(endpoint.ask(text))), key=_natural)
        if values and not variable.include_all:
            wanted = clicked.get(variable.name, "")
            chosen[variable.name] = wanted if wanted in values else values[0]
    return [
        Question(board.key, one.kind, one.title, one.ref_id, span, one.text)
        for one in queries(board, start_ms=start_ms, end_ms=end_ms, level=level, **chosen)
    ]


def default_range_ms(board: Board) -> int:
    """How far back the dashboard looks when it is opened.

    >>> from dashboards.boards import BOARDS
    >>> default_range_ms(BOARDS[0]) > 0
    True
    """
    opened = build(board, Language.ENGLISH, Grafana.V12).time
    match = re.fullmatch(r"now-(\d+)([mhd])", opened.from_val if opened else "")
    if match is None:
        raise ValueError(f"{board.key} opens with a range that this program does not understand")
    return int(match[1]) * _UNIT_MS[match[2]]


def panel_count(board: Board) -> int:
    """How many panels it has."""
    return len(build(board, Language.ENGLISH, Grafana.V12).panels or ())


def _choices(board: Board) -> Iterator[dashboard.VariableModel]:
    """Variables a reader chooses, in the order in which they depend on one another."""
    for variable in build(board, Language.ENGLISH, Grafana.V12).templating.list_val or ():
        if variable.definition and variable.name not in LEVEL_VARIABLES:
            yield variable


def open_alert(endpoint: Endpoint, end_ms: int) -> dict[str, str]:
    """School and device of the newest alert at a school that stands open."""
    columns = (column("id"), column(Tag.SITE), column(Tag.DEVICE))
    where = (is_value("state", "open"), Condition("\"kind\" != 'switch'"), Condition(f"time <= {end_ms}ms"))
    asked = Select(columns=columns, of=raw(ALERT_MEASUREMENT), where=where, newest_first=True, limit=1, spanned=False)
    rows = [row for table in endpoint.ask(asked.text()).series.values() for row in table.rows]
    return {"site": str(rows[0][2]), "device": str(rows[0][3])} if rows else {}


def _level(board: Board, endpoint: Endpoint, start_ms: int, end_ms: int) -> dict[str, str]:
    """What the store says of the range, by the dashboard's own hidden variables; those it has not stay raw."""
    return RAW | {
        one.title: str(values[-1])
        for one in queries(board, start_ms=start_ms, end_ms=end_ms)
        if one.kind == "variable" and one.title in LEVEL_VARIABLES
        if (values := _last_column(endpoint.ask(one.text)))
    }


def _last_column(answer: Answer) -> list[object]:
    if answer.error:
        raise RuntimeError(f"a variable cannot be asked: {answer.error}")
    return [row[-1] for table in answer.series.values() for row in table.rows]


def _natural(text: str) -> list[tuple[int, str]]:
    """Numbers within texts by their value, as the dashboards' variables are sorted.

    >>> sorted(["no-10", "no-9"], key=_natural)
    ['no-9', 'no-10']
    """
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in re.split(r"(\d+)", text)]
