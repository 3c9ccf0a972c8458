"""The demo's own alert rules: some shipped ones with shorter holds, so that a visitor need not wait an hour for a freezer."""

from pathlib import Path

import msgspec
import yaml

from controller.alerts.model import Absence, Ratio, Rule, States, Threshold
from controller.alerts.rulebook import shipped_rules

HOLD_S = 30.0
SILENCE_S = 90.0
"""Longer than it takes to see that the whole school is cut off: its devices are then hidden behind that."""
HASTENED = (
    "answers-in-part",
    "freezer-warm",
    "board-silent",
    "camera-silent",
    "camera-clock-fast",
    "camera-blurred",
    "channel-lost",
    "uplink-in-filling",
    "uplink-in-full",
    "uplink-out-filling",
    "uplink-out-full",
)


def write_rules(directory: Path) -> None:
    """Write the hastened rules where the controller's `alerts: {rules_dir}` will find them."""
    directory.mkdir(exist_ok=True)
    rules = [_hastened(rule) for rule in shipped_rules().rules() if rule.id in HASTENED]
    text = yaml.safe_dump(msgspec.to_builtins(rules), allow_unicode=True, sort_keys=False)
    (directory / "hastened.yaml").write_text(text, encoding="utf-8")


def _hastened(rule: Rule) -> Rule:
    """Holds at all hours, for visitors come at any."""
    rule = msgspec.structs.replace(rule, only=None)
    condition = rule.condition
    if isinstance(condition, Absence):
        return msgspec.structs.replace(rule, condition=Absence(min(condition.after_s, SILENCE_S)))
    if isinstance(condition, Threshold | Ratio | States):
        hold_s, clear_hold_s = min(condition.hold_s, HOLD_S), min(condition.clear_hold_s, HOLD_S)
        hastened = msgspec.structs.replace(condition, hold_s=hold_s, clear_hold_s=clear_hold_s)
        return msgspec.structs.replace(rule, condition=hastened)
    return rule
