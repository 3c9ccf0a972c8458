"""Why an alert came and went, in words that a person without training reads."""

import re

import pytest

from controller.alerts.events import event_rule
from controller.alerts.model import Absence, Baseline, Elsewhere, Expression, Ratio, Rule, States
from controller.alerts.reasons import over, told
from controller.alerts.rulebook import shipped_rules

RULES = shipped_rules()
RAW_UNIT = re.compile(r"Cel\b|\bBy\b|[{}]|\b\d{3,} s\b|\d{5,}|e\+")


@pytest.mark.parametrize(
    ("rule", "value", "lasted_s", "english", "chinese"),
    [
        (
            "freezer-warm",
            -9.5,
            600,
            "-9.5 °C is above -12.0 °C for 10 min",
            "测得 -9.5 °C，高于 -12.0 °C，已持续10分钟",
        ),
        ("gas-leak", 14.0, 0, "14 % is above 10 %", "测得 14 %，高于 10 %"),
        (
            "uplink-in-full",
            9.34e9,
            300,
            "9.34 Gbit/s is above 90 % of what fits for 5 min",
            "测得 9.34 Gbit/s，高于容量的 90 %，已持续5分钟",
        ),
        ("gateway-unreachable", 0.0, 30, "Unreachable for 30 s", "不可达，已持续30秒"),
        ("board-silent", 0.0, 3700, "silent for 1 h 1 min, 10 min is allowed", "已1小时1分钟无数据，允许10分钟"),
        (
            "agent-behind",
            620.0,
            60,
            "10 min 20 s is above 10 min for 1 min",
            "测得 10分钟20秒，高于 10分钟，已持续1分钟",
        ),
    ],
)
def test_why_a_case_is_bad(rule: str, value: float, lasted_s: int, english: str, chinese: str) -> None:
    assert plain(told(found(rule), value, lasted_s)) == (english, chinese)


def test_why_it_is_good_again() -> None:
    assert plain(over(found("freezer-warm"), -15.2)) == (
        "good again, measured -15.2 °C",
        "已恢复正常，测得 -15.2 °C",
    )
    assert plain(over(found("gateway-unreachable"), 1.0)) == ("good again: Reachable", "已恢复：可达")
    assert plain(over(found("board-silent"), float("nan"))) == ("heard again", "已恢复通信")


def test_no_shipped_rule_speaks_in_raw_units() -> None:
    rules = RULES.rules()
    assert len(rules) > 30
    for rule in rules:
        value = example(rule)
        for text in (*plain(told(rule, value, 4000)), *plain(over(rule, value))):
            assert not RAW_UNIT.search(text), (rule.id, text)


def example(rule: Rule) -> float:
    condition = rule.condition
    if isinstance(condition, Ratio):
        return 123_456_789.0
    if isinstance(condition, Absence | Elsewhere | States | Expression):
        return 0.0
    return condition.least * 3 if isinstance(condition, Baseline) else condition.level * 1.07


def found(rule_id: str) -> Rule:
    rule = RULES.rule(rule_id)
    assert rule is not None
    return rule


def plain(words: tuple[str, str]) -> tuple[str, str]:
    return words[0].replace("\N{NO-BREAK SPACE}", " "), words[1].replace("\N{NO-BREAK SPACE}", " ")


def test_what_a_device_reported_is_told_in_the_language_of_who_reads_it() -> None:
    rule = event_rule("event:link_down")
    text = "端口 GE1 / 3 断开 / Port GE1 / 3 went down"
    assert told(rule, 0.0, 0, text) == ("the device reported: Port GE1 / 3 went down", "设备上报：端口 GE1 / 3 断开")
    alone = "fan 2 / 4 stands still"
    assert told(rule, 0.0, 0, alone) == (f"the device reported: {alone}", f"设备上报：{alone}")
