"""A SELECT answered: its series are found and grouped, their points read, its functions applied, its rows chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np

from controller.influxql import syntax
from controller.influxql.cells import in_cells
from controller.influxql.conditions import Sight, Span, fields_of, holds, split
from controller.influxql.errors import StatementError, TooMuch
from controller.influxql.grouping import grouped
from controller.influxql.limits import MAX_ANSWER_VALUES
from controller.influxql.planning import Form, Plan, planned
from controller.influxql.pointwise import as_they_are, in_sequences, several_of_each
from controller.influxql.rows import Answered, Asked, Result, Spans, chosen_rows
from controller.influxql.sources import Pace, Source, TableSource
from controller.influxql.syntax import Expression, Fill, FillKind, Measurement, Select
from controller.influxql.table import MAX_NS, Series, Table, words_of

Open = Callable[[Measurement, Span], Sequence[Source]]
"""Finds what a measurement names: one source, none, or for a pattern those that match; points are asked for in the span."""


@dataclass(frozen=True)
class Evaluator:
    """Answers statements of one text, at one instant (`now`, in nanoseconds)."""

    open: Open
    now: int
    pace: Pace

    def select(self, select: Select) -> list[Answered]:
        """The answer, a part for each measurement, by name; empty ones left out."""
        return self._answered(select, planned(select, self.now), Span())

    def _answered(self, select: Select, plan: Plan, within: Span) -> list[Answered]:
        zone = ZoneInfo(select.zone) if select.zone else None
        span, condition = split(select.condition, self.now, zone)
        span = span.within(within)
        if plan.windows and span.end == MAX_NS:
            span = replace(span, end=self.now)
        reading = _reading_span(plan, span, newest_first=select.newest_first)
        sources = [found for source in select.sources for found in self._sources(source, plan, reading)]
        plan = _spelled_out(plan, sources)
        answered = []
        for source in sorted(sources, key=lambda each: each.name):
            self.pace.step()
            answer = self._of_source(source, select, plan, Spans(span, reading), condition)
            if answer is not None and len(answer.result.at):
                answered.append(answer)
        return answered

    def _sources(self, source: Measurement | Select, plan: Plan, span: Span) -> Sequence[Source]:
        if isinstance(source, Measurement):
            return self.open(source, span)
        if any(isinstance(inner, Select) for inner in source.sources):
            raise StatementError("a subquery within a subquery is not answered: one level is")
        inner = planned(source, self.now)
        # As InfluxDB has it: an inner statement is grouped by the outer one's tags as well, and by its time where it has none.
        inner = replace(
            inner, tags=(*inner.tags, *plan.tags), windows=inner.windows or (plan.windows if inner.calls else None)
        )
        fill = Fill(FillKind.NONE) if source.fill.kind is FillKind.NULL else source.fill
        parts = self._answered(replace(source, fill=fill), inner, span)
        return [TableSource(_as_table(part)) for part in parts]

    def _of_source(
        self, source: Source, select: Select, plan: Plan, spans: Spans, condition: Expression | None
    ) -> Answered | None:
        on_series, on_points = _parts(condition, source)
        series = source.series
        matching = (
            np.ones(series.size, np.bool_) if on_series is None else holds(on_series, _sight_of(series, self.pace))
        )
        chosen = np.flatnonzero(matching)
        some = Series(len(chosen), {name: words.taken(chosen) for name, words in series.tags.items()})
        groups = grouped(some, plan.tags, select.series)
        kept = np.flatnonzero(groups.of >= 0)
        groups = replace(groups, of=groups.of[kept])
        wanted = {name for name in plan.fields() if name in source.fields}
        if not wanted or not len(kept):
            return None
        needed = sorted(wanted | fields_of(on_points, source.fields.__contains__))
        newest_alone = plan.is_newest_alone and on_points is None
        points = source.points(chosen[kept], spans.read, needed, newest_alone=newest_alone)
        if plan.windows is None:
            points = _within(points, spans.asked)
        if on_points is not None:
            points = points.taken(holds(on_points, _sight_of_points(points, self.pace)))
        self.pace.step()
        asked = Asked(plan, points, groups, spans, select.fill, self.pace.step, newest_first=select.newest_first)
        result = chosen_rows(_FORMS[plan.form](asked), select.rows)
        self.pace.step()
        if len(result.at) * (len(result.columns) + 1) > MAX_ANSWER_VALUES:
            raise TooMuch(
                f"the answer has {len(result.at)} rows of {len(result.columns) + 1} values, more than {MAX_ANSWER_VALUES}: "
                "ask for a shorter range, fewer series, or group by time()"
            )
        self.pace.told(len(result.at) * (len(result.columns) + 1))
        names = tuple(name for name, _ in plan.columns)
        return Answered(source.name, names, groups, result, select.newest_first)


_FORMS: dict[Form, Callable[[Asked], Result]] = {
    Form.RAW: as_they_are,
    Form.CELLS: in_cells,
    Form.SEQUENCES: in_sequences,
    Form.SEVERAL: several_of_each,
}


def _spelled_out(plan: Plan, sources: Sequence[Source]) -> Plan:
    """``*`` stands for all tags of all sources in GROUP BY; in SELECT for their fields and those tags not grouped by."""
    tags = {name for source in sources for name in source.series.tags}
    if plan.is_by_all_tags:
        plan = replace(plan, tags=tuple({*plan.tags, *tags}))
    if not plan.wants_all:
        return plan
    fields = {name for source in sources for name in source.fields}
    names = tuple(sorted(fields | (tags - set(plan.tags))))
    return replace(plan, columns=tuple((name, syntax.Reference(name)) for name in names), mentioned=names)


def _within(points: Table, span: Span) -> Table:
    """Buckets of a subquery may begin before the span does: without buckets of one's own they do not count."""
    is_within = (points.at >= span.start) & (points.at <= span.end)
    return points if is_within.all() else points.taken(is_within)


