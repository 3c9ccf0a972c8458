"""What the parser calls as it recognises each rule of the grammar: makes the nodes of `controller.influxql.syntax`."""

import re
from typing import Any, Final
from zoneinfo import ZoneInfo

from lark import Token, Transformer, v_args

from controller.influxql import syntax
from controller.influxql.errors import ParseError, Place
from controller.influxql.limits import MAX_ARGUMENTS, MAX_COMPARISONS, MAX_LISTED
from controller.influxql.patterns import check_pattern
from controller.influxql.syntax import Expression, Fill, FillKind, KeyChoice, Rows, Show, Subject

NS_OF: Final = {
    "ns": 1, "u": 1_000, "µ": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
    "h": 3_600_000_000_000, "d": 86_400_000_000_000, "w": 604_800_000_000_000,
}  # fmt: skip
MAX_DEPTH: Final = 100
"""Of an expression: evaluating one takes a little of Python's stack for each level."""
MAX_NS: Final = (1 << 63) - 1
_MANY: Final = 1 << 50
_LONGEST_DURATION: Final = 100
_DURATION: Final = re.compile(r"([0-9]+)(ns|ms|u|µ|s|m|h|d|w)")
_ESCAPE: Final = re.compile(r"\\(.)")


@v_args(inline=True)
class _TreeBuilder(Transformer[Token, Any]):
    """One method for each rule or alias; what stands for an optional part that is missing is None."""

    def start(self, *statements: syntax.Statement | None) -> tuple[syntax.Statement, ...]:
        return tuple(statement for statement in statements if statement is not None)

    # Names and literals.

    def identifier(self, token: Token) -> Token:
        """The token with the name it stands for, for whoever needs its place."""
        name = _unescaped(token[1:-1]) if token.type == "QUOTED" else str(token)
        return Token.new_borrow_pos("IDENTIFIER", name, token)

    def reference(self, name: Token) -> syntax.Reference:
        return syntax.Reference(str(name), _place(name))

    def literal(self, token: Token) -> Expression:
        if token.type == "DURATION":
            if len(token) > _LONGEST_DURATION:
                raise ParseError(f"unable to parse duration {token[:40]}", _place(token))
            ns = sum(int(count) * NS_OF[unit] for count, unit in _DURATION.findall(token))
            if ns > MAX_NS:
                raise ParseError(f"overflowed duration {token}: choose a smaller duration", _place(token))
            return syntax.Duration(ns)
        if token.type == "STRING":
            return syntax.Text(_unescaped(token[1:-1]))
        return syntax.Number(_number(token))

    def REGEX(self, token: Token) -> syntax.Pattern:  # noqa: N802 - a terminal's name
        text = token[1:-1].replace("\\/", "/")
        check_pattern(text, _place(token))
        return syntax.Pattern(text)

    def signed(self, minus: Token | None, token: Token) -> syntax.Number:
        number = _number(token)
        return syntax.Number(-number if minus else number)

    # Expressions.

    def arithmetic(self, *parts: Any) -> Expression:
        tree: Expression = parts[0]
        for operator, right in zip(parts[1::2], parts[2::2], strict=True):
            tree = _bounded(syntax.Arithmetic(str(operator), tree, right), operator)
        return tree

    def negative(self, minus: Token, value: Expression) -> Expression:
        if isinstance(value, syntax.Number):
            return syntax.Number(-value.value)
        if isinstance(value, syntax.Duration):
            return syntax.Duration(-value.ns)
        return _bounded(syntax.Arithmetic("*", syntax.Number(-1), value), minus)

    def compare(self, left: Expression, operator: Token, right: Expression) -> Expression:
        sign = "!=" if operator == "<>" else str(operator)
        return _bounded(syntax.Comparison(sign, left, right), operator)

    def all_of(self, *parts: Expression) -> Expression:
        return parts[0] if len(parts) == 1 else _bounded(syntax.AllOf(parts))

    def any_of(self, *parts: Expression) -> Expression:
        return parts[0] if len(parts) == 1 else _bounded(syntax.AnyOf(parts))

    def call(self, name: Token, *arguments: Expression | None) -> Expression:
        given = tuple(argument for argument in arguments if argument is not None)
        _require_few(len(given), MAX_ARGUMENTS, "arguments of a function")
        return _bounded(syntax.Call(name.lower(), given, _place(name)), name)

    def distinct_call(self, argument: Expression) -> Expression:
        return _bounded(syntax.Call("distinct", (argument,)))

    def wildcard(self, _star: Token) -> syntax.Wildcard:
        return syntax.Wildcard()

    # SELECT.

    def field(self, what: Expression | Token, alias: Token | None) -> syntax.Chosen:
        expression = syntax.Wildcard() if isinstance(what, Token) else what
        return syntax.Chosen(expression, str(alias or ""))

    def distinct_field(self, name: Token) -> syntax.Chosen:
        return syntax.Chosen(syntax.Call("distinct", (self.reference(name),), _place(name)))

    def fields(self, *chosen: syntax.Chosen) -> tuple[syntax.Chosen, ...]:
        _require_few(len(chosen), MAX_LISTED, "columns")
        return chosen

    def sources(self, *sources: Any) -> tuple[Any, ...]:
        _require_few(len(sources), MAX_LISTED, "measurements and subqueries")
        return sources

    from_ = sources

    def subquery(self, select: syntax.Select) -> syntax.Select:
        return select

    def measurement(self, *names: Token | syntax.Pattern) -> syntax.Measurement:
        *above, name = names
        policy, database = [str(each) for each in reversed(above)] + [""] * (2 - len(above))
        return syntax.Measurement(_name(name), policy, database)

    def measurement_of_default(self, database: Token, *name: Token | syntax.Pattern) -> syntax.Measurement:
        return syntax.Measurement(_name(name[-1]), "", str(database))

    def where(self, condition: Expression) -> Expression:
        _require_few(_comparisons(condition), MAX_COMPARISONS, "comparisons; a pattern, =~ /^(a|b)$/, stands for many")
        return condition

    def on(self, database: Token) -> str:
        return str(database)

    def dimension(self, what: Token | syntax.Call) -> Expression:
        if isinstance(what, syntax.Call):
            return what
        return syntax.Wildcard() if what.type == "STAR" else syntax.Reference(str(what), _place(what))

    def group_by(self, *dimensions: Expression) -> tuple[Expression, ...]:
        _require_few(len(dimensions), MAX_LISTED, "tags to group by")
        return dimensions

    def fill(self, how: Token | syntax.Number) -> Fill:
        if isinstance(how, syntax.Number):
            return Fill(FillKind.NUMBER, how.value)
        if how.lower() not in {"null", "none", "previous", "linear"}:
            raise ParseError(f"fill({how}): expected null, none, previous, linear or a number", _place(how))
        return Fill(FillKind(how.lower()))

    def order_by(self, name: Token, way: Token | None) -> bool:
        if name != "time":
            raise ParseError("only ORDER BY time supported at this time")
        return way is not None and way.type == "DESC"

    def limit(self, count: Token) -> int:
        return _count(count)

    offset = slimit = soffset = limit

    def zone(self, name: Token) -> str:
        zone = _unescaped(name[1:-1])
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ParseError(f"unable to find time zone {zone}", _place(name)) from None
        return zone

    def select(self, *parts: Any) -> syntax.Select:
        chosen, sources, condition, dimensions, fill, newest_first, limit, offset, slimit, soffset, zone = parts
        return syntax.Select(
            chosen=chosen,
            sources=sources,
            condition=condition,
            dimensions=dimensions or (),
            fill=fill or Fill(),
            newest_first=bool(newest_first),
            rows=_rows(limit, offset),
            series=_rows(slimit, soffset),
            zone=zone or "",
        )

    # SHOW.

    def with_measurement(self, _sign: Token, name: Token | syntax.Pattern) -> syntax.Measurement:
        return syntax.Measurement(_name(name))

    def with_key(self, sign: Token, name: Token) -> KeyChoice:
        return KeyChoice((str(name),), is_not=sign.type == "DIFFERS")

    def with_key_like(self, sign: Token, pattern: syntax.Pattern) -> KeyChoice:
        return KeyChoice(pattern=pattern, is_not=sign.type == "MATCHES_NOT")

    def with_key_in(self, *names: Token) -> KeyChoice:
        return KeyChoice(tuple(map(str, names)))

    def show_databases(self) -> Show:
        return Show(Subject.DATABASES)

    def show_policies(self, database: str | None) -> Show:
        return Show(Subject.POLICIES, database or "")

    def show_measurements(self, *parts: Any) -> Show:
        database, source, condition, limit, offset = parts
        sources = (source,) if source else ()
        return Show(Subject.MEASUREMENTS, database or "", sources, condition=condition, rows=_rows(limit, offset))

    def show_tag_keys(self, *parts: Any) -> Show:
        database, sources, condition, limit, offset = parts
        return Show(Subject.TAG_KEYS, database or "", sources or (), condition=condition, rows=_rows(limit, offset))

    def show_field_keys(self, *parts: Any) -> Show:
        database, sources, limit, offset = parts
        return Show(Subject.FIELD_KEYS, database or "", sources or (), rows=_rows(limit, offset))

    def show_tag_values(self, *parts: Any) -> Show:
        database, sources, keys, condition, limit, offset = parts
        return Show(Subject.TAG_VALUES, database or "", sources or (), keys, condition, _rows(limit, offset))

    def show_series_cardinality(self, *parts: Any) -> Show:
        return _cardinality(Subject.SERIES_CARDINALITY, *parts)

    def show_measurement_cardinality(self, *parts: Any) -> Show:
        return _cardinality(Subject.MEASUREMENT_CARDINALITY, *parts)

    def show_tag_values_cardinality(self, *parts: Any) -> Show:
        exact, database, sources, keys, condition = parts
        return Show(
            Subject.TAG_VALUES_CARDINALITY, database or "", sources or (), keys, condition, is_exact=bool(exact)
        )


