"""Upper levels set minimums, lower ones tighten, and only an exception loosens: what holds where, and who may say so."""

import pytest
from msgspec.structs import replace

from campus.samples import Severity
from controller.alerts.model import Threshold
from controller.calendar.model import Hours
from controller.identity.scope import SYSTEM, Denied, NotFound, Scope
from controller.registry.database import writing
from controller.rulings.archive import Archive
from controller.rulings.docket import Docket
from controller.rulings.model import Adjustment, Kind, NotAllowed, Place, When
from controller.rulings.service import RulingService
from controller.rulings.tables import RulingRow
from tests.support.district import CENTRE, NO_1, NO_2, enrolment
from tests.unit.rulings.council import (
    BUREAU,
    DAY_MS,
    FREEZER,
    HEAD,
    MS_LI,
    NORTH,
    NORTHERNER,
    OTHER_SCHOOL,
    SCHOOL,
    SOUTHERNER,
    TECHNICIAN,
    Council,
)


def test_nobody_is_told_while_nobody_decides(council: Council) -> None:
    council.enforcement.tend(council.now)
    assert council.judge.books == []
    assert council.level(NO_1) == -12.0


def test_what_a_school_tightens_holds_there_alone(council: Council) -> None:
    council.rulings.change(MS_LI, SCHOOL, FREEZER, Adjustment(level=-14.0, severity=Severity.CRITICAL))
    assert (council.level(NO_1), council.level(NO_2), council.level(CENTRE)) == (-14.0, -12.0, -12.0)
    rule = council.holds(FREEZER, NO_1)
    assert rule is not None
    assert isinstance(rule.condition, Threshold)
    assert rule.condition.clear_level == -17.0, "it keeps its distance"


def test_what_is_looser_is_refused_and_told_in_what(council: Council) -> None:
    with pytest.raises(NotAllowed) as refused:
        council.rulings.change(MS_LI, SCHOOL, FREEZER, Adjustment(level=-10.0, hold_s=60.0, severity=Severity.MINOR))
    assert set(refused.value.looser) == {"level", "clear_level", "severity"}
    with pytest.raises(NotAllowed, match="ask it for an exception"):
        council.rulings.change(NORTHERNER, NORTH, FREEZER, Adjustment(is_off=True))
    assert council.rulings.history(HEAD, FREEZER) == []


def test_the_bureau_is_free_and_binds_all_below(council: Council) -> None:
    council.rulings.change(HEAD, BUREAU, FREEZER, Adjustment(level=-10.0))
    assert council.level(NO_2) == -10.0
    council.rulings.change(HEAD, BUREAU, FREEZER, Adjustment(is_off=True), "no freezers here")
    assert council.level(NO_1) is council.level(NO_2) is None
    effect = council.rulings.effect(MS_LI, SCHOOL, FREEZER)
    assert effect.rule is None
    assert (effect.steps[-1].ruling.user, effect.steps[-1].ruling.reason) == ("head", "no freezers here")


def test_a_school_may_switch_on_what_the_bureau_does_not_ask_for(council: Council) -> None:
    council.rulings.change(HEAD, BUREAU, FREEZER, Adjustment(is_off=True))
    council.rulings.change(MS_LI, SCHOOL, FREEZER, Adjustment(is_off=False))
    assert (council.level(NO_1), council.level(NO_2)) == (-12.0, None)


def test_what_is_decided_above_later_stands_where_it_is_tighter(council: Council) -> None:
    council.rulings.change(MS_LI, SCHOOL, FREEZER, Adjustment(level=-14.0, hold_s=300.0))
    council.rulings.change(HEAD, BUREAU, FREEZER, Adjustment(level=-16.0))
    assert (council.level(NO_1), council.level(NO_2)) == (-16.0, -16.0)
    effect = council.rulings.effect(MS_LI, SCHOOL, FREEZER)
    assert [step.looser for step in effect.steps] == [(), ("level", "clear_level")]
    assert effect.rule is not None
    assert isinstance(effect.rule.condition, Threshold)
    assert effect.rule.condition.hold_s == 300.0, "what it tightened stays tightened"


