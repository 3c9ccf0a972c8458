"""Small formulas over metrics of one device: read with Python's grammar, of which little is allowed, and compiled to numpy.

Nothing of the text is ever evaluated: its tree is walked once, and each of the few kinds of node becomes a function over
columns. What is unknown (NaN) makes everything unknown that is worked out of it.
"""

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from campus.document import nearest
from campus.ids import MetricId
from campus.metrics import Metric, MetricKind, publishable
from controller.store.port import Values

MAX_TEXT: Final = 500
MAX_METRICS: Final = 8
LARGEST: Final = 1e30
"""Of numbers in the text: no metric comes near it."""
Columns = Sequence[Values]
Part = Callable[[Columns], Values]

_ARITHMETIC: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class FormulaError(ValueError):
    """What is wrong with a formula, from which character on, and what to do."""

    def __init__(self, column: int, complaint: str) -> None:
        super().__init__(f"at character {column}: {complaint}")


class Formula(NamedTuple):
    """A formula, compiled: `truth` takes a column for each of `metrics` and tells 1 true, 0 false, NaN unknown."""

    metrics: tuple[str, ...]
    truth: Part


def read_formula(text: str) -> Formula:
    """Compile a formula; `FormulaError` when it is none.

    >>> hot = read_formula("cpu_percent > 90 and not memory_percent < 50")
    >>> hot.metrics, hot.truth([np.array([95.0, 95.0, np.nan]), np.array([60.0, 40.0, 60.0])]).tolist()
    (('cpu_percent', 'memory_percent'), [1.0, 0.0, nan])
    """
    if len(text) > MAX_TEXT:
        raise FormulaError(MAX_TEXT + 1, f"a formula has at most {MAX_TEXT} characters: write two rules")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise FormulaError(error.offset or 1, "this is no formula: write such as 'cpu_percent > 90'") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(1, "this is no formula: write such as 'cpu_percent > 90'") from error
    compiler = _Compiler(text.strip())
    truth = compiler.truth(tree.body)
    if not compiler.metrics:
        raise FormulaError(1, "a formula speaks of one metric at least")

    def quiet_truth(columns: Columns) -> Values:
        with np.errstate(all="ignore"):  # what overflows is infinite, or unknown
            return truth(columns)

    return Formula(tuple(compiler.metrics), quiet_truth)


class _Compiler:
    """Walks the tree of one formula."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()
        self.metrics: list[str] = []

    def truth(self, node: ast.expr) -> Part:
        """What is true or false."""
        match node:
            case ast.BoolOp(op, values):
                join = np.minimum if isinstance(op, ast.And) else np.maximum  # both pass on what is unknown
                parts = [self.truth(each) for each in values]
                return lambda columns: _folded(join, [part(columns) for part in parts])
            case ast.UnaryOp(ast.Not(), operand):
                inner = self.truth(operand)
                return lambda columns: 1.0 - inner(columns)
            case ast.Compare(left, ops, comparators):
                sides = [left, *comparators]
                pairs = [self._compared(a, op, b) for a, op, b in zip(sides, ops, sides[1:], strict=False)]
                return lambda columns: _folded(np.minimum, [pair(columns) for pair in pairs])
            case _:
                raise self._wrong(
                    node, "here stands a comparison, such as 'cpu_percent > 90', or several with and, or, not"
                )

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Part:
        if type(op) not in _COMPARISONS:
            raise self._wrong(right, "compare with <, <=, >, >=, == or !=")
        for one, other in ((left, right), (right, left)):
            if isinstance(other, ast.Constant) and isinstance(other.value, str):
                return self._named(one, op, other)
        compare, a, b = _COMPARISONS[type(op)], self._number(left), self._number(right)
        return lambda columns: _truth(compare, a(columns), b(columns))

    def _named(self, node: ast.expr, op: ast.cmpop, name: ast.Constant) -> Part:
        """A state metric compared with the name of a state."""
        if not isinstance(node, ast.Name) or not isinstance(op, ast.Eq | ast.NotEq):
            raise self._wrong(name, "a name in quotes is compared with == or != to a metric of states")
        metric = self._metric(node)
        known = {state.name: state.value for state in metric.states}
        if str(name.value) not in known:
            advice = nearest(str(name.value), list(known))
            raise self._wrong(name, f"{node.id} has no state {name.value!r}.{advice}")
        state, compare, column = float(known[str(name.value)]), _COMPARISONS[type(op)], self._column(node.id)
        return lambda columns: _truth(compare, columns[column], state)

    def _number(self, node: ast.expr) -> Part:
        match node:
            case ast.Constant(int() | float() as value) if not isinstance(value, bool):
                if not -LARGEST <= value <= LARGEST:
                    raise self._wrong(node, f"no metric has a number beyond {LARGEST:g}")
                number = np.array(float(value))
                return lambda _: number
            case ast.UnaryOp(ast.USub(), operand):
                inner = self._number(operand)
                return lambda columns: -inner(columns)
            case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
                work, a, b = _ARITHMETIC[type(op)], self._number(left), self._number(right)
                return lambda columns: work(a(columns), b(columns))
            case ast.BinOp(left, ast.Div(), right):
                a, b = self._number(left), self._number(right)
                return lambda columns: _divided(a(columns), b(columns))
            case ast.Name(name):
                if self._metric(node).kind is MetricKind.STATE:
                    raise self._wrong(
                        node, f"{name} has states: compare it with the name of one, in quotes, by == or !="
                    )
                column = self._column(name)
                return lambda columns: columns[column]
            case _:
                raise self._wrong(
                    node, "here stands a number, a metric, or a sum, difference, product or quotient of such"
                )

    def _metric(self, node: ast.Name) -> Metric:
        metric = publishable().get(MetricId(node.id))
        if metric is None:
            raise self._wrong(node, f"the catalogue has no metric {node.id!r}.{nearest(node.id, list(publishable()))}")
        return metric

    def _column(self, name: str) -> int:
        if name not in self.metrics:
            if len(self.metrics) == MAX_METRICS:
                raise FormulaError(1, f"a formula speaks of at most {MAX_METRICS} metrics: write two rules")
            self.metrics.append(name)
        return self.metrics.index(name)

    def _wrong(self, node: ast.expr, complaint: str) -> FormulaError:
        before = b"".join(self._text.splitlines(keepends=True)[: node.lineno - 1])
        return FormulaError(len(self._text[: len(before) + node.col_offset].decode()) + 1, complaint)


def _folded(join: Callable[[Any, Any], Any], parts: Sequence[Values]) -> Values:
    whole = parts[0]
    for part in parts[1:]:
        whole = join(whole, part)
    return whole


def _truth(compare: Callable[[Any, Any], Any], left: Any, right: Any) -> Values:
    is_unknown = np.isnan(left) | np.isnan(right)
    return np.where(is_unknown, np.nan, compare(left, right))


def _divided(left: Values, right: Values) -> Values:
    """Nothing is known of what is divided by 0."""
    return np.where(right == 0, np.nan, np.divide(left, right))
