"""Whose work it is and by when it should be done decide who is asked first, and how soon."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.samples import Severity
from controller.alerts.model import Horizon, Owner
from controller.telling.model import Policy, Standing
from controller.telling.plan import Rung, by_owner, next_rung, urgency
from tests.unit.telling.town import HOUR, LI, MINUTE, WANG, ZHAO, Town, rulebook

HEAD = replace(LI, id="head", role="administrator")
OPERATOR = replace(WANG, id="op", role="operator")
BUREAU = replace(ZHAO, id="bureau", role="administrator")


def ids(rungs: list[Rung]) -> list[list[str]]:
    return [[each.id for each in rung] for rung in rungs]


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (Owner.TECHNICIAN, [["li"], ["head"], ["op", "wang"], ["bureau"]]),
        (Owner.OPERATOR, [["op"], ["wang"], ["bureau"]]),
        (Owner.ADMINISTRATOR, [["head"], ["li"], ["op", "wang"], ["bureau"]]),
    ],
)
def test_the_ladder_begins_with_whose_work_it_is(owner: Owner, expected: list[list[str]]) -> None:
    assert ids(by_owner([(LI, HEAD), (OPERATOR, WANG), (BUREAU,)], owner)) == expected


def test_where_nobody_has_the_role_the_ladder_stays() -> None:
    rungs = [(LI,), (WANG,), (ZHAO,)]
    assert by_owner(rungs, Owner.OPERATOR) == rungs


def test_a_technicians_work_begins_at_the_school_even_where_nobody_is_called_one() -> None:
    rungs = [(HEAD,), (WANG,)]
    assert by_owner(rungs, Owner.TECHNICIAN) == rungs


@pytest.mark.parametrize(
    ("horizon", "at_once"),
    [
        (Horizon.NOW, {"critical", "major", "minor", "info"}),
        (Horizon.TODAY, {"critical", "major"}),
        (Horizon.WEEK, {"critical"}),
        (Horizon.TERM, {"critical"}),
    ],
)
def test_by_when_it_should_be_done_decides_how_soon_it_is_told(horizon: Horizon, at_once: set[str]) -> None:
    rule = rulebook().rules()[0]
    told = {each.value for each in Severity if urgency(each, replace(rule, horizon=horizon), Policy()).is_at_once}
    assert told == at_once


def test_an_operators_fault_is_told_to_the_operator_and_climbs_from_there(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI, OPERATOR, BUREAU])
    alert = town.open(rule="backbone")
    town.pass_ms(MINUTE)
    assert list(town.standings(alert)) == ["op"]
    town.pass_ms(20 * MINUTE)
    assert list(town.standings(alert)) == ["op", "bureau"]


def test_what_has_a_week_waits_for_the_digest_although_it_is_major(tmp_path: Path) -> None:
    town = Town(tmp_path)
    alert = town.open("major", rule="wear")
    town.pass_ms(HOUR, step=MINUTE)
    assert town.standings(alert) == {"li": (Standing.HELD, "digest")}


def test_what_must_be_done_now_is_told_now_although_it_is_minor(tmp_path: Path) -> None:
    town = Town(tmp_path)
    alert = town.open("minor", rule="danger")
    town.pass_ms(MINUTE)
    assert town.standings(alert) == {"li": (Standing.TOLD, "")}


def test_nobody_is_left_out_when_the_register_changes_under_way(tmp_path: Path) -> None:
    town = Town(tmp_path)
    alert = town.open()
    town.pass_ms(MINUTE)
    town.source.replace(replace(town.source.setup.register, people=(WANG, ZHAO)))  # the first rung is gone
    town.pass_ms(20 * MINUTE)
    assert list(town.standings(alert)) == ["li", "wang"]


def test_who_is_added_is_told_of_what_is_open_where_nobody_was(tmp_path: Path) -> None:
    town = Town(tmp_path, [replace(LI, place="no-2-primary")])
    alert = town.open()
    town.pass_ms(MINUTE)
    assert town.standings(alert) == {}
    town.source.replace(replace(town.source.setup.register, people=(LI,)))
    town.pass_ms(MINUTE)
    assert town.standings(alert) == {"li": (Standing.TOLD, "")}


def test_the_next_rung_is_above_all_that_were_asked() -> None:
    rungs = [(LI,), (WANG,), (ZHAO,)]
    assert next_rung(rungs, ["li"]) == 1
    assert next_rung(rungs, ["li", "wang"]) == 2
    assert next_rung(rungs, ["somebody who left"]) == 0
