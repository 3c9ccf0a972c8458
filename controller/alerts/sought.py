"""What a rule looks for and when it is over, in words: English and Chinese of one sentence always come together. Pure."""

import re

from campus.ids import MetricId
from campus.metrics import Metric, catalogue
from controller.alerts.model import (
    Absence,
    Baseline,
    Change,
    Comparison,
    Elsewhere,
    Expression,
    Group,
    GroupOf,
    Ratio,
    Rule,
    States,
    Threshold,
)
from controller.alerts.reasons import Words, lasting
from controller.wording import Language, number, quantity, share

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_STATE = re.compile(r"([a-z][a-z0-9_]*) (==|!=) '(\w+)'")
_OPERATORS = {"==": "=", "!=": "≠", ">=": "≥", "<=": "≤"}
_CHINESE_WORDS = {" and ": " 且 ", " or ": " 或 ", "not ": "非 "}


def sought(rule: Rule) -> Words:
    """What makes a rule raise its alert.

    >>> from controller.alerts.rulebook import shipped_rules
    >>> [words.replace("\\xa0", " ") for words in sought(shipped_rules().rule("freezer-warm"))]
    ['Temperature above -12.0 °C for 1 h', '温度高于 -12.0 °C，持续1小时']
    """
    condition, metric = rule.condition, catalogue()[MetricId(rule.metric)]
    match condition:
        case Elsewhere():
            return "concluded from what many devices tell", "由多台设备的数据综合判断"
        case Absence():
            length = lasting(condition.after_s)
            return f"{metric.en}: nothing heard for {length[0]}", f"{metric.zh}：{length[1]}无数据"
        case States():
            english, chinese = _either_state(metric, condition.bad)
            words = f"{metric.en}: {english}", f"{metric.zh}：{chinese}"
        case Threshold():
            words = _beyond(metric, condition.comparison, _amount(metric, condition.level))
        case Ratio():
            of = catalogue()[MetricId(condition.of)]
            part = share(condition.level)
            side = _side(condition.comparison)
            words = f"{metric.en} {side[0]} {part} of {of.en}", f"{metric.zh}{side[1]}{of.zh}的 {part}"
        case Change():
            words = _change(metric, condition)
        case Baseline():
            words = _unusual(metric, condition)
        case Group():
            words = _share_of_group(metric, condition)
        case Expression():
            words = formula_in_words(condition.bad)
    return _held(words, condition.hold_s)


def over_at(rule: Rule) -> Words:
    """What ends it, where that is not merely the opposite; empty texts where it is."""
    condition, metric = rule.condition, catalogue()[MetricId(rule.metric)]
    words: Words = "", ""
    if isinstance(condition, Threshold | Change | Ratio | Group):
        level = condition.clear_level
        if level is not None and level != condition.level:
            side = _side(condition.comparison) if not isinstance(condition, Group) else _side(Comparison.ABOVE)
            is_share = isinstance(condition, Ratio | Group)
            amount = (
                (share(level), share(level))
                if is_share
                else _amount(metric, level, is_step=isinstance(condition, Change))
            )
            words = f"no longer {side[0]} {amount[0]}", f"不再{side[1]} {amount[1]}"
    elif isinstance(condition, Expression) and condition.good:
        words = formula_in_words(condition.good)
    if isinstance(condition, Absence | Elsewhere) or not words[0]:
        return "", ""
    return _held(words, condition.clear_hold_s)


def formula_in_words(formula: str) -> Words:
    """A formula with labels in the place of the names of metrics and states.

    >>> formula_in_words("door_state == 'open' and temperature_cel > -15")
    ('Door = “Open” and Temperature > -15 °C', '门 = “开” 且 温度 > -15 °C')
    """
    english, chinese = (
        _STATE.sub(lambda m: _named_state(m, 0), formula),
        _STATE.sub(lambda m: _named_state(m, 1), formula),
    )
    english, chinese = _labelled(english, Language.EN), _labelled(chinese, Language.ZH)
    for sign, better in _OPERATORS.items():
        english, chinese = english.replace(sign, better), chinese.replace(sign, better)
    for word, better in _CHINESE_WORDS.items():
        chinese = chinese.replace(word, better)
    return english, chinese


