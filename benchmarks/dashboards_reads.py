"""What the dashboards' queries read, out of the queries themselves: of which metrics, of whose devices, how far back.

A query reads the whole district unless it chooses a school; what it reads of the whole district must be as dense in a
benchmark as it is in a district, of everybody.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from benchmarks.dashboards_questions import Question
from campus.ids import MetricId
from campus.influx import Policy
from campus.metrics import catalogue
from controller.store.port import Level

_SOURCE: Final = re.compile(r'"(\w+)"\."(\w+)"')
_KIND: Final = re.compile(r"\"kind\" (?:= '(\w+)'|=~ /\^\(?([\w|]+)\)?\$/)")
_SITE: Final = re.compile(r'"site" =~? (\S+)')
_EVERY_SITE: Final = "/^.*$/"


class Read(NamedTuple):
    """A metric at a level, of every school. `kinds` of devices, empty: of all; `range_ms` back from now."""

    metric: MetricId
    level: Level
    kinds: frozenset[str]
    range_ms: int


class Reads(NamedTuple):
    """What some questions read of the whole district, how far back they read of one school, and all metrics they name."""

    whole: list[Read]
    of_one_ms: Mapping[Level, int]
    metrics: frozenset[MetricId]


def reads(questions: Iterable[Question]) -> Reads:
    """What is read by questions that select points; lists of names read none."""
    whole: list[Read] = []
    of_one_ms: dict[Level, int] = {}
    metrics: set[MetricId] = set()
    for question in questions:
        kinds = _kinds(question.text)
        for policy, name in _SOURCE.findall(question.text):
            metric, level = MetricId(name), Level(Policy(policy).level)
            if metric not in catalogue():
                continue
            metrics.add(metric)
            if not question.text.startswith("SELECT"):
                continue
            if is_of_all(question.text):
                whole.append(Read(metric, level, kinds, question.range_ms))
            else:
                of_one_ms[level] = max(of_one_ms.get(level, 0), question.range_ms)
    return Reads(sorted(set(whole), key=str), of_one_ms, frozenset(metrics))


def is_of_all(query: str) -> bool:
    """Whether a query reads every school.

    >>> is_of_all('SELECT last("value") FROM "autogen"."reachable" WHERE "site" =~ /^.*$/ AND "kind" = \\'camera\\'')
    True
    >>> is_of_all('SELECT last("value") FROM "autogen"."reachable" WHERE "site" =~ /^no-1$/')
    False
    """
    return all(said == _EVERY_SITE for said in _SITE.findall(query))


def _kinds(query: str) -> frozenset[str]:
    return frozenset(kind for one, several in _KIND.findall(query) for kind in (one or several).split("|"))
