"""+ - * / of columns and numbers, with InfluxDB's ways: whole by whole gives a fraction, division by nothing gives 0. Pure."""

from typing import Any

import numpy as np

from controller.influxql.table import Column, Kind

Operand = Column | int | float


def combined(operator: str, left: Operand, right: Operand) -> Operand:
    """One of ``+ - * /`` applied row by row; no value where either side has none.

    >>> combined("/", 3, 2), combined("/", 3, 0), combined("-", 3, 2)
    (1.5, 0.0, 1)
    """
    if not isinstance(left, Column) and not isinstance(right, Column):
        size_one = combined(operator, number_column(left, 1), right)
        value: int | float = size_one.values[0].item() if isinstance(size_one, Column) else size_one
        return value
    first, second = _values(left), _values(right)
    there = [side.there for side in (left, right) if isinstance(side, Column)]
    with np.errstate(all="ignore"):
        values = _worked_out(operator, first, second)
    kind = Kind.INTEGER if values.dtype.kind == "i" else Kind.FLOAT
    return Column(kind, values, there[0] & there[-1])


def number_column(number: int | float, size: int) -> Column:
    """The same number in every row."""
    kind = Kind.INTEGER if isinstance(number, int) else Kind.FLOAT
    return Column(kind, np.full(size, number), np.ones(size, np.bool_))


def _values(side: Operand) -> Any:
    if isinstance(side, Column):
        return side.values
    return np.int64(side) if isinstance(side, int) else np.float64(side)


def _worked_out(operator: str, left: Any, right: Any) -> Any:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    divided = np.asarray(left / right, np.float64)
    return np.where(right == 0, 0.0, divided)
