"""SHOW: what there is. Time does not bound it (InfluxDB, too, looks no closer than at whole weeks)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from campus.influx import DATABASE, Policy
from controller.influxql import syntax
from controller.influxql.answers import SeriesAnswer
from controller.influxql.conditions import Sight, holds, split
from controller.influxql.errors import StatementError
from controller.influxql.patterns import matching
from controller.influxql.sources import LEVEL_OF, Pace, Source
from controller.influxql.special import SPECIAL_FIELDS
from controller.influxql.syntax import Expression, KeyChoice, Measurement, Pattern, Show, Subject
from controller.influxql.table import Places, Series, Words
from controller.influxql.tagbook import Stored
from controller.store.port import Retention

_HOURS_A_DAY: Final = 24
_SHARD: Final = "168h0m0s"


class Found(NamedTuple):
    """A measurement, and those of its series that a condition lets through."""

    source: Source
    series: Series


Open = Callable[[Measurement], Sequence[Source]]
"""Finds what a measurement names; for a pattern, those that match, by name."""


@dataclass(frozen=True)
class Catalogue:
    """Answers SHOW for one caller, at one instant (`now`, in nanoseconds)."""

    open: Open
    names: Callable[[], list[str]]
    """Of all measurements the caller sees, ascending."""
    stored: Callable[[], Stored]
    retention: Retention
    now: int
    pace: Pace

    def show(self, show: Show) -> list[SeriesAnswer]:
        """The answer; no series where there is nothing."""
        match show.subject:
            case Subject.DATABASES:
                return [SeriesAnswer("databases", ["name"], [[DATABASE]])]
            case Subject.POLICIES:
                return [_policies(self.retention)]
            case Subject.MEASUREMENTS:
                return self._measurements(show)
            case Subject.MEASUREMENT_CARDINALITY:
                column = "count" if show.is_exact or show.sources or show.condition else "cardinality estimation"
                return [SeriesAnswer("", [column], [[len(self._measurement_names(show))]])]
            case Subject.SERIES_CARDINALITY:
                return self._series_cardinality(show)
        answers = []
        for found in self._found(show):
            for answer in self._of_measurement(show, found):
                self.pace.told(sum(map(len, answer.values)))
                answers.append(answer)
        return answers

    def _of_measurement(self, show: Show, found: Found) -> Iterator[SeriesAnswer]:
        source = found.source
        if show.subject is Subject.FIELD_KEYS:
            rows = [(name, str(kind)) for name, kind in sorted(source.fields.items())]
            yield from _series(source.name, ["fieldKey", "fieldType"], rows, show.rows)
        elif show.subject is Subject.TAG_KEYS:
            keys = [(key,) for key in _keys(found.series)]
            yield from _series(source.name, ["tagKey"], keys, show.rows)
        else:
            values = [
                (key, word)
                for key in _keys(found.series)
                if _is_chosen(show.keys, key)
                for _, word in found.series.tags[key].used()
                if word
            ]
            if show.subject is Subject.TAG_VALUES:
                yield from _series(source.name, ["key", "value"], values, show.rows)
            elif values:
                yield SeriesAnswer(source.name, ["count"], [[len(values)]])

    def _measurements(self, show: Show) -> list[SeriesAnswer]:
        rows = [(name,) for name in self._measurement_names(show)]
        return list(_series("measurements", ["name"], rows, show.rows))

    def _measurement_names(self, show: Show) -> list[str]:
        if show.condition is None:
            return [
                name
                for name in self.names()
                if not show.sources or any(self._is_named(each, name) for each in show.sources)
            ]
        if show.sources:
            return [found.source.name for found in self._found(show) if found.series.size]
        return self._of_stored(show)

    def _of_stored(self, show: Show) -> list[str]:
        """The series of all metrics are looked at together: one by one the same words would be compared again for each metric."""
        _, condition = split(show.condition, self.now, None)
        stored, special = self.stored(), replace(show, sources=tuple(map(Measurement, SPECIAL_FIELDS)))
        chosen = _chosen(stored.series, condition, self.pace)
        names = {stored.metrics[number] for number in np.unique(stored.metric[chosen]).tolist()}
        return sorted(names | {found.source.name for found in self._found(special) if found.series.size})

    def _series_cardinality(self, show: Show) -> list[SeriesAnswer]:
        counts = [(found.source.name, found.series.size) for found in self._found(show) if found.series.size]
        if show.is_exact or show.sources or show.condition:
            return [SeriesAnswer(name, ["count"], [[count]]) for name, count in counts]
        return [SeriesAnswer("", ["cardinality estimation"], [[sum(count for _, count in counts)]])]

    def _found(self, show: Show) -> Iterator[Found]:
        _, condition = split(show.condition, self.now, None)
        sources = show.sources or (Measurement(Pattern("")),)
        for name in sorted({name for each in sources for name in self._matching(each)}):
            policy = next(each for each in sources if self._is_named(each, name)).policy
            for source in self.open(Measurement(name, policy)):
                self.pace.step()
                yield Found(source, _restricted(source.series, condition, self.pace))

    def _matching(self, measurement: Measurement) -> list[str]:
        return [name for name in self.names() if self._is_named(measurement, name)]

    def _is_named(self, measurement: Measurement, name: str) -> bool:
        self.pace.step()
        return _names(measurement, name)


def _names(measurement: Measurement, name: str) -> bool:
    if isinstance(measurement.name, Pattern):
        return bool(matching(measurement.name.text, [name])[0])
    return measurement.name == name


def _restricted(series: Series, condition: Expression | None, pace: Pace) -> Series:
    if condition is None:
        return series
    chosen = _chosen(series, condition, pace)
    return Series(len(chosen), {name: words.taken(chosen) for name, words in series.tags.items()})


def _chosen(series: Series, condition: Expression | None, pace: Pace) -> Places:
    if condition is None:
        return np.arange(series.size)
    _refuse_numbers(condition)
    return np.flatnonzero(holds(condition, Sight(series.size, lambda _name: None, series.tag, pace.step)))


def _refuse_numbers(tree: Expression) -> None:
    if isinstance(tree, syntax.AllOf | syntax.AnyOf):
        for part in tree.parts:
            _refuse_numbers(part)
    elif not isinstance(tree, syntax.Comparison) or tree.operator not in {"=", "!=", "=~", "!~"}:
        raise StatementError("invalid tag comparison operator: SHOW compares tags, by = != =~ !~")


def _keys(series: Series) -> list[str]:
    """Tags that any of the series has."""
    return sorted(name for name, words in series.tags.items() if _has_any(words))


def _has_any(words: Words) -> bool:
    return any(word for _, word in words.used())


def _is_chosen(choice: KeyChoice, key: str) -> bool:
    if choice.pattern is not None:
        return bool(matching(choice.pattern.text, [key])[0]) is not choice.is_not
    return (key in choice.names) is not choice.is_not


def _series(
    name: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]], chosen: syntax.Rows
) -> Iterator[SeriesAnswer]:
    last = len(rows) if chosen.limit is None else chosen.offset + chosen.limit
    some = rows[chosen.offset : last]
    if some:
        yield SeriesAnswer(name, columns, list(zip(*some, strict=True)))


def _policies(retention: Retention) -> SeriesAnswer:
    days = retention.by_level
    rows = [
        (str(policy), f"{days[level] * _HOURS_A_DAY}h0m0s", _SHARD, 1, policy is Policy.RAW)
        for policy, level in LEVEL_OF.items()
    ]
    columns = ["name", "duration", "shardGroupDuration", "replicaN", "default"]
    return SeriesAnswer("", columns, list(zip(*rows, strict=True)))
