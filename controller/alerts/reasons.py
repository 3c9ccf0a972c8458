"""What was judged, in words: English and Chinese of one reason always come together. Pure."""

import math

from campus.ids import MetricId
from campus.metrics import Metric, catalogue
from controller.alerts.events import EVENT_PREFIX
from controller.alerts.model import Absence, Comparison, Ratio, Rule, States, Threshold

Words = tuple[str, str]
"""English, Chinese."""


def told(rule: Rule, value: float, lasted_s: int, text: str = "") -> Words:
    """Why a case is bad: what was measured against what, and for how long; or what the device itself said.

    >>> from controller.alerts.rulebook import shipped_rules
    >>> told(shipped_rules().rule("freezer-warm"), -9.5, 600)[0]
    '-9.5 Cel is above -12 Cel for 600 s'
    """
    if text:
        return f"the device reported: {text}", f"设备上报：{text}"
    condition = rule.condition
    if isinstance(condition, Absence):
        allowed = f"{condition.after_s:g}"
        return f"silent for {lasted_s} s, {allowed} s are allowed", f"已 {lasted_s} 秒无数据，允许 {allowed} 秒"
    english, chinese = _measured(condition, catalogue()[MetricId(rule.metric)], value)
    if lasted_s <= 0:
        return english, chinese
    return f"{english} for {lasted_s} s", f"{chinese}，已持续 {lasted_s} 秒"


def over(rule: Rule, value: float) -> Words:
    """Why it is good again."""
    if rule.id.startswith(EVENT_PREFIX):
        return "the device reported that it is over", "设备上报已恢复"
    if math.isnan(value) or isinstance(rule.condition, Absence):
        return "heard again", "已恢复通信"
    metric = catalogue()[MetricId(rule.metric)]
    if isinstance(rule.condition, States):
        english, chinese = _state(metric, value)
        return f"good again: {english}", f"已恢复：{chinese}"
    return f"good again, measured {value:g} {metric.unit}", f"已恢复正常，测得 {value:g} {metric.unit}"


def _measured(condition: Threshold | Ratio | States, metric: Metric, value: float) -> Words:
    if isinstance(condition, States):
        return _state(metric, value)
    side = ("above", "高于") if condition.comparison is Comparison.ABOVE else ("below", "低于")
    measured = f"{value:g} {metric.unit}"
    if isinstance(condition, Ratio):
        share = f"{condition.level:.0%}"
        return f"{measured} is {side[0]} {share} of what fits", f"测得 {measured}，{side[1]}容量的 {share}"
    level = f"{condition.level:g} {metric.unit}"
    return f"{measured} is {side[0]} {level}", f"测得 {measured}，{side[1]} {level}"


def _state(metric: Metric, value: float) -> Words:
    state = metric.state(value)
    return (state.en, state.zh) if state else (f"{value:g}", f"{value:g}")
