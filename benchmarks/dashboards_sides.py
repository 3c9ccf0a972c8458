"""Two controllers with the same history, one over InfluxDB and one over its own store, and all questions put to both."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.dashboards_asking import Endpoint, answering, difference
from benchmarks.dashboards_district import ASKED_UNTIL, DAY_MS, NOW, District
from benchmarks.dashboards_filling import Filled, filled, filled_alike
from benchmarks.dashboards_questions import Question, questions
from dashboards.board import Board
from dashboards.boards import BOARDS

DATABASE: Final = "campus"
WEEK_MS: Final = 7 * DAY_MS
_NAME: Final = "dashboards"


@dataclass(frozen=True)
class Side:
    """A controller and whoever answers the dashboards' queries of its samples."""

    held: Filled
    endpoint: Endpoint


@dataclass(frozen=True)
class Compared:
    """What became of all questions: `opening` those for the range a dashboard opens with, `silent` those of them without rows,
    `mismatches` what was answered differently, for that range or for a week."""

    opening: Sequence[Question]
    silent: Sequence[Question]
    mismatches: Mapping[Question, str]


@contextmanager
def over_own_store(district: District) -> Iterator[Side]:
    """A controller with its own store, which dashboards ask through its `/query`."""
    with ExitStack() as stack:
        held = filled(district)
        stack.callback(held.close)
        url = stack.enter_context(answering(held.controller))
        yield Side(held, stack.enter_context(own_endpoint(held, url)))


@contextmanager
def over_influxdb(
    first: Filled, district: District, url: str, settings: Mapping[str, Any], login: tuple[str, str] | None = None
) -> Iterator[Side]:
    """One like `first` that keeps its samples in the InfluxDB at `url`, which dashboards ask directly, as user and password."""
    store = {"store": "influxdb", "influxdb": {"url": url, "database": DATABASE, **settings}}
    with ExitStack() as stack:
        held = filled_alike(first, district, store)
        stack.callback(held.close)
        yield Side(held, stack.enter_context(Endpoint(url, DATABASE, login=login)))


def compare(influxdb: Side, own: Side, boards: Sequence[Board] = BOARDS) -> Compared:
    """Ask everything of both, for the range each dashboard opens with and for a week."""
    all_opening: list[Question] = []
    silent: list[Question] = []
    mismatches: dict[Question, str] = {}
    for board in boards:
        opening = questions(board, influxdb.endpoint, ASKED_UNTIL)
        all_opening += opening
        longer = [one for one in questions(board, influxdb.endpoint, ASKED_UNTIL, WEEK_MS) if one not in opening]
        for question in (*opening, *longer):
            theirs, ours = influxdb.endpoint.ask(question.text), own.endpoint.ask(question.text)
            if question in opening and not theirs.has_rows:
                silent.append(question)
            if theirs.error or (found := difference(question.text, theirs, ours)):
                mismatches[question] = theirs.error or found
    return Compared(all_opening, silent, mismatches)


def own_endpoint(held: Filled, url: str) -> Endpoint:
    """The `/query` of a controller that answers at `url`, with a token for reading it."""
    token = held.controller.access_tokens.create(_NAME, NOW)
    return Endpoint(url, DATABASE, {"Authorization": f"Token {token}"})
