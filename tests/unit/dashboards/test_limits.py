"""Limits drawn on pictures are those that ship as rules: dashboards know no controller, so they are compared here."""

import pytest

from controller.alerts.model import Expression, Ratio, Threshold
from controller.alerts.rulebook import shipped_rules
from dashboards import limits
from dashboards.limits import Limit

LIMITS = {name: limit for name, limit in vars(limits).items() if isinstance(limit, Limit)}


def test_there_are_limits_of_every_board() -> None:
    assert len(LIMITS) > 15


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_limit_is_that_of_its_rule(name: str) -> None:
    rule = shipped_rules().rule(LIMITS[name].rule)
    assert rule is not None
    level = LIMITS[name].level
    match rule.condition:
        case Threshold():
            assert rule.condition.level == level
        case Ratio():
            assert 100 * rule.condition.level == level
        case Expression():
            assert f"{level:g}" in rule.condition.bad
        case other:
            pytest.fail(f"no level in {other}")
