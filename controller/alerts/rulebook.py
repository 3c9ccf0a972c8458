"""The rules a controller judges by: read from YAML, checked against the metric catalogue.

The shipped rules stand in `rules/*.yaml`, each file a list of rules. A district changes them with a directory of its own
(`alerts: {rules_dir}`): a rule there replaces the shipped one of the same id, a new id adds a rule.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from campus.document import Places, read_placed
from campus.errors import ConfigError
from campus.ids import SiteId
from controller.alerts.model import Rule
from controller.alerts.rule_check import complaints


class SiteRule(NamedTuple):
    """An exception: how the rule `rule_id` holds at some schools. `rule` None: not at all.

    A rule of that id may be unknown elsewhere: then it holds at these schools alone. `why` and `why_zh` say who switched it
    off: they stand on the trail of what was open.
    """

    rule_id: str
    sites: frozenset[SiteId]
    rule: Rule | None
    why: str = ""
    why_zh: str = ""


class Variant(NamedTuple):
    """One form of a rule and where it holds: at `sites`, or, where that is None, at every school not in `elsewhere`."""

    rule: Rule
    sites: frozenset[SiteId] | None = None
    elsewhere: frozenset[SiteId] = frozenset()

    @property
    def is_everywhere(self) -> bool:
        """Whether every school is judged by it."""
        return self.sites is None and not self.elsewhere

    def holds_at(self, site: SiteId) -> bool:
        """Whether a school is judged by it."""
        return site not in self.elsewhere if self.sites is None else site in self.sites


class Rulebook:
    """Rules by id, in the order they were read, and the exceptions of schools from them. Frozen once made."""

    def __init__(self, rules: Sequence[Rule], exceptions: Sequence[SiteRule] = ()) -> None:
        """Where two exceptions from one rule name a school the later one counts. `ValueError` when ids do not fit."""
        for each in exceptions:
            if each.rule is not None and each.rule.id != each.rule_id:
                raise ValueError(f"an exception from rule {each.rule_id!r} has the id {each.rule.id!r}")
        self._rules = {rule.id: rule for rule in rules}
        self._at_site: dict[str, dict[SiteId, Rule | None]] = {}
        self._why: dict[tuple[str, SiteId], tuple[str, str]] = {}
        for each in exceptions:
            self._at_site.setdefault(each.rule_id, {}).update(dict.fromkeys(each.sites, each.rule))
            self._why.update(((each.rule_id, site), (each.why, each.why_zh)) for site in each.sites if each.why)

    def rules(self) -> list[Rule]:
        """All of them, as they hold where no exception does."""
        return list(self._rules.values())

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule | None:
        """The rule of that id, as it holds at a school if one is named; None when there is none (any more)."""
        at_site = self._at_site.get(rule_id, {})
        return at_site[site] if site in at_site else self._rules.get(rule_id)

    def some_form(self, rule_id: str) -> Rule | None:
        """The rule as it holds anywhere, for its words; None when there is none (any more)."""
        forms = (rule for rule in self._at_site.get(rule_id, {}).values() if rule is not None)
        return self._rules.get(rule_id) or next(forms, None)

    def why_off(self, rule_id: str, site: SiteId) -> tuple[str, str] | None:
        """Who switched a rule off at a school, and why, in English and Chinese; None where nobody said."""
        return self._why.get((rule_id, site)) if self.rule(rule_id, site) is None else None

    def variants(self) -> list[Variant]:
        """Every rule in each of its forms, those that hold nowhere left out; at most one of a rule holds at a school."""
        found: list[Variant] = []
        for rule_id in {**self._rules, **self._at_site}:
            at_site = self._at_site.get(rule_id, {})
            if rule_id in self._rules:
                found.append(Variant(self._rules[rule_id], None, frozenset(at_site)))
            forms: dict[Rule, set[SiteId]] = {}
            for site, rule in at_site.items():
                if rule is not None:
                    forms.setdefault(rule, set()).add(site)
            found += [Variant(rule, frozenset(sites)) for rule, sites in forms.items()]
        return found

    def with_exceptions(self, exceptions: Sequence[SiteRule]) -> "Rulebook":
        """The same rules, with these exceptions instead of those it has."""
        return Rulebook(self.rules(), exceptions)

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
        for steps, complaint in complaints(rule):
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
