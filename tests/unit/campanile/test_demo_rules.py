from pathlib import Path

from campanile.demo.rules import HASTENED, write_rules
from controller.alerts.model import Absence, Ratio, States, Threshold
from controller.alerts.rulebook import load_rules, shipped_rules


def test_the_demo_hastens_rules_that_exist_and_changes_nothing_else(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules")
    hastened, shipped = load_rules(tmp_path / "rules"), shipped_rules()
    assert {rule.id for rule in hastened.rules()} == {rule.id for rule in shipped.rules()}
    changed = {rule.id for rule in hastened.rules() if rule != shipped.rule(rule.id)}
    assert changed == set(HASTENED)
    for rule_id in HASTENED:
        rule = hastened.rule(rule_id)
        assert rule is not None
        condition = rule.condition
        assert isinstance(condition, Absence | Threshold | Ratio | States)
        assert (condition.after_s if isinstance(condition, Absence) else condition.hold_s) <= 90
