"""Rules by number, as the cores know them: each form of a rule has a number of its own. Pure.

A number stands for what is judged, for ever: the rulebook may be exchanged while series are bound to its rules, and what is
judged as before keeps its number, whatever is said of it. A form that holds nowhere any more keeps its number too.
"""

from collections.abc import Hashable

from campus.ids import SiteId
from controller.alerts.model import Rule
from controller.alerts.rulebook import Rulebook, Variant


class RuleNumbers:
    """The rules of one rulebook after another. Not thread-safe."""

    def __init__(self, book: Rulebook) -> None:
        self.rules: list[Rule] = []
        """By number, as they are said now. The list only grows."""
        self._forms: list[Variant | None] = []
        """By number; None: it holds nowhere."""
        self._by_id: dict[str, list[int]] = {}
        self.take(book)

    def take(self, book: Rulebook) -> frozenset[str]:
        """Number the forms of a rulebook, in place of the one before; the metrics whose series are concerned by that."""
        after: dict[int, Variant] = {}
        for form in book.variants():
            after[self._number_for(form, after)] = form
        metrics: set[str] = set()
        for number, before in enumerate(self._forms):
            now = after.get(number)
            if before is None or now is None or before[1:] != now[1:]:
                metrics.update(form.rule.metric for form in (before, now) if form is not None)
            self._forms[number] = now
            if now is not None:
                self.rules[number] = now.rule
        return frozenset(metrics)

    def form(self, number: int) -> Variant | None:
        """Where a rule holds; None: nowhere any more."""
        return self._forms[number]

    def number_at(self, rule_id: str, site: SiteId) -> int | None:
        """The number of a rule as it holds at a school; None where it does not."""
        for number in self._by_id.get(rule_id, ()):
            form = self._forms[number]
            if form is not None and form.holds_at(site):
                return number
        return None

    def _number_for(self, form: Variant, taken: dict[int, Variant]) -> int:
        """Of a form that is judged alike, at best one that says the same; a new one where there is none."""
        numbers = self._by_id.setdefault(form.rule.id, [])
        alike = [each for each in numbers if each not in taken and _judged(self.rules[each]) == _judged(form.rule)]
        if alike:
            return next((each for each in alike if self.rules[each] == form.rule), alike[0])
        self.rules.append(form.rule)
        self._forms.append(None)
        numbers.append(len(self._forms) - 1)
        return numbers[-1]


def _judged(rule: Rule) -> tuple[Hashable, ...]:
    """What decides whether a rule finds something bad; the rest only says how it is told."""
    return rule.metric, rule.condition, rule.kinds, rule.instance, rule.ports, rule.only
