"""What was judged, in words: English and Chinese of one reason always come together. Pure."""

import math
from collections.abc import Sequence

from campus.ids import MetricId
from campus.metrics import Metric, catalogue
from controller.alerts.events import EVENT_PREFIX
from controller.alerts.judging.derived.settings import formulas_of
from controller.alerts.model import (
    Absence,
    Change,
    Comparison,
    Derived,
    Elsewhere,
    Expression,
    Group,
    Ratio,
    Rule,
    States,
    Threshold,
)
from controller.wording import Language, duration, in_each_language, quantity, share

Words = tuple[str, str]
"""English, Chinese."""


def told(
    rule: Rule, value: float, lasted_s: int, text: str = "", text_zh: str = "", beside: Sequence[float] = ()
) -> Words:
    """Why a case is bad: what was measured against what, and for how long; or what was said of it by device or judge.

    `beside` is what `Transition.beside` holds.

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
    metric = catalogue()[MetricId(rule.metric)]
    english, chinese = (
        derived(condition, metric, value, beside)
        if isinstance(condition, Derived)
        else _measured(condition, metric, value)
    )
    if lasted_s <= 0:
        return english, chinese
    joint = ", for" if isinstance(condition, Derived) else " for"
    return f"{english}{joint} {lasted[0]}", f"{chinese}，已持续{lasted[1]}"


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
    if isinstance(rule.condition, Group):
        return f"good again: {share(value)} are affected", f"已恢复：受影响占 {share(value)}"
    if isinstance(rule.condition, States) or metric.states:
        english, chinese = _state(metric, value)
        return f"good again: {english}", f"已恢复：{chinese}"
    english, chinese = _amount(metric, value)
    return f"good again, measured {english}", f"已恢复正常，测得 {chinese}"


def derived(condition: Derived, metric: Metric, value: float, beside: Sequence[float]) -> Words:
    """What was worked out, against what; without what stands beside it, only what is sought."""
    if isinstance(condition, Expression):
        return _together(condition, beside)
    if isinstance(condition, Group):
        return _of_group(condition, value, beside)
    is_above, now = condition.comparison is Comparison.ABOVE, _amount(metric, value)
    known = [each for each in beside if not math.isnan(each)]
    if isinstance(condition, Change):
        within = lasting(condition.within_s)
        before = _amount(metric, known[0]) if known else None
        way = ("risen", "上升") if is_above else ("fallen", "下降")
        level = _amount(metric, condition.level)
        sought = (
            f"has {way[0]} by more than {level[0]} within {within[0]}",
            f"{within[1]}内{way[1]}超过 {level[1]}",
        )
        if before is None:
            return f"{now[0]}, {sought[0]}", f"测得 {now[1]}，{sought[1]}"
        return f"from {before[0]} to {now[0]}: {sought[0]}", f"由 {before[1]} 变为 {now[1]}：{sought[1]}"
    side = ("above", "高于") if is_above else ("below", "低于")
    if len(known) < len(("usual", "allowed")):
        return f"{now[0]} is {side[0]} what is usual at this hour", f"测得 {now[1]}，{side[1]}此时段的平常值"
    usual, allowed = _amount(metric, known[0]), _amount(metric, known[1])
    return (
        f"{now[0]}, usual at this hour of this weekday is {usual[0]}, give or take {allowed[0]}",
        f"测得 {now[1]}，每周此时段平常为 {usual[1]}，上下浮动 {allowed[1]} 属正常",
    )


def _of_group(condition: Group, value: float, beside: Sequence[float]) -> Words:
    part, level = share(value), share(condition.level)
    if not beside:
        return f"{part} are affected, more than {level}", f"受影响占 {part}，超过 {level}"
    bad, heard = (round(each) for each in beside)
    return (
        f"{bad} of {heard} are affected ({part}), more than {level}",
        f"{heard} 个中有 {bad} 个受影响（{part}），超过 {level}",
    )


def _together(condition: Expression, beside: Sequence[float]) -> Words:
    """The values of all that an expression speaks of."""
    metrics = [catalogue()[MetricId(each)] for each in formulas_of(condition).metrics]
    values = [(each, value) for each, value in zip(metrics, beside, strict=False) if not math.isnan(value)]
    if not values:
        return "several readings together are out of order", "多项读数组合异常"
    said = [(each, _state(each, value) if each.states else _amount(each, value)) for each, value in values]
    return (
        "; ".join(f"{each.en}: {words[0]}" for each, words in said),
        "；".join(f"{each.zh}：{words[1]}" for each, words in said),
    )


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
