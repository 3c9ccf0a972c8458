"""The rules a controller judges by: read from YAML, checked against the metric catalogue.

The shipped rules stand in `rules/*.yaml`, each file a list of rules. A district changes them with a directory of its own
(`alerts: {rules_dir}`): a rule there replaces the shipped one of the same id, a new id adds a rule.
"""

import string
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from campus.document import Places, nearest, read_placed
from campus.errors import ConfigError
from campus.ids import MetricId, is_id
from campus.metrics import MetricKind, catalogue
from controller.alerts.model import Absence, Comparison, Elsewhere, Ratio, Rule, States, Threshold

MAX_STATE_VALUE: Final = 63
"""State numbers are kept as bits of one 64-bit word."""


class Rulebook:
    """Rules by id, in the order they were read. Frozen once made."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._by_metric: dict[str, list[Rule]] = {}
        for rule in self._rules.values():
            self._by_metric.setdefault(rule.metric, []).append(rule)

    def rules(self) -> list[Rule]:
        """All of them."""
        return list(self._rules.values())

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, None when there is none (any more)."""
        return self._rules.get(rule_id)

    def of_metric(self, metric: MetricId) -> list[Rule]:
        """Rules that may concern a series of `metric`; empty for most."""
        return self._by_metric.get(metric, [])

    def changed_by(self, other: "Rulebook") -> "Rulebook":
        """This book with the rules of `other` in place of those of the same id, and its new ones at the end."""
        return Rulebook(list(({rule.id: rule for rule in [*self.rules(), *other.rules()]}).values()))


@cache
def shipped_rules() -> Rulebook:
    """The rules that come with the controller; `ConfigError` when a shipped file is broken."""
    folder = resources.files("controller.alerts") / "rules"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return _one_book((str(file), file.read_text(encoding="utf-8")) for file in files)


def load_rules(rules_dir: Path | None = None) -> Rulebook:
    """The shipped rules, changed by the `*.yaml` of `rules_dir` when given; `ConfigError` with file, line and advice."""
    if rules_dir is None:
        return shipped_rules()
    if not rules_dir.is_dir():
        raise ConfigError(f"{rules_dir}: no such directory: make it, or take `rules_dir` out of the configuration")
    return shipped_rules().changed_by(_one_book(_texts(rules_dir)))


def read_rules(name: str, text: str) -> list[Rule]:
    """The rules of one YAML text; `name` stands in errors. `ConfigError` names file, line and what to do."""
    return _placed_rules(name, text)[0]


def _placed_rules(name: str, text: str) -> tuple[list[Rule], Places]:
    rules, places = read_placed(name, text, list[Rule])
    for index, rule in enumerate(rules):
        for steps, complaint in _complaints(rule):
            raise ConfigError(f"{name}:{places.line_of(index, *steps)}: rule {rule.id!r}: {complaint}")
    return rules, places


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.yaml")):
        try:
            yield str(path), path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error


def _one_book(texts: Iterator[tuple[str, str]]) -> Rulebook:
    rules: list[Rule] = []
    home: dict[str, str] = {}
    for name, text in texts:
        found, places = _placed_rules(name, text)
        for index, rule in enumerate(found):
            where = f"{name}:{places.line_of(index)}"
            if rule.id in home:
                raise ConfigError(f"{where}: rule {rule.id!r} stands at {home[rule.id]} already: rename or remove one")
            home[rule.id] = where
            rules.append(rule)
    return Rulebook(rules)


Complaint = tuple[tuple[str, ...], str]


def _complaints(rule: Rule) -> Iterator[Complaint]:
    if not is_id(rule.id):
        yield ("id",), "an id has lower-case letters, digits and hyphens, such as 'freezer-warm'"
    metric = catalogue().get(MetricId(rule.metric))
    if metric is None:
        yield ("metric",), f"the catalogue has no metric {rule.metric!r}.{nearest(rule.metric, list(catalogue()))}"
        return
    for field in ("one_en", "many_en", "zh"):
        yield from _bad_wording(field, getattr(rule.count, field))
    yield from _bad_condition(rule, metric.kind)


def _bad_wording(field: str, text: str) -> Iterator[Complaint]:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        names = {"?"}
    if names - {"n"}:
        yield ("count", field), "only {n} may stand in braces, for the number"


def _bad_condition(rule: Rule, kind: MetricKind) -> Iterator[Complaint]:
    condition = rule.condition
    if isinstance(condition, Elsewhere):
        if rule.only is not None:
            yield ("only",), "what is judged elsewhere cannot be bound to hours: leave `only` out"
        return
    if isinstance(condition, Absence):
        if condition.after_s <= 0:
            yield ("condition", "after_s"), "after_s must be above 0"
        return
    if condition.hold_s < 0 or condition.clear_hold_s < 0:
        yield ("condition",), "a hold cannot be below 0 seconds"
    if isinstance(condition, States) != (kind is MetricKind.STATE):
        fitting = "states" if kind is MetricKind.STATE else "threshold or ratio"
        yield ("condition",), f"{rule.metric} is a {kind}: its condition must be of type {fitting}"
    elif isinstance(condition, States):
        yield from _bad_states(rule.metric, condition)
    else:
        yield from _bad_levels(rule.metric, condition)


def _bad_states(metric: str, condition: States) -> Iterator[Complaint]:
    known = {state.name: state.value for state in catalogue()[MetricId(metric)].states}
    if not condition.bad:
        yield ("condition", "bad"), f"name at least one bad state of {metric}: {', '.join(known)}"
    for name in condition.bad:
        if name not in known:
            yield ("condition", "bad"), f"{metric} has no state {name!r}.{nearest(name, list(known))}"
        elif not 0 <= known[name] <= MAX_STATE_VALUE:
            yield ("condition", "bad"), f"state {name!r} has the number {known[name]}: only 0 to 63 can be judged"


def _bad_levels(metric: str, condition: Threshold | Ratio) -> Iterator[Complaint]:
    limits = catalogue()[MetricId(metric)]
    if isinstance(condition, Ratio):
        if MetricId(condition.of) not in catalogue():
            advice = nearest(condition.of, list(catalogue()))
            yield ("condition", "of"), f"the catalogue has no metric {condition.of!r}.{advice}"
        if condition.level <= 0:
            yield ("condition", "level"), "a ratio is compared to a level above 0, such as 0.7"
    elif not limits.minimum <= condition.level <= limits.maximum:
        yield (
            ("condition", "level"),
            f"{metric} lies between {limits.minimum:g} and {limits.maximum:g} {limits.unit}: "
            f"a level of {condition.level:g} is never reached",
        )
    clear = condition.level if condition.clear_level is None else condition.clear_level
    beyond = clear > condition.level if condition.comparison is Comparison.ABOVE else clear < condition.level
    if beyond:
        yield (
            ("condition", "clear_level"),
            f"clear_level {clear:g} is on the bad side of level {condition.level:g}: the alert would clear at once",
        )