def test_back_to_the_level_above(council: Council) -> None:
    council.rulings.change(NORTHERNER, NORTH, FREEZER, Adjustment(level=-13.0))
    council.rulings.change(MS_LI, SCHOOL, FREEZER, Adjustment(level=-14.0))
    council.rulings.revert(MS_LI, SCHOOL, FREEZER)
    assert council.level(NO_1) == -13.0
    council.rulings.revert(MS_LI, SCHOOL, FREEZER)
    kinds = [each.kind for each in council.rulings.history(MS_LI, FREEZER)]
    assert kinds.count(Kind.REVERTED) == 1, "what was not changed is not taken back"
    assert len(kinds) == 3


def test_an_exception_loosens_until_its_day_and_is_never_forgotten(council: Council) -> None:
    until = council.now + 3 * DAY_MS
    council.rulings.grant(HEAD, SCHOOL, FREEZER, Adjustment(is_off=True), "the freezer is being repaired", until)
    assert (council.level(NO_1), council.level(NO_2)) == (None, -12.0)
    (running,) = council.rulings.current_exceptions(MS_LI)
    assert (running.user, running.reason, running.until) == ("head", "the freezer is being repaired", until)
    assert council.rulings.current_exceptions(SOUTHERNER) == []
    council.pass_days(3)
    assert council.level(NO_1) == -12.0, "it ends by itself"
    assert council.rulings.current_exceptions(MS_LI) == []
    assert [each.kind for each in council.rulings.history(MS_LI, FREEZER)] == [Kind.EXCEPTION]


def test_an_exception_is_ended_before_its_day_by_who_decides_there(council: Council) -> None:
    council.rulings.grant(HEAD, SCHOOL, FREEZER, Adjustment(level=-8.0), "a warm week", council.now + DAY_MS)
    assert council.level(NO_1) == -8.0
    council.rulings.end_exception(MS_LI, SCHOOL, FREEZER, "it is cold again")
    assert council.level(NO_1) == -12.0
    with pytest.raises(NotFound):
        council.rulings.end_exception(MS_LI, SCHOOL, FREEZER)


def test_a_town_gives_away_what_is_its_own_and_not_what_the_bureau_asks(council: Council) -> None:
    council.rulings.change(NORTHERNER, NORTH, FREEZER, Adjustment(level=-15.0))
    day = council.now + DAY_MS
    with pytest.raises(NotAllowed, match="a level above yours"):
        council.rulings.grant(NORTHERNER, SCHOOL, FREEZER, Adjustment(level=-8.0), "why not", day)
    council.rulings.grant(NORTHERNER, SCHOOL, FREEZER, Adjustment(level=-12.5), "an old freezer", day)
    assert council.level(NO_1) == -12.5
    council.rulings.change(HEAD, BUREAU, FREEZER, Adjustment(level=-13.0))
    assert council.level(NO_1) == -13.0, "the bureau decided since, and its word stands"


def test_an_exception_of_a_town_holds_in_its_schools(council: Council) -> None:
    council.rulings.grant(HEAD, NORTH, FREEZER, Adjustment(level=-9.0), "power cuts", council.now + DAY_MS)
    assert (council.level(NO_1), council.level(NO_2)) == (-9.0, -12.0)
    council.rulings.change(MS_LI, SCHOOL, FREEZER, Adjustment(level=-10.0))
    assert council.level(NO_1) == -10.0, "it is tighter than what holds above it now"


def test_an_exception_has_a_reason_and_an_end(council: Council) -> None:
    for reason, until in (("  ", council.now + DAY_MS), ("why", council.now), ("why", council.now + 400 * DAY_MS)):
        with pytest.raises(NotAllowed, match="a reason, and a day"):
            council.rulings.grant(HEAD, SCHOOL, FREEZER, Adjustment(is_off=True), reason, until)


