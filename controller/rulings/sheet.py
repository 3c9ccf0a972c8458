"""What a place decided, as a YAML file: written so that people can read it, read so strictly that nothing is guessed. Pure."""

from typing import Any

import msgspec
import yaml

from campus.document import read_document
from campus.errors import ConfigError
from controller.alerts.model import Rule
from controller.alerts.rule_check import complaints
from controller.rulings.model import Adjustment
from controller.rulings.own import named


class Sheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Changes by the id of the rule, and rules of the place's own, under their names alone."""

    changed: dict[str, Adjustment] = {}
    own: tuple[Rule, ...] = ()


def write_sheet(sheet: Sheet) -> str:
    """As a file that `read_sheet` takes; what is as usual is left out.

    >>> print(write_sheet(Sheet({"freezer-warm": Adjustment(level=-14.0)})), end="")
    changed:
      freezer-warm:
        level: -14.0
    """
    told: dict[str, Any] = {}
    if sheet.changed:
        told["changed"] = {rule: msgspec.to_builtins(each) for rule, each in sheet.changed.items()}
    if sheet.own:
        told["own"] = [told_rule(named(rule, "")) for rule in sheet.own]
    return yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=120) if told else "{}\n"


def read_sheet(name: str, text: str) -> Sheet:
    """What a file says; `name` stands in errors. `ConfigError` names file, line and what to do.

    Who sends it may be any school's operator: aliases are refused, for by a few lines of them a text means billions of keys.
    """
    try:
        alias = next((token for token in yaml.scan(text, yaml.SafeLoader) if isinstance(token, yaml.AliasToken)), None)
    except (yaml.YAMLError, ValueError):
        alias = None  # told better by who reads it
    if alias is not None:
        raise ConfigError(f"{name}:{alias.start_mark.line + 1}: *{alias.value}: write out what it stands for")
    return read_document(name, text, Sheet)


def check_sheet(name: str, sheet: Sheet) -> None:
    """Raise `ConfigError` for a rule of one's own that cannot be judged; changes are looked at where they are to hold."""
    for rule in sheet.own:
        for steps, complaint in complaints(rule):
            raise ConfigError(f"{name}: rule {rule.id!r}: {'.'.join(steps)}: {complaint}")


def told_rule(rule: Rule) -> dict[str, Any]:
    """A rule as files have it, what is as usual left out."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(Rule)}
    whole: dict[str, Any] = msgspec.to_builtins(rule)
    return {name: value for name, value in whole.items() if getattr(rule, name) != defaults[name]}