def _reading_span(plan: Plan, span: Span, *, newest_first: bool) -> Span:
    """Functions that look at the bucket before theirs need one more."""
    if plan.windows is None or not any(call.looks_back for call in plan.calls.values()):
        return span
    if newest_first:
        return replace(span, end=min(span.end + plan.windows.width, MAX_NS))
    return replace(span, start=max(span.start - plan.windows.width, -MAX_NS))


def _parts(condition: Expression | None, source: Source) -> tuple[Expression | None, Expression | None]:
    """What a condition says of series, by their tags, and what of their points."""
    if condition is None:
        return None, None
    parts = condition.parts if isinstance(condition, syntax.AllOf) else (condition,)
    of_points: list[Expression] = []
    of_series: list[Expression] = []
    for part in parts:
        (of_points if fields_of(part, source.fields.__contains__) else of_series).append(part)
    return _all(of_series), _all(of_points)


def _all(parts: Sequence[Expression]) -> Expression | None:
    if len(parts) > 1:
        return syntax.AllOf(tuple(parts))
    return parts[0] if parts else None


def _sight_of(series: Series, pace: Pace) -> Sight:
    return Sight(series.size, lambda _name: None, series.tag, pace.step)


def _sight_of_points(points: Table, pace: Pace) -> Sight:
    return Sight(len(points.at), points.fields.get, lambda name: points.of.tag(name).taken(points.series), pace.step)


def _as_table(part: Answered) -> Table:
    """An answer as what another statement reads: its groups are series, its columns fields."""
    columns = list(zip(*part.groups.labels, strict=True)) if part.groups.names else []
    tags = {name: words_of(column) for name, column in zip(part.groups.names, columns, strict=True)}
    result = part.result
    order = np.lexsort((result.at, result.group))
    fields = {name: column.taken(order) for name, column in zip(part.columns, result.columns, strict=True)}
    series = Series(len(part.groups.labels), tags)
    return Table(part.name, series, result.group[order], result.at[order], fields)
