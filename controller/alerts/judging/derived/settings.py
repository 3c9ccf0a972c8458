"""What rules with derived conditions say, as columns by rule number. Pure."""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from controller.alerts.judging.columns import Mask
from controller.alerts.judging.derived.expressions import Formulas
from controller.alerts.judging.derived.formula import read_formula
from controller.alerts.judging.layers import Numbers
from controller.alerts.judging.limits import member_limits
from controller.alerts.model import Baseline, Change, Expression, Group, Rule
from controller.store.port import Values


class Kind(IntEnum):
    """How a value is derived."""

    NONE = 0
    CHANGE = 1
    BASELINE = 2
    GROUP = 3
    EXPRESSION = 4


_KINDS = {Change: Kind.CHANGE, Baseline: Kind.BASELINE, Group: Kind.GROUP, Expression: Kind.EXPRESSION}


def kind_of(rule: Rule) -> Kind:
    """NONE of a rule whose condition is not derived."""
    return _KINDS.get(type(rule.condition), Kind.NONE)


class Settings:
    """By rule number; `take` when rules were added at the end. Nothing is told of a number a rule of that kind has not."""

    def __init__(self) -> None:
        self.formulas: dict[int, Formulas] = {}
        self._rules = 0

    def take(self, rules: Sequence[Rule]) -> None:
        """Read the rules that are new; those before them are as they were."""
        conditions = [rule.condition for rule in rules]
        changes = [each if isinstance(each, Change) else None for each in conditions]
        baselines = [each if isinstance(each, Baseline) else None for each in conditions]
        self.kind = np.array([kind_of(rule) for rule in rules], dtype=np.uint8)
        self.within_ms = np.array([round(each.within_s * 1000) if each else 0 for each in changes], dtype=np.int64)
        self.deviations = np.array([each.deviations if each else 0.0 for each in baselines])
        self.least = np.array([each.least if each else 0.0 for each in baselines])
        self.weeks = np.array([each.weeks if each else 0 for each in baselines], dtype=np.int32)
        members = [member_limits(rule) if isinstance(rule.condition, Group) else None for rule in rules]
        self._sign = np.array([each.sign if each else 1.0 for each in members])
        self._level = np.array([each.level if each else np.nan for each in members])
        self._states = np.array([each.states if each else 0 for each in members], dtype=np.uint64)
        groups = [each if isinstance(each, Group) else None for each in conditions]
        self.members = np.array([each.least if each else 0 for each in groups], dtype=np.int32)
        for number in range(self._rules, len(rules)):
            condition = conditions[number]
            if isinstance(condition, Expression):
                self.formulas[number] = formulas_of(condition)
        self._rules = len(rules)

    def is_bad(self, rule: Numbers, value: Values) -> Mask:
        """Which values make a member of a group bad."""
        bad: Mask = self._sign[rule] * value > self._level[rule]
        named = np.flatnonzero(self._states[rule])
        if len(named):
            bad[named] = (self._states[rule[named]] >> value[named].astype(np.uint64)) & np.uint64(1) > 0
        return bad


def formulas_of(condition: Expression) -> Formulas:
    """Both formulas, compiled; `FormulaError` when one is none."""
    bad, good = read_formula(condition.bad), read_formula(condition.good) if condition.good else None
    metrics = dict.fromkeys([*bad.metrics, *(good.metrics if good else ())])
    return Formulas(tuple(metrics), bad, good)
