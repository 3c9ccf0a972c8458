"""From a rule's condition, as people write it, to the limits the core computes with. Pure."""

import math

from campus.ids import MetricId
from campus.metrics import catalogue
from controller.alerts.judgement import Limits
from controller.alerts.model import Absence, Comparison, Ratio, Rule, States, Threshold

_STATE_LEVEL = 0.5


def limits_of(rule: Rule, divisor: float = math.nan) -> Limits:
    """Limits of a threshold, ratio or states rule; `divisor` is what a ratio divides by, NaN while it is not known."""
    condition = rule.condition
    if isinstance(condition, Absence):
        raise TypeError("an absence has no limits")
    hold_ms, clear_hold_ms = round(condition.hold_s * 1000), round(condition.clear_hold_s * 1000)
    if isinstance(condition, States):
        return Limits(1.0, _STATE_LEVEL, _STATE_LEVEL, _bits(rule.metric, condition), hold_ms, clear_hold_ms)
    sign = 1.0 if condition.comparison is Comparison.ABOVE else -1.0
    level, clear = levels_of(condition, divisor)
    return Limits(sign, level, clear, 0, hold_ms, clear_hold_ms)


def levels_of(condition: Threshold | Ratio, divisor: float = math.nan) -> tuple[float, float]:
    """Level and clear level in the metric's unit, times the sign; NaN for a ratio to what is not known or 0.

    >>> levels_of(Threshold(Comparison.BELOW, level=10, clear_level=15))
    (-10.0, -15.0)
    """
    sign = 1.0 if condition.comparison is Comparison.ABOVE else -1.0
    scale = 1.0
    if isinstance(condition, Ratio):
        scale = divisor if divisor > 0 else math.nan
    clear = condition.level if condition.clear_level is None else condition.clear_level
    return sign * scale * condition.level, sign * scale * clear


def _bits(metric: str, condition: States) -> int:
    definition = catalogue()[MetricId(metric)]
    bits = 0
    for name in condition.bad:
        bits |= 1 << definition.state_value(name)
    return bits
