"""InfluxQL as typed values: the one place where variables and texts are put into a query of a dashboard.

A query reads the retention policy that fits the range of time on the screen. Which one that is, and what its fields are
called, hidden variables ask the store (`LEVEL_MEASUREMENT` in campus/influx.py): queries name those variables, `Reading`, and
never a field. Where a panel is about now or about single readings, `raw` and `Field.VALUE` are right.

>>> from campus.influx import Tag
>>> query = Select(columns=(mean().named("in"),), of=fitting("if_in_bps"), where=(chosen(Tag.SITE),), by=(Tag.DEVICE,))
>>> print(query.text())  # doctest: +NORMALIZE_WHITESPACE
SELECT mean("${mean:raw}") AS "in" FROM "${policy:raw}"."if_in_bps"
WHERE "site" =~ /^${site:regex}$/ AND $timeFilter GROUP BY "device"
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from campus.ids import MetricId
from campus.influx import ALERT_MEASUREMENT, LEVEL_MEASUREMENT, MAINTENANCE_MEASUREMENT, Field, Policy
from campus.influxql import identifier, string_literal
from campus.metrics import catalogue

TIME_FILTER: Final = "$timeFilter"
"""Grafana puts the chosen range here."""
WIDTH: Final = "${width:raw}"
"""Of intervals: the buckets of the policy that fits, a minute of raw. So a mean is the mean of what was read, and what is
drawn is what the controller itself would say; Grafana's own ``$__interval`` would be narrower than a bucket, or average twice."""
FITTING_POLICY: Final = "${policy:raw}"
_SPECIAL = (ALERT_MEASUREMENT, MAINTENANCE_MEASUREMENT, LEVEL_MEASUREMENT)


class Reading(StrEnum):
    """The field of the policy that fits; the names of the members are the hidden variables'."""

    MEAN = "${mean:raw}"
    MINIMUM = "${minimum:raw}"
    MAXIMUM = "${maximum:raw}"
    P95 = "${p95:raw}"


class Fill(StrEnum):
    """What stands in an interval without readings. NOTHING leaves gaps to be seen; LEFT_OUT tells of filled intervals only."""

    NOTHING = "null"
    LEFT_OUT = "none"
    PREVIOUS = "previous"


@dataclass(frozen=True)
class Expression:
    """One column of an answer. Operators make arithmetic, in parentheses where it is nested."""

    body: str
    alias: str = ""
    atomic: bool = True

    def named(self, alias: str) -> "Expression":
        """The same as a column of that name."""
        return replace(self, alias=alias)

    def text(self) -> str:
        """InfluxQL."""
        return f"{self.body} AS {identifier(self.alias)}" if self.alias else self.body

    def __neg__(self) -> "Expression":
        return self * -1

    def __mul__(self, other: "Expression | float") -> "Expression":
        return self._with("*", other)

    def __truediv__(self, other: "Expression | float") -> "Expression":
        return self._with("/", other)

    def __add__(self, other: "Expression | float") -> "Expression":
        return self._with("+", other)

    def __sub__(self, other: "Expression | float") -> "Expression":
        return self._with("-", other)

    def _with(self, sign: str, other: "Expression | float") -> "Expression":
        right = other.nested() if isinstance(other, Expression) else _number(other)
        return replace(self, body=f"{self.nested()} {sign} {right}", atomic=False)

    def nested(self) -> str:
        """As an operand."""
        return self.body if self.atomic else f"({self.body})"


@dataclass(frozen=True)
class Source:
    """A measurement of a policy; without one, of the default policy."""

    measurement: str
    policy: str = ""

    def text(self) -> str:
        """InfluxQL."""
        measurement = identifier(self.measurement)
        return f"{identifier(self.policy)}.{measurement}" if self.policy else measurement


