"""What a rulebook is made of, and what a person who writes a rule is told."""

from pathlib import Path

import pytest

from campus.errors import ConfigError
from campus.metrics import Health
from controller.alerts.model import Absence, Threshold
from controller.alerts.rulebook import load_rules, read_rules, shipped_rules

RULE = """\
- id: freezer-warm
  metric: temperature_cel
  instance: "freezer*"
  condition: {type: threshold, comparison: above, level: -12, hold_s: 20}
  severity: critical
  title_en: The freezer is warm
  title_zh: 冷冻柜温度过高
  advice_en: Shut the door.
  advice_zh: 请关好柜门。
  count: {one_en: 1 freezer is warm, many_en: "{n} freezers are warm", zh: "{n} 台冷冻柜温度过高"}
"""


def test_a_districts_own_rules_replace_and_add(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(RULE + RULE.replace("id: freezer-warm", "id: freezer-tepid"), encoding="utf-8")
    book = load_rules(tmp_path)
    changed = book.rule("freezer-warm")
    assert changed is not None
    assert isinstance(changed.condition, Threshold)
    assert changed.condition.hold_s == 20
    assert len(book.rules()) == len(shipped_rules().rules()) + 1
    assert load_rules() is shipped_rules()


def test_signs_follow_severity_unless_the_rule_says_otherwise() -> None:
    book = shipped_rules()
    signs = {
        rule_id: rule.sign
        for rule_id in ("gas-leak", "printer-supply-low", "uplink-in-full")
        if (rule := book.rule(rule_id))
    }
    assert signs == {
        "gas-leak": Health.FAILED,
        "printer-supply-low": Health.ATTENTION,
        "uplink-in-full": Health.ATTENTION,
    }
    cut_off = book.rule("school-cut-off")
    assert cut_off is not None
    assert cut_off.is_cause
    assert isinstance(cut_off.condition, Absence)


THRESHOLD = "{type: threshold, comparison: above, level: -12, hold_s: 20}"
WRONG = [
    (
        "metric: temperature_cel",
        "metric: temperature",
        2,
        "the catalogue has no metric 'temperature'. Did you mean 'temperature_cel'?",
    ),
    ("metric: temperature_cel", "metric: school_devices", 2, "is made by the controller itself"),
    ("id: freezer-warm", "id: Freezer warm", 1, "an id has lower-case letters"),
    ("level: -12,", "level: 900,", 4, "lies between -80 and 500 Cel"),
    ("level: -12,", "level: -12, clear_level: -10,", 4, "the alert would clear at once"),
    ("hold_s: 20", "hold_s: -1", 4, "a hold cannot be below 0 seconds"),
    ("hold_s: 20", "holds: 20", 4, "unknown key 'holds'. Did you mean 'hold_s'?"),
    (
        THRESHOLD,
        "{type: states, bad: [open]}",
        4,
        "must be of type threshold, ratio, change or baseline",
    ),
    (
        THRESHOLD,
        "{type: absence, after_s: 0}",
        4,
        "after_s must be above 0",
    ),
    (
        THRESHOLD,
        "{type: ratio, of: if_speed, comparison: above, level: 0.7}",
        4,
        "no metric 'if_speed'. Did you mean 'if_speed_bps'?",
    ),
    ("hold_s: 20", "hold_s: .nan", 4, "nan is none to judge by"),
    ("hold_s: 20", "hold_s: 1.0e+308", 4, "write a number of at most 2592000 seconds"),
    (THRESHOLD, "{type: ratio, of: if_speed_bps, comparison: above, level: .inf}", 4, "inf is none to judge by"),
    ("{n} freezers", "{count} freezers", 10, "only {n} may stand in braces"),
    ("{n} freezers", "{n:>999999999} freezers", 10, "only {n} may stand in braces"),
    ("{n} freezers", "{n:{x}} freezers", 10, "only {n} may stand in braces"),
    ('"freezer*"', "a" * 999, 3, "at most 128 characters"),
    ("severity: critical", "severity: urgent", 5, "urgent"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "said"), WRONG)
def test_a_wrong_rule_is_explained(right: str, wrong: str, line: int, said: str) -> None:
    assert right in RULE
    with pytest.raises(ConfigError) as error:
        read_rules("mine.yaml", RULE.replace(right, wrong))
    assert str(error.value).startswith(f"mine.yaml:{line}: ")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("{type: change, comparison: above, level: -2, within_s: 60}", "a level above 0 and at most 580 Cel"),
        ("{type: change, comparison: above, level: 2, within_s: 86400}", "above 0 and at most 21600 (six hours)"),
        ("{type: change, comparison: below, level: 2, clear_level: 3, within_s: 60}", "clear_level 3 is above level 2"),
        ("{type: baseline, comparison: above}", "least must be above 0"),
        ("{type: baseline, comparison: above, least: 1, weeks: 1}", "weeks must be between 2 and 26"),
        ("{type: baseline, comparison: above, least: 1, deviations: 0}", "deviations must be above 0"),
        ("{type: group, of: site, level: 50, member_level: 8}", "a share of its members, such as 0.5"),
        ("{type: group, of: room, level: 0.5, member_level: 8}", "room"),
        ("{type: group, of: site, level: 0.5}", "say by member_level beyond what a member is bad"),
        ("{type: group, of: site, level: 0.5, member_level: 900}", "a member_level of 900 is never reached"),
        ("{type: group, of: site, level: 0.5, member_level: 8, least: 0}", "least must be 1 or more"),
        (
            '{type: expression, bad: "temperature_cel > 3 and cpu > 2"}',
            "at character 25: the catalogue has no metric 'cpu'",
        ),
        ('{type: expression, bad: "cpu_percent > 3"}', "bad speaks of cpu_percent, not of the rule's metric"),
        ('{type: expression, bad: "temperature_cel > 3", good: "temperature_cel"}', "at character 1: here stands"),
    ],
)
def test_a_wrong_derived_condition_is_explained(condition: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_rules("mine.yaml", RULE.replace(THRESHOLD, condition))
    assert str(error.value).startswith("mine.yaml:4: ")
    assert said in str(error.value)


def test_states_are_checked_by_name() -> None:
    text = RULE.replace("temperature_cel", "door_state")
    text = text.replace("{type: threshold, comparison: above, level: -12, hold_s: 20}", "{type: states, bad: [opne]}")
    with pytest.raises(ConfigError, match=r"mine.yaml:4: .* door_state has no state 'opne'. Did you mean 'open'\?"):
        read_rules("mine.yaml", text)


def test_a_rule_that_stands_twice_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULE, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(RULE, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"b.yaml:1: rule 'freezer-warm' stands at .*a.yaml:1 already"):
        load_rules(tmp_path)
    with pytest.raises(ConfigError, match="no such directory"):
        load_rules(tmp_path / "nowhere")
