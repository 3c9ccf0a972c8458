"""What WHERE says of time, apart from the rest; and whether the rest holds, for whole columns at once. Pure."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from controller.influxql import syntax
from controller.influxql.arithmetic import Operand, combined, number_column
from controller.influxql.errors import StatementError
from controller.influxql.patterns import matching
from controller.influxql.syntax import Expression
from controller.influxql.table import MAX_NS, MIN_NS, Column, Kind, Mask, Words

TIME: Final = "time"
_FAR_NS: Final = 1 << 62
"""The years 1823 and 2116: bounds beyond them are as good as these, and sums with them stay whole numbers of 64 bits."""
_INSTANT: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII
)
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_COMPARED: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Span:
    """From `start` to `end`, both in it, in nanoseconds; `MIN_NS` and `MAX_NS` where nothing bounds it."""

    start: int = MIN_NS
    end: int = MAX_NS

    def within(self, other: "Span") -> "Span":
        """What is in both."""
        return Span(max(self.start, other.start), min(self.end, other.end))


def split(condition: Expression | None, now: int, zone: ZoneInfo | None) -> tuple[Span, Expression | None]:
    """The bounds of time in a condition, and the rest of it. `now` in nanoseconds; `zone` for instants without one."""
    if condition is None:
        return Span(), None
    if isinstance(condition, syntax.AllOf):
        parts = [split(part, now, zone) for part in condition.parts]
        span = Span()
        for part, _ in parts:
            span = span.within(part)
        rest = tuple(other for _, other in parts if other is not None)
        return span, syntax.AllOf(rest) if len(rest) > 1 else (rest[0] if rest else None)
    if isinstance(condition, syntax.Comparison) and (bounds := _bounds(condition, now, zone)):
        return bounds, None
    if _mentions_time(condition):
        raise StatementError("time may be compared only beside AND: under OR it is not answered here")
    return Span(), condition


def _bounds(condition: syntax.Comparison, now: int, zone: ZoneInfo | None) -> Span | None:
    sign, other = condition.operator, condition.right
    if not _is_time(condition.left):
        if not _is_time(condition.right):
            return None
        sign, other = _MIRRORED.get(sign, sign), condition.left
    at = min(max(_instant(other, now, zone), -_FAR_NS), _FAR_NS)
    match sign:
        case "=":
            return Span(at, at)
        case ">":
            return Span(at + 1)
        case ">=":
            return Span(at)
        case "<":
            return Span(end=at - 1)
        case "<=":
            return Span(end=at)
    raise StatementError(f"invalid time comparison operator: {sign}")


def _is_time(tree: Expression) -> bool:
    return isinstance(tree, syntax.Reference) and tree.name.lower() == TIME


def _mentions_time(tree: Expression) -> bool:
    if isinstance(tree, syntax.AllOf | syntax.AnyOf):
        return any(map(_mentions_time, tree.parts))
    if isinstance(tree, syntax.Comparison | syntax.Arithmetic):
        return _mentions_time(tree.left) or _mentions_time(tree.right)
    return _is_time(tree)


def _instant(tree: Expression, now: int, zone: ZoneInfo | None) -> int:
    """What time is compared with, in nanoseconds."""
    match tree:
        case syntax.Number(value=int(ns)) | syntax.Duration(ns=ns):
            return ns
        case syntax.Number(value=value):
            return int(value)
        case syntax.Text(value=text):
            return _parsed(text, zone)
        case syntax.Call(name="now", arguments=()):
            return now
        case syntax.Arithmetic(operator="+" | "-" as sign, left=left, right=right):
            first, second = _instant(left, now, zone), _instant(right, now, zone)
            return first + second if sign == "+" else first - second
    raise StatementError(
        "time is compared with now(), instants ('2026-09-01T00:00:00Z'), epochs (1790000000000ms) and sums of these"
    )


def _parsed(text: str, zone: ZoneInfo | None) -> int:
    found = _INSTANT.fullmatch(text)
    try:
        if not found:
            raise ValueError
        day, clock, fraction, offset = found.groups()
        told = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{offset or ''}")
    except ValueError:
        raise StatementError(
            f"invalid operation: time and '{text[:40]}' are not compatible; write '2026-09-01T00:00:00Z' or '2026-09-01'"
        ) from None
    told = told if told.tzinfo else told.replace(tzinfo=zone or UTC)
    return round(told.timestamp()) * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


# The rest, for columns.


@dataclass(frozen=True)
class Sight:
    """What names mean for some rows: how many there are, and how a field or a tag is looked up, None where it is none.

    `step` is called between pieces of work, and may end it.
    """

    size: int
    field: Callable[[str], Column | None]
    tag: Callable[[str], Words]
    step: Callable[[], None]


def fields_of(tree: Expression | None, is_field: Callable[[str], bool]) -> set[str]:
    """Names of the fields that an expression mentions."""
    match tree:
        case syntax.AllOf(parts=parts) | syntax.AnyOf(parts=parts) | syntax.Call(arguments=parts):
            return set().union(*(fields_of(part, is_field) for part in parts))
        case syntax.Comparison(left=left, right=right) | syntax.Arithmetic(left=left, right=right):
            return fields_of(left, is_field) | fields_of(right, is_field)
        case syntax.Reference(name=name) if is_field(name):
            return {name}
    return set()


def holds(tree: Expression, sight: Sight) -> Mask:
    """For each row whether the condition holds; where a field has no value, no comparison with it does."""
    sight.step()
    if isinstance(tree, syntax.AllOf | syntax.AnyOf):
        both = np.logical_and if isinstance(tree, syntax.AllOf) else np.logical_or
        return reduce(both, (holds(part, sight) for part in tree.parts))
    if not isinstance(tree, syntax.Comparison):
        raise StatementError("invalid condition expression: a comparison is expected, such as \"site\" = 'north'")
    left, right, sign = _side(tree.left, sight), tree.right, tree.operator
    if isinstance(right, syntax.Pattern):
        return _matched(left, right.text, sight) ^ (_could_match(left) if sign == "!~" else False)
    return _compared(left, _side(right, sight), sign, sight.size)


Side = Column | Words | str | int | float


def _side(tree: Expression, sight: Sight) -> Side:
    match tree:
        case syntax.Text(value=text):
            return text
        case syntax.Number(value=number):
            return number
        case syntax.Reference(name=name):
            return sight.field(name) or sight.tag(name)
        case syntax.Arithmetic(operator=sign, left=left, right=right):
            operands: list[Operand] = []
            for part in (_side(left, sight), _side(right, sight)):
                if isinstance(part, Words | str) or (isinstance(part, Column) and part.kind is Kind.STRING):
                    raise StatementError("only numbers are worked out in a condition, no tags and no texts")
                operands.append(part)
            return combined(sign, operands[0], operands[1])
        case syntax.Call(name=name, place=place):
            raise StatementError(f"{name}() at {place} is not answered in a condition")
    raise StatementError("invalid condition expression: compare fields and tags with numbers, texts and patterns")


def _could_match(side: Side) -> Mask | bool:
    """Where a pattern is asked at all: a field without a text there neither matches nor fails to."""
    if isinstance(side, Column):
        return side.there if side.kind is Kind.STRING else False
    return isinstance(side, Words)


def _matched(side: Side, pattern: str, sight: Sight) -> Mask:
    if isinstance(side, Words):
        return matching(pattern, side.words, sight.step)[side.codes]
    if isinstance(side, Column) and side.kind is Kind.STRING:
        return matching(pattern, list(map(str, side.values)), sight.step) & side.there
    return np.zeros(sight.size, np.bool_)


def _compared(left: Side, right: Side, sign: str, size: int) -> Mask:
    compare = _COMPARED[sign]
    if isinstance(right, Words) and not isinstance(left, Words):
        left, right, sign = right, left, _MIRRORED[sign]
    if isinstance(left, Words):
        if sign not in {"=", "!="} or isinstance(right, int | float):
            return np.zeros(size, np.bool_)
        if isinstance(right, str):
            return np.fromiter((compare(word, right) for word in left.words), np.bool_, len(left.words))[left.codes]
        other = right.column() if isinstance(right, Words) else right
        return np.asarray(compare(left.column().values, other.values), np.bool_)
    first, second = _as_column(left, size), _as_column(right, size)
    is_text = first.kind is Kind.STRING
    if is_text is not (second.kind is Kind.STRING) or (is_text and sign not in {"=", "!="}):
        return np.zeros(size, np.bool_)
    return np.asarray(compare(first.values, second.values), np.bool_) & first.there & second.there


def _as_column(side: Column | str | int | float | Words, size: int) -> Column:
    if isinstance(side, Words):
        return side.column()
    if isinstance(side, Column):
        return side
    if isinstance(side, str):
        return Column(Kind.STRING, np.full(size, side, dtype=object), np.ones(size, np.bool_))
    return number_column(side, size)
