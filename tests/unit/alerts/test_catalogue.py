"""The rules that ship: each can come true, leaves a gap, and tells a person without IT training what to do."""

import re
import string
from collections import Counter
from importlib import resources

import pytest

from campus.metrics import catalogue
from controller.alerts.judging.derived.formula import read_formula
from controller.alerts.model import (
    Change,
    Elsewhere,
    Expression,
    Group,
    Horizon,
    Owner,
    Ratio,
    Rule,
    Runbook,
    States,
    Threshold,
)
from controller.alerts.reasons import over, told
from controller.alerts.rulebook import read_rules, shipped_rules
from tests.unit.alerts.producers import tellers

RULES = shipped_rules().rules()
ONLY_GROW = {"lamp-worn"}
"""Rules of numbers that never fall: a level to clear at would never be reached."""
MOST_CHARS = {"en": 125, "zh": 50}
"""Of one step: what stands on two lines of a phone."""


def runbook_of(rule: Rule) -> Runbook:
    assert rule.runbook is not None, rule.id
    return rule.runbook


def metrics_of(rule: Rule) -> set[str]:
    """All that one device must tell."""
    condition = rule.condition
    if isinstance(condition, Expression):
        both = [read_formula(formula).metrics for formula in (condition.bad, condition.good) if formula]
        return {rule.metric}.union(*both)
    return {rule.metric, condition.of} if isinstance(condition, Ratio) else {rule.metric}


def texts(rule: Rule) -> list[str]:
    """Whatever of a rule people read."""
    book = runbook_of(rule)
    plain = [rule.title_en, rule.title_zh, rule.advice_en, rule.advice_zh]
    return [*plain, book.means_en, book.means_zh, *book.steps_en, *book.steps_zh, book.call_en, book.call_zh]


def test_there_are_many_and_each_has_its_own_name() -> None:
    folder = resources.files("controller.alerts") / "rules"
    files = [file for file in folder.iterdir() if file.name.endswith(".yaml")]
    names = [rule.id for file in files for rule in read_rules(file.name, file.read_text(encoding="utf-8"))]
    assert len(RULES) == len(names) >= 60
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_every_rule_can_come_true() -> None:
    """Some profile or agent tells its metrics of each kind of device it names, and can name one of its bad states."""
    looked_at = 0
    for rule in RULES:
        if isinstance(rule.condition, Elsewhere):
            continue  # judged by a room of its own, whose tests raise it
        wanted = metrics_of(rule)
        for kind in rule.kinds or (None,):
            able = [each for each in tellers() if wanted <= each.metrics.keys() and kind in (None, each.kind)]
            assert able, f"{rule.id}: nobody tells {' and '.join(sorted(wanted))} of a {kind or 'device'}"
            if isinstance(rule.condition, States | Group):
                bad = set(rule.condition.bad)
                named = [each.metrics[rule.metric] for each in able]
                assert any(not states or bad & states for states in named), f"{rule.id}: no {kind} can name {bad}"
            looked_at += 1
    assert looked_at > 100


def test_rules_are_whole() -> None:
    for rule in RULES:
        words = [*texts(rule), *told(rule, 1.0, 60), *over(rule, 1.0)]
        assert all(words), rule.id
        assert rule.title_zh != rule.title_en
        for pattern in (rule.count.many_en, rule.count.zh):
            assert "n" in {name for _, name, _, _ in string.Formatter().parse(pattern)}, rule.id
        assert rule.count.one_en == rule.count.one_en.format(n=1)


def test_thresholds_leave_a_gap_so_that_nothing_flaps() -> None:
    watched = [rule for rule in RULES if isinstance(rule.condition, Threshold | Ratio | Group | Change)]
    assert len(watched) > 30
    without = {rule.id for rule in watched if getattr(rule.condition, "clear_level", None) is None}
    assert without == ONLY_GROW


def test_steps_are_few_and_short() -> None:
    for rule in RULES:
        book = runbook_of(rule)
        assert len(book.steps_en) == len(book.steps_zh), rule.id
        assert 2 <= len(book.steps_en) <= 5, rule.id
        for language, steps in (("en", book.steps_en), ("zh", book.steps_zh)):
            for step in steps:
                assert len(step) <= MOST_CHARS[language], (rule.id, step)
                assert step.rstrip()[-1] in ".!?。！？", (rule.id, step)


def test_texts_are_in_their_language_and_without_what_only_programs_read() -> None:
    metric_names = set(catalogue())
    jargon = re.compile(r"\b(OID|SNMP|TCP|UDP|VLAN|payload|topic|instance|metric|series|null|NaN)\b", re.IGNORECASE)
    for rule in RULES:
        book = runbook_of(rule)
        english = [rule.title_en, book.means_en, *book.steps_en, book.call_en]
        chinese = [rule.title_zh, rule.advice_zh, book.means_zh, *book.steps_zh, book.call_zh]
        for text in (*english, rule.advice_en):
            assert not re.search("[\u3400-\u9fff]", text), (rule.id, text)
        for text in chinese:
            assert re.search("[\u3400-\u9fff]", text), (rule.id, text)
        for text in (*english, *chinese):
            assert not jargon.search(text) or text == rule.advice_zh, (rule.id, text)
            assert not metric_names & set(re.findall(r"[a-z]+(?:_[a-z0-9]+)+", text)), (rule.id, text)


@pytest.mark.parametrize("owner", list(Owner))
def test_every_owner_has_rules_and_what_is_critical_is_urgent(owner: Owner) -> None:
    assert any(rule.owner is owner for rule in RULES)
    for rule in RULES:
        if rule.severity == "critical":
            assert rule.horizon is Horizon.NOW, rule.id
            assert rule.owner is not Owner.ADMINISTRATOR, rule.id
        if rule.horizon is Horizon.TERM:
            assert rule.severity in {"minor", "info"}, rule.id


def test_each_rule_says_its_horizon_and_owner_itself() -> None:
    """Defaults are for a district's own short rules: here both are a decision."""
    folder = resources.files("controller.alerts") / "rules"
    for file in folder.iterdir():
        if file.name.endswith(".yaml"):
            text = file.read_text(encoding="utf-8")
            for entry in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
                for key in ("horizon", "owner", "runbook"):
                    assert re.search(rf"^  {key}:", entry, flags=re.MULTILINE), (file.name, entry.split("\n")[0], key)
