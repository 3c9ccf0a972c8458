"""Who may silence what for how long, what is seen of it, and what it would hide."""

from dataclasses import replace
from pathlib import Path

import pytest

from campus.errors import ConfigError
from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.service import AlertService
from controller.alerts.tables import AlertRow
from controller.calendar.model import Period
from controller.identity.scope import Denied, NotFound, Role, Scope
from controller.registry.database import writing
from controller.silences.model import Days, Draft, Kind, Pattern, Problem, Selector, Standing
from controller.silences.service import SilenceService
from tests.support.district import (
    BOARD_101,
    BOARD_102,
    CENTRE,
    DAY_MS,
    DISTRICT_SCOPE,
    GATEWAY,
    HOUR_MS,
    KITCHEN,
    MONDAY,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NO_2_VIEWER,
    NOW,
    SWITCH,
    ready_registry,
)

NORTH_OPERATOR = Scope("north", Role.OPERATOR, frozenset({NO_1}))


class Desk:
    """The service over a small district, with a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.registry = ready_registry(folder)
        self.clock = self.registry.clock
        self.alerts = AlertService(self.registry.engine, self.registry.service, self.clock)
        self.service = SilenceService(
            self.registry.engine, self.registry.service, self.registry.calendar, self.alerts, self.clock
        )

    def alert(self, opened_at: int, site: SiteId = NO_1, device: str = BOARD_101, rule: str = "board-hot") -> None:
        row = AlertRow(
            rule=rule,
            site=site,
            device=device,
            metric="temperature_cel",
            instance=str(opened_at),
            severity="minor",
            opened_at=opened_at,
            value=1.0,
            cleared_at=opened_at + 1 if opened_at < NOW - HOUR_MS else 0,
        )
        with writing(self.registry.engine) as session:
            session.add(row)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def draft(selector: Selector | None = None, *, hours: float = 2, pattern: Pattern | None = None) -> Draft:
    until = NOW + round(hours * HOUR_MS)
    return Draft(Kind.SILENCE, selector or Selector(site=NO_1), NOW, until, "new floor", pattern or Pattern())


def test_a_technician_silences_their_own_school_for_a_day_at_most(desk: Desk) -> None:
    assert desk.service.silence(NO_1_SCOPE, draft(hours=24)).made_by == "technician-1"
    assert desk.service.problems(NO_1_SCOPE, draft(hours=24.01)) == [Problem.TOO_LONG]
    assert desk.service.problems(NO_1_SCOPE, draft(Selector(site=NO_2))) == [Problem.NO_PLACE]
    assert desk.service.problems(NO_1_SCOPE, draft(Selector())) == [Problem.NO_PLACE]
    assert desk.service.problems(NO_1_SCOPE, draft(Selector(organisation="bureau"))) == [Problem.NO_PLACE]
    everywhere = Scope("technician", Role.TECHNICIAN)
    assert desk.service.problems(everywhere, draft(Selector(site=NO_2))) == []
    for wide in (Selector(), Selector(organisation="north-town")):
        assert desk.service.problems(everywhere, draft(wide)) == [Problem.NO_PLACE]
    with pytest.raises(Denied):
        desk.service.silence(NO_2_VIEWER, draft(Selector(site=NO_2)))
    with pytest.raises(ConfigError, match="too_long"):
        desk.service.silence(NO_1_SCOPE, draft(hours=30))


def test_an_operator_silences_longer_and_what_is_theirs(desk: Desk) -> None:
    assert desk.service.problems(DISTRICT_SCOPE, draft(Selector(), hours=24 * 200)) == []
    assert desk.service.problems(NORTH_OPERATOR, draft(Selector(organisation="north-town"), hours=500)) == []
    assert desk.service.problems(NORTH_OPERATOR, draft(Selector(organisation="bureau"))) == [Problem.NO_PLACE]
    assert desk.service.problems(DISTRICT_SCOPE, draft(Selector(), hours=24 * 500)) == [Problem.TOO_LONG]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (replace(draft(), reason="  "), Problem.NO_REASON),
        (replace(draft(), until=NOW), Problem.ENDS_BEFORE),
        (replace(draft(), starts_at=NOW + 3 * HOUR_MS), Problem.ENDS_BEFORE),
        (draft(Selector(room="r101")), Problem.NEEDS_SITE),
        (draft(Selector(site=NO_1, room="r999")), Problem.NO_DEVICE),
        (draft(Selector(site=NO_1, device=KITCHEN, kind=DeviceKind.BOARD)), Problem.NO_DEVICE),
        (draft(Selector(site=NO_1, rule="no-such-rule")), Problem.NO_RULE),
        (draft(Selector(organisation="nowhere")), Problem.NO_PLACE),
        (draft(pattern=Pattern(hours=Period(480, 480))), Problem.EMPTY_HOURS),
    ],
)
def test_what_is_wrong_is_named(desk: Desk, wrong: Draft, problem: Problem) -> None:
    assert problem in desk.service.problems(DISTRICT_SCOPE, wrong)
    with pytest.raises(ConfigError, match=problem.value):
        desk.service.silence(DISTRICT_SCOPE, wrong)


def test_a_window_is_seen_by_whose_school_it_covers_and_changed_by_whose_it_is(desk: Desk) -> None:
    everywhere = desk.service.silence(DISTRICT_SCOPE, draft(Selector())).id
    mine = desk.service.silence(NO_1_SCOPE, draft()).id
    assert {each.window.id for each in desk.service.windows(NO_1_SCOPE)} == {everywhere, mine}
    (seen,) = desk.service.windows(NO_2_VIEWER)
    assert (seen.window.id, seen.sites, seen.may_change) == (everywhere, (NO_2,), False)
    for change in (desk.service.end, desk.service.resume):
        with pytest.raises(Denied):
            change(NO_1_SCOPE, everywhere)
        with pytest.raises(NotFound):
            change(NO_2_VIEWER, mine)
    assert desk.service.end(DISTRICT_SCOPE, mine).ended_by == "operator"
    with pytest.raises(NotFound):
        desk.service.window(DISTRICT_SCOPE, 999)


def test_a_window_is_now_coming_or_past(desk: Desk) -> None:
    once = desk.service.silence(DISTRICT_SCOPE, draft()).id
    nightly = Pattern(hours=Period(22 * 60, 6 * 60))
    coming = desk.service.silence(DISTRICT_SCOPE, draft(hours=100, pattern=nightly)).id
    found = {each.window.id: each for each in desk.service.windows(DISTRICT_SCOPE)}
    assert (found[once].standing, found[once].next_at) == (Standing.NOW, NOW + 2 * HOUR_MS)
    assert (found[coming].standing, found[coming].next_at) == (Standing.COMING, MONDAY + 22 * HOUR_MS)
    desk.clock.now = NOW + 3 * HOUR_MS
    assert desk.service.window(DISTRICT_SCOPE, once).standing is Standing.PAST
    desk.clock.now = MONDAY + 23 * HOUR_MS
    assert desk.service.window(DISTRICT_SCOPE, coming).standing is Standing.NOW
    assert desk.service.window(DISTRICT_SCOPE, coming).next_at == MONDAY + 30 * HOUR_MS


def test_extending_counts_from_now_and_takes_an_end_back(desk: Desk) -> None:
    mine = desk.service.silence(NO_1_SCOPE, draft()).id
    desk.service.end(NO_1_SCOPE, mine)
    longer = desk.service.extend(NO_1_SCOPE, mine, NOW + 20 * HOUR_MS)
    assert (longer.until, longer.ended_at) == (NOW + 20 * HOUR_MS, 0)
    with pytest.raises(ConfigError):
        desk.service.extend(NO_1_SCOPE, mine, NOW + 25 * HOUR_MS)
    with pytest.raises(ConfigError):
        desk.service.extend(NO_1_SCOPE, mine, NOW)


def test_a_preview_counts_devices_open_alerts_and_those_of_thirty_days(desk: Desk) -> None:
    desk.alert(NOW - 60_000)
    desk.alert(NOW - 60_000, site=NO_2)
    desk.alert(NOW - 60_000, device=KITCHEN, rule="gas-leak")
    for day in range(1, 40):
        desk.alert(MONDAY - day * DAY_MS + 9 * HOUR_MS)
    boards = desk.service.preview(NO_1_SCOPE, draft(Selector(site=NO_1, kind=DeviceKind.BOARD)))
    assert (boards.sites, boards.devices, len(boards.open_alerts), boards.of_30_days, boards.danger) == (1, 2, 1, 30, 0)
    whole = desk.service.preview(DISTRICT_SCOPE, draft(Selector()))
    assert (whole.sites, len(whole.open_alerts), whole.danger) == (3, 3, 1)
    saturdays = draft(Selector(site=NO_1, kind=DeviceKind.BOARD), pattern=Pattern(weekdays=(5,)))
    assert desk.service.preview(NO_1_SCOPE, saturdays).of_30_days == 4
    nights = draft(Selector(site=NO_1, kind=DeviceKind.BOARD), pattern=Pattern(hours=Period(0, 540)))
    assert desk.service.preview(NO_1_SCOPE, nights).of_30_days == 0
    with pytest.raises(ConfigError):
        desk.service.preview(NO_1_SCOPE, draft(Selector(site=NO_2)))


def test_where_nobody_told_the_bells_a_preview_says_so(desk: Desk) -> None:
    outside = draft(Selector(), pattern=Pattern(Days.OUTSIDE_SCHOOL))
    assert desk.service.preview(DISTRICT_SCOPE, outside).unknown_hours == 1
    desk.service.silence(DISTRICT_SCOPE, outside)
    assert CENTRE not in desk.service.in_force(MONDAY + 23 * HOUR_MS).sites


def test_the_answer_is_one_object_until_something_changes(desk: Desk) -> None:
    service = desk.service
    quiet = service.in_force(NOW)
    assert service.in_force(NOW + DAY_MS) is quiet
    service.silence(DISTRICT_SCOPE, draft())
    begun = service.in_force(NOW)
    assert begun is not quiet
    assert service.in_force(NOW + 2 * HOUR_MS - 1) is begun
    over = service.in_force(NOW + 2 * HOUR_MS)
    assert over is not begun
    assert begun.sites == {NO_1}
    assert over.sites == frozenset()


def test_exams_silence_the_schools_that_have_them(desk: Desk) -> None:
    desk.service.silence(DISTRICT_SCOPE, draft(Selector(), hours=24 * 30, pattern=Pattern(Days.HOLIDAYS)))
    thursday = MONDAY + 3 * DAY_MS
    assert desk.service.in_force(thursday - 1).sites == frozenset()
    assert desk.service.in_force(thursday).sites == {NO_1, NO_2, CENTRE}
    assert desk.service.in_force(thursday + DAY_MS).sites == frozenset()


def test_a_window_of_many_schools_is_in_force_while_it_is_at_any_of_them(desk: Desk) -> None:
    outside = draft(Selector(), hours=24 * 20, pattern=Pattern(Days.OUTSIDE_SCHOOL))
    window = desk.service.silence(DISTRICT_SCOPE, outside).id
    assert desk.service.window(DISTRICT_SCOPE, window).next_at == MONDAY + 14 * HOUR_MS + HOUR_MS * 2 // 3
    desk.clock.now = MONDAY + 20 * HOUR_MS
    assert desk.service.window(DISTRICT_SCOPE, window).standing is Standing.NOW


class Ring:
    """Board 101 hangs on the switch, board 102 on the switch and the gateway."""

    def parents(self, _scope: Scope, _site: SiteId) -> dict[DeviceId, tuple[DeviceId, ...]]:
        return {BOARD_101: (SWITCH,), BOARD_102: (SWITCH, GATEWAY), SWITCH: (GATEWAY,)}


def test_what_hangs_on_what_is_in_maintenance_is_in_it_too(desk: Desk) -> None:
    service = SilenceService(
        desk.registry.engine, desk.registry.service, desk.registry.calendar, desk.alerts, desk.clock, Ring()
    )
    service.silence(DISTRICT_SCOPE, draft(Selector(site=NO_1, device=SWITCH)))
    unreachable, gas, warm = (desk.alerts.rule(rule) for rule in ("device-unreachable", "gas-leak", "board-hot"))
    maintenance = replace(draft(Selector(site=NO_1, device=SWITCH)), kind=Kind.MAINTENANCE)
    assert service.in_force(NOW).covering(NO_1, BOARD_101, unreachable, Severity.MAJOR) is None
    service.silence(DISTRICT_SCOPE, maintenance)
    quiet = service.in_force(NOW)
    hushed = quiet.covering(NO_1, BOARD_101, unreachable, Severity.MAJOR)
    assert hushed is not None
    assert hushed.text.startswith("maintenance")
    assert quiet.covering(NO_1, BOARD_101, gas, Severity.CRITICAL) is None
    assert quiet.covering(NO_1, BOARD_101, warm, Severity.MAJOR) is None  # that does not follow from a dead switch
    for device, is_covered in ((SWITCH, True), (KITCHEN, False)):
        assert (quiet.covering(NO_1, device, unreachable, Severity.MAJOR) is not None) is is_covered
    assert quiet.covering(NO_1, BOARD_102, unreachable, Severity.MAJOR) is None


def test_each_time_a_window_comes_into_force_is_told_with_its_end(desk: Desk) -> None:
    nightly = Pattern(hours=Period(22 * 60, 6 * 60))
    nights = Draft(Kind.SILENCE, Selector(organisation="bureau"), MONDAY, MONDAY + 3 * DAY_MS, "nights", nightly)
    window = desk.service.silence(DISTRICT_SCOPE, nights)
    begun = desk.service.begun(NO_1_SCOPE, MONDAY, MONDAY + 7 * DAY_MS)
    sunday_night = (MONDAY, MONDAY + 6 * HOUR_MS)  # what is left of it once the window begins
    whole = [(MONDAY + day * DAY_MS + 22 * HOUR_MS, MONDAY + day * DAY_MS + 30 * HOUR_MS) for day in (0, 1)]
    last = (MONDAY + 2 * DAY_MS + 22 * HOUR_MS, MONDAY + 3 * DAY_MS)
    assert [(each.begins_at, each.ends_at) for each in begun] == [sunday_night, *whole, last]
    assert {(each.window, each.site) for each in begun} == {(window, NO_1)}
    everywhere = desk.service.begun(DISTRICT_SCOPE, MONDAY + 1, MONDAY + DAY_MS)
    assert [(each.site, each.begins_at) for each in everywhere] == [
        (site, whole[0][0]) for site in (CENTRE, NO_1, NO_2)
    ]
    assert desk.service.begun(NO_1_SCOPE, whole[0][0] + 1, whole[1][0]) == []

    desk.clock.now = whole[1][0] + HOUR_MS
    desk.service.end(DISTRICT_SCOPE, window.id)
    begun = desk.service.begun(NO_1_SCOPE, MONDAY + 1, MONDAY + 7 * DAY_MS)
    assert [(each.begins_at, each.ends_at) for each in begun] == [whole[0], (whole[1][0], desk.clock.now)]


def test_a_window_that_follows_calendars_begins_school_by_school(desk: Desk) -> None:
    pattern = Pattern(Days.HOLIDAYS)
    draft = Draft(Kind.SILENCE, Selector(), MONDAY, MONDAY + 30 * DAY_MS, "holidays", pattern)
    desk.service.silence(DISTRICT_SCOPE, draft)
    thursday = MONDAY + 3 * DAY_MS
    begun = desk.service.begun(DISTRICT_SCOPE, MONDAY, MONDAY + 7 * DAY_MS)
    assert {(each.site, each.begins_at, each.ends_at) for each in begun} == {
        (site, thursday, thursday + DAY_MS) for site in (CENTRE, NO_1, NO_2)
    }
