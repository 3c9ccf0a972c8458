"""What was judged, in words: English and Chinese of one reason always come together. Pure."""

import math

from campus.ids import MetricId
from campus.metrics import Metric, catalogue
from controller.alerts.events import EVENT_PREFIX
from controller.alerts.model import Absence, Comparison, Elsewhere, Ratio, Rule, States, Threshold
from controller.wording import Language, duration, in_each_language, quantity, share

Words = tuple[str, str]
"""English, Chinese."""


def told(rule: Rule, value: float, lasted_s: int, text: str = "", text_zh: str = "") -> Words:
    """Why a case is bad: what was measured against what, and for how long; or what was said of it by device or judge.

    >>> from controller.alerts.rulebook import shipped_rules
    >>> told(shipped_rules().rule("freezer-warm"), -9.5, 600)[0].replace("\\xa0", " ")
    '-9.5 °C is above -12.0 °C for 10 min'
    """
    if isinstance(rule.condition, Elsewhere):
        return text or rule.title_en, text_zh or rule.title_zh
    if text:
        english, chinese = in_each_language(text)
        return f"the device reported: {english}", f"设备上报：{chinese}"
    condition = rule.condition
    lasted = lasting(lasted_s)
    if isinstance(condition, Absence):
        allowed = lasting(condition.after_s)
        return f"silent for {lasted[0]}, {allowed[0]} is allowed", f"已{lasted[1]}无数据，允许{allowed[1]}"
    english, chinese = _measured(condition, catalogue()[MetricId(rule.metric)], value)
    if lasted_s <= 0:
        return english, chinese
    return f"{english} for {lasted[0]}", f"{chinese}，已持续{lasted[1]}"


def lasting(seconds: float) -> Words:
    """A length of time."""
    return duration(seconds, Language.EN), duration(seconds, Language.ZH)


def over(rule: Rule, value: float) -> Words:
    """Why it is good again."""
    if rule.id.startswith(EVENT_PREFIX):
        return "the device reported that it is over", "设备上报已恢复"
    if isinstance(rule.condition, Elsewhere):
        return "good again", "已恢复正常"
    if math.isnan(value) or isinstance(rule.condition, Absence):
        return "heard again", "已恢复通信"
    metric = catalogue()[MetricId(rule.metric)]
    if isinstance(rule.condition, States):
        english, chinese = _state(metric, value)
        return f"good again: {english}", f"已恢复：{chinese}"
    english, chinese = _amount(metric, value)
    return f"good again, measured {english}", f"已恢复正常，测得 {chinese}"


def _measured(condition: Threshold | Ratio | States, metric: Metric, value: float) -> Words:
    if isinstance(condition, States):
        return _state(metric, value)
    side = ("above", "高于") if condition.comparison is Comparison.ABOVE else ("below", "低于")
    english, chinese = _amount(metric, value)
    if isinstance(condition, Ratio):
        part = share(condition.level)
        return f"{english} is {side[0]} {part} of what fits", f"测得 {chinese}，{side[1]}容量的 {part}"
    level = _amount(metric, condition.level)
    return f"{english} is {side[0]} {level[0]}", f"测得 {chinese}，{side[1]} {level[1]}"


def _amount(metric: Metric, value: float) -> Words:
    return quantity(value, metric.unit, Language.EN), quantity(value, metric.unit, Language.ZH)


def _state(metric: Metric, value: float) -> Words:
    state = metric.state(value)
    return (state.en, state.zh) if state else (f"{value:g}", f"{value:g}")