def tree_builder() -> Any:
    """What Lark takes as `transformer`: the parser's result is then the statements themselves."""
    return _TreeBuilder()


def _cardinality(
    subject: Subject,
    exact: Token | None,
    database: str | None,
    sources: tuple[syntax.Measurement, ...] | None,
    condition: Expression | None,
) -> Show:
    return Show(subject, database or "", sources or (), condition=condition, is_exact=bool(exact))


def depth(tree: Expression) -> int:
    """How many levels an expression has; those below are known to be within bounds."""
    if isinstance(tree, syntax.Arithmetic | syntax.Comparison):
        return 1 + max(depth(tree.left), depth(tree.right))
    if isinstance(tree, syntax.AllOf | syntax.AnyOf):
        return 1 + max(map(depth, tree.parts))
    if isinstance(tree, syntax.Call):
        return 1 + max(map(depth, tree.arguments), default=0)
    return 1


def _comparisons(tree: Expression) -> int:
    if isinstance(tree, syntax.AllOf | syntax.AnyOf):
        return sum(map(_comparisons, tree.parts))
    return 1


def _require_few(count: int, most: int, what: str) -> None:
    if count > most:
        raise ParseError(f"{count} where at most {most} are answered: {what}")


def _bounded(tree: Expression, token: Token | None = None) -> Expression:
    if depth(tree) > MAX_DEPTH:
        raise ParseError(
            f"an expression of more than {MAX_DEPTH} levels; simplify it", _place(token) if token else None
        )
    return tree


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], text)


def _number(token: Token) -> int | float:
    if token.type == "NUMBER" and len(token) <= 40:
        return float(token)
    if token.type == "NUMBER" or len(token) > 19 or int(token) > MAX_NS:
        raise ParseError(f"unable to parse number {token[:40]}", _place(token))
    return int(token)


def _count(token: Token) -> int:
    return int(_number(token))


def _rows(limit: int | None, offset: int | None) -> Rows:
    """LIMIT 0 means all, as InfluxDB has it; more than there can be is as good as all."""
    return Rows(min(limit, _MANY) if limit else None, min(offset or 0, _MANY))


def _name(name: Token | syntax.Pattern) -> str | syntax.Pattern:
    return name if isinstance(name, syntax.Pattern) else str(name)


def _place(token: Token) -> Place:
    return Place(token.line or 1, token.column or 1)
