"""A SELECT checked: which functions, of which fields, grouped how; refused with InfluxDB's words where it has some. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

from controller.influxql import syntax
from controller.influxql.conditions import TIME
from controller.influxql.errors import StatementError
from controller.influxql.functions import FUNCTIONS, Sort
from controller.influxql.syntax import Call, Chosen, Expression, Number, Reference, Select
from controller.influxql.windows import Windows

_NS_PER_S: Final = 1_000_000_000
_LONGEST_NS: Final = 520 * 7 * 86_400 * _NS_PER_S


class Form(Enum):
    """How the rows of an answer come about: samples as they are, one row a cell, sequences of samples, some rows a cell."""

    RAW = "raw"
    CELLS = "cells"
    SEQUENCES = "sequences"
    SEVERAL = "several"


@dataclass(frozen=True)
class CallPlan:
    """One function. `field` is what it is applied to, or `inner` is; `argument` is its number or nanoseconds."""

    name: str
    field: str
    argument: float = 0.0
    inner: "CallPlan | None" = None
    tags: tuple[str, ...] = ()
    """Of top() and bottom(): one value of each, at most."""

    @property
    def sort(self) -> Sort:
        """What it does."""
        return FUNCTIONS[self.name].sort

    @property
    def looks_back(self) -> bool:
        """Whether the first bucket needs the one before it."""
        return self.sort is Sort.TRANSFORMATION and self.name != "cumulative_sum"


@dataclass(frozen=True)
class Plan:
    """`columns` by name, in order; `calls` has the plan of each call in them; `mentioned` are fields and tags beside calls."""

    form: Form
    columns: tuple[tuple[str, Expression], ...]
    calls: dict[Call, CallPlan]
    mentioned: tuple[str, ...]
    windows: Windows | None
    tags: tuple[str, ...]
    is_by_all_tags: bool

    @property
    def wants_all(self) -> bool:
        """SELECT *."""
        return bool(self.columns) and isinstance(self.columns[0][1], syntax.Wildcard)

    @property
    def is_one_sample(self) -> bool:
        """Whether a row stands for one sample, and so has its time where there are no buckets, and other fields beside it."""
        return len(self.calls) == 1 and next(iter(self.calls.values())).sort is Sort.SELECTOR

    @property
    def is_newest_alone(self) -> bool:
        """Whether nothing but the newest sample of each series matters."""
        return self.windows is None and bool(self.calls) and all(call.name == "last" for call in self.calls.values())

    def fields(self) -> set[str]:
        """Names that calls are applied to, or that stand beside them; some may be tags."""
        plans = [call for plan in self.calls.values() for call in _nested(plan)]
        tags = [tag for plan in plans for tag in plan.tags]
        return {plan.field for plan in plans if plan.field} | set(self.mentioned) | set(tags)


def planned(select: Select, now: int) -> Plan:
    """The plan of a statement; `StatementError` says what of it is not answered. `now` in nanoseconds."""
    chosen = [each for each in select.chosen if not _is_time(each.expression)]
    if not chosen:
        raise StatementError("at least 1 non-time field must be queried")
    for each in chosen:
        _check_value(each.expression, len(chosen))
    windows, tags, is_by_all_tags = _dimensions(select, now)
    found = [call for each in chosen for call in _calls(each.expression)]
    calls = {call: _call_plan(call, has_windows=windows is not None) for call in found}
    mentioned = tuple(dict.fromkeys(name for each in chosen for name in _mentioned(each.expression)))
    form = _form(list(calls.values()), mentioned, [each.expression for each in chosen], has_windows=windows is not None)
    return Plan(form, tuple(_named(chosen)), calls, mentioned, windows, tags, is_by_all_tags)


def _check_value(tree: Expression, chosen: int) -> None:
    if isinstance(tree, syntax.Wildcard):
        if chosen > 1:
            raise StatementError("* stands alone here: SELECT * FROM ...")
        return
    if not any(True for _ in _calls(tree)) and not any(True for _ in _mentioned(tree)):
        raise StatementError("field must contain at least one variable")
    for part in _parts(tree):
        if not isinstance(part, Number | Reference | Call | syntax.Arithmetic):
            raise StatementError("what is selected are fields, tags, functions, numbers and + - * / between them")


def _dimensions(select: Select, now: int) -> tuple[Windows | None, tuple[str, ...], bool]:
    windows = None
    tags: list[str] = []
    for dimension in select.dimensions:
        if isinstance(dimension, Reference):
            tags.append(dimension.name)
        if not isinstance(dimension, Call):
            continue
        if dimension.name != TIME:
            raise StatementError("only time() calls allowed in dimensions")
        if windows:
            raise StatementError("multiple time dimensions not allowed")
        windows = _windows(dimension, now, ZoneInfo(select.zone) if select.zone else None)
    return windows, tuple(dict.fromkeys(tags)), syntax.Wildcard() in select.dimensions


def _windows(call: Call, now: int, zone: ZoneInfo | None) -> Windows:
    match call.arguments:
        case (syntax.Duration(ns=width), *rest) if len(rest) < 2:
            if width < 1_000_000:
                raise StatementError("time() of less than 1ms is not answered: no sample is finer")
            if width > _LONGEST_NS:
                raise StatementError("time() of more than 520 weeks is not answered: nothing is kept so long")
            match rest:
                case []:
                    return Windows(width, 0, zone)
                case [syntax.Duration(ns=offset)]:
                    return Windows(width, _remainder(offset, width), zone)
                case [Call(name="now", arguments=())]:
                    return Windows(width, now % width, zone)
            raise StatementError("time dimension offset must be duration or now()")
    raise StatementError("time dimension expected 1 or 2 arguments, the first a duration: time(5m) or time(5m, 30s)")


def _remainder(offset: int, width: int) -> int:
    """As Go has it: with the sign of the offset."""
    return offset % width if offset >= 0 else -(-offset % width)


def _form(calls: list[CallPlan], mentioned: tuple[str, ...], trees: list[Expression], *, has_windows: bool) -> Form:
    if not calls:
        if has_windows:
            raise StatementError("GROUP BY requires at least one aggregate function")
        return Form.RAW
    several = [call for call in calls if call.sort is Sort.SEVERAL]
    if several:
        name = several[0].name
        if len(calls) > 1 or (name == "distinct" and (mentioned or len(trees) > 1)):
            what = "aggregate" if name == "distinct" else "selector"
            raise StatementError(f"{what} function {name}() cannot be combined with other functions or fields")
        if not all(isinstance(tree, Call | Reference) for tree in trees):
            raise StatementError(f"{name}() is not answered within an expression: let it stand alone")
        return Form.SEVERAL
    sequences = [call for call in calls if call.sort is Sort.TRANSFORMATION and call.inner is None]
    if mentioned:
        if len(calls) > 1 and all(call.sort is Sort.SELECTOR for call in calls):
            raise StatementError("mixing multiple selector functions with tags or fields is not supported")
        if calls[0].sort is not Sort.SELECTOR:
            raise StatementError("mixing aggregate and non-aggregate queries is not supported")
    if sequences and len(sequences) < len(calls):
        raise StatementError(
            f"{sequences[0].name}() of single samples is not answered beside functions of many: use two statements"
        )
    return Form.SEQUENCES if sequences else Form.CELLS


def _call_plan(call: Call, *, has_windows: bool) -> CallPlan:
    function = FUNCTIONS.get(call.name)
    if function is None:
        raise StatementError(f"undefined function {call.name}() at {call.place}; answered are {', '.join(FUNCTIONS)}")
    if syntax.Wildcard() in call.arguments:
        raise StatementError(f"{call.name}(*) at {call.place} is not answered: name the field")
    if function.sort is Sort.SEVERAL and call.name != "distinct":
        return _ranking_plan(call)
    wanted = _numbers_of(call.name)
    given = len(call.arguments)
    if not wanted[0] <= given <= wanted[1]:
        told = f"{wanted[0]}" if wanted[0] == wanted[1] else f"at least {wanted[0]} but no more than {wanted[1]}"
        raise StatementError(f"invalid number of arguments for {call.name}, expected {told}, got {given}")
    if function.sort is Sort.TRANSFORMATION:
        return _transformation_plan(call, has_windows=has_windows)
    match call.arguments[0]:
        case Call(name="distinct") as inner if call.name == "count":
            return CallPlan("count", "", inner=_call_plan(inner, has_windows=has_windows))
        case Reference(name=field):
            return CallPlan(call.name, field, _percent(call) if call.name == "percentile" else 0.0)
    raise StatementError(f"expected field argument in {call.name}()")


def _numbers_of(name: str) -> tuple[int, int]:
    """How few and how many arguments a function takes."""
    if name in {"percentile", "moving_average"}:
        return 2, 2
    return (1, 2) if name in {"derivative", "non_negative_derivative", "elapsed"} else (1, 1)


def _percent(call: Call) -> float:
    if not isinstance(call.arguments[1], Number):
        raise StatementError("expected float argument in percentile()")
    return float(call.arguments[1].value)


def _transformation_plan(call: Call, *, has_windows: bool) -> CallPlan:
    first = call.arguments[0]
    inner, field = None, ""
    if isinstance(first, Call):
        if not has_windows:
            raise StatementError(f"{call.name} aggregate requires a GROUP BY interval")
        inner = _call_plan(first, has_windows=True)
        if inner.sort not in {Sort.AGGREGATE, Sort.SELECTOR}:
            raise StatementError(f"{call.name}({inner.name}(...)) at {call.place} is not answered")
    elif has_windows:
        raise StatementError(f"aggregate function required inside the call to {call.name}")
    elif isinstance(first, Reference):
        field = first.name
    else:
        raise StatementError(f"expected field argument in {call.name}()")
    return CallPlan(call.name, field, _step(call, is_of_buckets=inner is not None), inner)


def _step(call: Call, *, is_of_buckets: bool) -> float:
    """The number of a moving average, or the unit of time; -1 for as long as a bucket."""
    if call.name == "moving_average":
        match call.arguments[1]:
            case Number(value=int(window)) if 1 < window <= 10_000:
                return window
            case Number(value=int(window)):
                raise StatementError(f"moving_average window must be greater than 1 and at most 10000, got {window}")
        raise StatementError("second argument for moving_average must be an integer")
    if len(call.arguments) == 2:
        match call.arguments[1]:
            case syntax.Duration(ns=ns) if ns > 0:
                return ns
            case syntax.Duration():
                raise StatementError("duration argument must be positive")
        raise StatementError(f"second argument to {call.name} must be a duration")
    if call.name == "elapsed":
        return 1
    return -1 if is_of_buckets else _NS_PER_S


def _ranking_plan(call: Call) -> CallPlan:
    if len(call.arguments) < 2:
        raise StatementError(
            f"invalid number of arguments for {call.name}, expected at least 2, got {len(call.arguments)}"
        )
    field, *tags, limit = call.arguments
    if not isinstance(limit, Number) or not isinstance(limit.value, int):
        raise StatementError(f"expected integer as last argument in {call.name}()")
    if limit.value < 1:
        raise StatementError(f"limit ({limit.value}) in {call.name} function must be at least 1")
    names = [tag.name for tag in tags if isinstance(tag, Reference)]
    if not isinstance(field, Reference) or len(names) < len(tags):
        raise StatementError(f"expected fields and tags as arguments in {call.name}()")
    return CallPlan(call.name, field.name, limit.value, tags=tuple(names))


def _named(chosen: list[Chosen]) -> Iterator[tuple[str, Expression]]:
    """Columns with their names: an alias as it is, else one made of functions and fields, numbered where it is taken."""
    taken: dict[str, int] = {TIME: 1} | {each.alias: 1 for each in chosen if each.alias}
    for each in chosen:
        name = base = each.alias or "_".join(_name_parts(each.expression))
        while not each.alias and name in taken:
            name = f"{base}_{taken[base]}"
            taken[base] += 1
        taken.setdefault(name, 1)
        yield name, each.expression
        if isinstance(each.expression, Call) and each.expression.name in {"top", "bottom"}:
            for tag in each.expression.arguments[1:-1]:
                if isinstance(tag, Reference):
                    yield tag.name, tag


def _name_parts(tree: Expression) -> Iterator[str]:
    for part in _parts(tree):
        if isinstance(part, Call | Reference):
            yield part.name


def _parts(tree: Expression) -> Iterator[Expression]:
    """An expression and all it is made of, but for the arguments of functions."""
    yield tree
    match tree:
        case syntax.Arithmetic(left=left, right=right) | syntax.Comparison(left=left, right=right):
            yield from _parts(left)
            yield from _parts(right)
        case syntax.AllOf(parts=parts) | syntax.AnyOf(parts=parts):
            for part in parts:
                yield from _parts(part)


def _calls(tree: Expression) -> Iterator[Call]:
    return (part for part in _parts(tree) if isinstance(part, Call))


def _mentioned(tree: Expression) -> Iterator[str]:
    return (part.name for part in _parts(tree) if isinstance(part, Reference))


def _nested(plan: CallPlan) -> Iterator[CallPlan]:
    yield plan
    if plan.inner:
        yield from _nested(plan.inner)


def _is_time(tree: Expression) -> bool:
    return isinstance(tree, Reference) and tree.name.lower() == TIME