def _named_state(found: re.Match[str], place: int) -> str:
    metric = catalogue()[MetricId(found[1])]
    state = next(state for state in metric.states if state.name == found[3])
    return f"{found[1]} {found[2]} “{(state.en, state.zh)[place]}”"


def _labelled(formula: str, language: Language) -> str:
    """Names of metrics become their labels, numbers they are compared with get their units."""

    def label(found: re.Match[str]) -> str:
        metric = catalogue().get(MetricId(found[1]))
        if metric is None:
            return found[0]
        name = metric.zh if language is Language.ZH else metric.en
        if found[3] is None:
            return name + (found[2] or "")
        return f"{name} {found[2].strip()} {quantity_of(metric, float(found[3]), language)}"

    return re.sub(rf"({_NAME.pattern})(?:( (?:<=|>=|<|>) )(-?[0-9.]+))?", label, formula)


def quantity_of(metric: Metric, value: float, language: Language) -> str:
    """A level of a metric; whole degrees as whole."""
    if metric.unit == "Cel":
        return f"{number(value)} °C"
    return quantity(value, metric.unit, language).replace("\N{NO-BREAK SPACE}", " ")


def _side(comparison: Comparison) -> Words:
    return ("above", "高于") if comparison is Comparison.ABOVE else ("below", "低于")


def _beyond(metric: Metric, comparison: Comparison, level: Words) -> Words:
    side = _side(comparison)
    return f"{metric.en} {side[0]} {level[0]}", f"{metric.zh}{side[1]} {level[1]}"


def _change(metric: Metric, condition: Change) -> Words:
    within, step = lasting(condition.within_s), _amount(metric, condition.level, is_step=True)
    rose = condition.comparison is Comparison.ABOVE
    english = f"{metric.en} {'rose' if rose else 'fell'} by more than {step[0]} within {within[0]}"
    return english, f"{metric.zh}在{within[1]}内{'上升' if rose else '下降'}超过 {step[1]}"


def _unusual(metric: Metric, condition: Baseline) -> Words:
    side, least = _side(condition.comparison), _amount(metric, condition.least, is_step=True)
    deviations = number(condition.deviations)
    usual = f"what is usual at this hour of this weekday, by {least[0]} and {deviations} deviations at least"
    english = f"{metric.en} {side[0]} {usual}"
    return english, f"{metric.zh}{side[1]}同一星期同一时段的平常值，至少相差 {least[1]} 且 {deviations} 倍偏差"


def _share_of_group(metric: Metric, condition: Group) -> Words:
    part = share(condition.level)
    whose = (
        ("a device's parts", "同一设备{}的部件")
        if condition.of is GroupOf.DEVICE
        else ("a school's", "同一学校{}的设备")
    )
    if condition.bad:
        english, chinese = _either_state(metric, condition.bad)
        bad = f"{metric.en}: {english}", f"{metric.zh}：{chinese}"
    else:
        bad = _beyond(metric, condition.comparison, _amount(metric, condition.member_level or 0.0))
    return f"more than {part} of {whose[0]} at once: {bad[0]}", f"{whose[1].format(f'超过 {part} ')}同时处于 {bad[1]}"


def _either_state(metric: Metric, names: tuple[str, ...]) -> Words:
    states = [state for state in metric.states if state.name in names]
    return " or ".join(state.en for state in states), " 或 ".join(state.zh for state in states)


def _amount(metric: Metric, value: float, *, is_step: bool = False) -> Words:
    """A level; as a step between two levels decibels are plain, and 0 is none."""
    unit = "dB" if is_step and metric.unit == "dB[mW]" else metric.unit
    return quantity(value, unit, Language.EN), quantity(value, unit, Language.ZH)


def _held(words: Words, seconds: float) -> Words:
    if seconds <= 0:
        return words
    length = lasting(seconds)
    return f"{words[0]} for {length[0]}", f"{words[1]}，持续{length[1]}"