@pytest.mark.parametrize(
    ("scope", "place", "trouble"),
    [
        (TECHNICIAN, SCHOOL, Denied),
        (MS_LI, NORTH, Denied),
        (NORTHERNER, BUREAU, Denied),
        (MS_LI, OTHER_SCHOOL, NotFound),
        (NORTHERNER, Place.organisation("south-town"), NotFound),
        (HEAD, Place.organisation("moon"), NotFound),
    ],
)
def test_who_does_not_decide_there_is_refused(
    council: Council, scope: Scope, place: Place, trouble: type[Exception]
) -> None:
    with pytest.raises(trouble):
        council.rulings.change(scope, place, FREEZER, Adjustment(level=-14.0))
    with pytest.raises(trouble):
        council.rulings.revert(scope, place, FREEZER)


def test_exceptions_come_from_above(council: Council) -> None:
    for scope, place in ((MS_LI, SCHOOL), (NORTHERNER, NORTH), (HEAD, BUREAU)):
        with pytest.raises(Denied, match="granted by a level above"):
            council.rulings.grant(scope, place, FREEZER, Adjustment(is_off=True), "why", council.now + DAY_MS)


def test_hours_may_be_widened_and_not_narrowed(council: Council) -> None:
    council.rulings.change(MS_LI, SCHOOL, "counter-cold", Adjustment(when=When.ALWAYS))
    rule, elsewhere = (council.holds("counter-cold", site) for site in (NO_1, NO_2))
    assert rule is not None
    assert elsewhere is not None
    assert (rule.only, elsewhere.only) == (None, Hours.MEALS)
    with pytest.raises(NotAllowed):
        council.rulings.change(MS_LI, SCHOOL, FREEZER, Adjustment(when=When.MEALS))


@pytest.mark.parametrize(
    "wanted", [Adjustment(), Adjustment(level=float("nan")), Adjustment(hold_s=1e12), Adjustment(level=-500.0)]
)
def test_what_cannot_be_meant_is_refused(council: Council, wanted: Adjustment) -> None:
    with pytest.raises(NotAllowed):
        council.rulings.change(HEAD, BUREAU, FREEZER, wanted)


def test_decisions_outlive_a_restart_and_come_from_other_processes(council: Council) -> None:
    another = RulingService(
        Docket(Archive(council.registry.engine)), council.registry.service, council.registry.clock, council.base
    )
    another.change(MS_LI, SCHOOL, FREEZER, Adjustment(level=-14.0))
    assert council.level(NO_1) == -14.0


def test_a_school_that_moves_to_another_town_has_its_rules(council: Council) -> None:
    council.rulings.change(HEAD, Place.organisation("south-town"), FREEZER, Adjustment(level=-13.0))
    council.rulings.grant(NORTHERNER, SCHOOL, FREEZER, Adjustment(hold_s=300.0), "for now", council.now + DAY_MS)
    assert (council.level(NO_1), council.level(NO_2)) == (-12.0, -13.0)
    district = enrolment()
    moved = replace(district.sites[1], organisation="south-town")
    council.registry.service.enrol(SYSTEM, replace(district, sites=(district.sites[0], moved, district.sites[2])))
    council.pass_days(0.01)
    assert council.level(NO_1) == -13.0


def test_a_decision_nobody_can_read_counts_for_nothing_and_is_counted(council: Council) -> None:
    council.rulings.change(MS_LI, SCHOOL, FREEZER, Adjustment(level=-14.0))
    row = RulingRow(place=str(SCHOOL), number=2, at=council.now, user="x", rule=FREEZER, kind="changed", content="{")
    with writing(council.registry.engine) as session:
        session.add(row)
    assert council.level(NO_1) == -14.0
    told = {figure.name: figure.value for figure in council.enforcement.figures()}
    assert told["rulings_unreadable"] == 1
    assert len(council.rulings.history(HEAD, FREEZER)) == 1