@dataclass(frozen=True)
class Condition:
    """One term of WHERE; terms are joined by AND."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Select:
    """One SELECT. `of` is measurements, or one query within. `by` are tags, `every` a width of time or nothing.

    The range of time is the screen's; `spanned` False leaves it out, for what stands apart from the range.
    """

    columns: tuple[Expression, ...]
    of: "tuple[Source, ...] | Select"
    where: tuple[Condition, ...] = ()
    by: tuple[str, ...] = ()
    every: str = ""
    fill: Fill | None = None
    newest_first: bool = False
    limit: int = 0
    spanned: bool = True

    def text(self) -> str:
        """InfluxQL with Grafana's variables in it."""
        parts = [f"SELECT {', '.join(column.text() for column in self.columns)}", f"FROM {self._from()}"]
        terms = [condition.text for condition in self.where] + ([TIME_FILTER] if self.spanned else [])
        if terms:
            parts.append(f"WHERE {' AND '.join(terms)}")
        groups = ([f"time({self.every})"] if self.every else []) + [identifier(tag) for tag in self.by]
        if groups:
            parts.append(f"GROUP BY {', '.join(groups)}")
        if self.fill is not None:
            parts.append(f"fill({self.fill})")
        if self.newest_first:
            parts.append("ORDER BY time DESC")
        if self.limit:
            parts.append(f"LIMIT {self.limit}")
        return " ".join(parts)

    def _from(self) -> str:
        if isinstance(self.of, Select):
            return f"({self.of.text()})"
        return ", ".join(source.text() for source in self.of)


@dataclass(frozen=True, kw_only=True)
class TagValues:
    """SHOW TAG VALUES: which values a tag has within what is chosen already."""

    key: str
    of: tuple[Source, ...]
    where: tuple[Condition, ...] = ()

    def text(self) -> str:
        """InfluxQL with Grafana's variables in it."""
        sources = ", ".join(source.text() for source in self.of)
        terms = " AND ".join(condition.text for condition in self.where)
        return f"SHOW TAG VALUES FROM {sources} WITH KEY = {identifier(self.key)}" + (
            f" WHERE {terms}" if terms else ""
        )


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """SHOW MEASUREMENTS: what is measured of what is chosen already."""

    where: tuple[Condition, ...]

    def text(self) -> str:
        """InfluxQL with Grafana's variables in it."""
        return f"SHOW MEASUREMENTS WHERE {' AND '.join(condition.text for condition in self.where)}"


def fitting(*metrics: str) -> tuple[Source, ...]:
    """Measurements at the level that fits the range; fields are `Reading`s. `KeyError` for what the catalogue lacks."""
    return tuple(Source(_known(metric), FITTING_POLICY) for metric in metrics)


def fitting_chosen(variable: str) -> tuple[Source, ...]:
    """The measurement that a variable names, at the level that fits."""
    return (Source(f"${{{variable}:raw}}", FITTING_POLICY),)


def raw(*measurements: str) -> tuple[Source, ...]:
    """Measurements as they came; their field is `Field.VALUE`. `KeyError` for what neither catalogue nor contract has."""
    return tuple(Source(_known(name), Policy.RAW) for name in measurements)


def by_hour(*metrics: str) -> tuple[Source, ...]:
    """Measurements by the hour whatever the range, where hours are counted; fields are `Field`s. `KeyError` as above."""
    return tuple(Source(_known(metric), Policy.HOUR) for metric in metrics)


def column(name: str) -> Expression:
    """A field, or a tag, as it is."""
    return Expression(identifier(name))


def call(function: str, argument: str, *more: str | float) -> Expression:
    """A function of a field."""
    rest = "".join(f", {_number(one) if isinstance(one, int | float) else identifier(one)}" for one in more)
    return Expression(f"{function}({identifier(argument)}{rest})")


def mean(field: str = Reading.MEAN) -> Expression:
    """Average of what was read; of a bucket its mean."""
    return call("mean", field)


def highest(field: str = Reading.MAXIMUM) -> Expression:
    """The highest reading."""
    return call("max", field)


def lowest(field: str = Reading.MINIMUM) -> Expression:
    """The lowest reading."""
    return call("min", field)


def last(field: str = Field.VALUE) -> Expression:
    """The newest reading."""
    return call("last", field)


def total(field: str) -> Expression:
    """A sum."""
    return call("sum", field)


def count(field: str) -> Expression:
    """How many."""
    return call("count", field)


def top(field: str, how_many: int, *tags: str) -> Expression:
    """The highest, with their tags as columns of their own."""
    return call("top", field, *tags, how_many)


def is_value(name: str, text: str) -> Condition:
    """A tag, or a field, is this text."""
    return Condition(f"{identifier(name)} = {string_literal(text)}")


def is_one_of(name: str, values: Iterable[str]) -> Condition:
    """A tag is one of these."""
    values = tuple(values)
    if len(values) == 1:
        return is_value(name, values[0])
    return Condition(f"{identifier(name)} =~ /^({'|'.join(in_expression(value) for value in values)})$/")


def chosen(name: str, variable: str = "") -> Condition:
    """A tag is what the variable (of the tag's own name, unless told) has: one value, several, or all."""
    return Condition(f"{identifier(name)} =~ /^${{{variable or name}:regex}}$/")


def below(field: str, limit: float) -> Condition:
    """A field is below a number."""
    return Condition(f"{identifier(field)} < {_number(limit)}")


def at_least(field: str, limit: float) -> Condition:
    """A field is a number or above."""
    return Condition(f"{identifier(field)} >= {_number(limit)}")


def at_most(field: str, limit: float) -> Condition:
    """A field is a number or below."""
    return Condition(f"{identifier(field)} <= {_number(limit)}")


def is_number(field: str, value: float) -> Condition:
    """A field is this number, such as that of a state."""
    return Condition(f"{identifier(field)} = {_number(value)}")


def begins(name: str, text: str) -> Condition:
    """A tag begins with this text."""
    return Condition(f"{identifier(name)} =~ /^{in_expression(text)}/")


def since(days: int) -> Condition:
    """In so many days up to the end of the range, wherever that begins; for a query that is not `spanned`."""
    return Condition(f"time >= ${{__to}}ms - {days}d AND time <= ${{__to}}ms")


def either(*conditions: Condition) -> Condition:
    """One of these holds."""
    return Condition(f"({' OR '.join(condition.text for condition in conditions)})")


def _number(value: float) -> str:
    return repr(value)


def in_expression(text: str) -> str:
    """A text within a regular expression between slashes; RE2's special characters are Python's."""
    return re.sub(r"([\\^$.|?*+()\[\]{}/])", r"\\\1", text)


def _known(name: str) -> str:
    if name not in _SPECIAL and MetricId(name) not in catalogue():
        raise KeyError(f"no metric {name!r} in campus/catalogue")
    return name


def newest(metric: str, alias: str, *where: Condition, by: tuple[str, ...]) -> Select:
    """The newest reading in the range, one for each combination of these tags."""
    return Select(columns=(last().named(alias),), of=raw(metric), where=where, by=by)


def trend(metric: str, figure: Expression, *where: Condition, by: tuple[str, ...] = ()) -> Select:
    """A figure over time, at the level that fits; a line for each combination of these tags."""
    return Select(columns=(figure,), of=fitting(metric), where=where, by=by, every=WIDTH, fill=Fill.NOTHING)


def trend_over(inner: Select, *figures: Expression, by: tuple[str, ...] = ()) -> Select:
    """Figures of the lines of a `trend`, interval by interval: the sum of all schools, the highest of all links."""
    return Select(columns=figures, of=replace(inner, fill=Fill.LEFT_OUT), by=by, every=WIDTH, fill=Fill.NOTHING)


def over(
    inner: Select, function: str, alias: str, *where: Condition, by: tuple[str, ...] = (), named: str = ""
) -> Select:
    """One figure of a column of another query: the sum of what schools have, the highest of all links."""
    return Select(columns=(call(function, alias).named(named or alias),), of=inner, where=where, by=by)
