"""How much the boards of the small district are used. Lessons: four a weekday, 40 minutes each, none on Thursday's holiday."""

import pytest

from campus.ids import DeviceId, SiteId
from controller.calendar.service import CalendarService
from controller.identity.scope import NotFound
from controller.localtime import DAY_MS, HOUR_MS
from controller.utilisation.service import UtilisationService
from tests.support.district import (
    BOARD_101,
    BOARD_102,
    DISTRICT_SCOPE,
    MONDAY,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    TIMEZONE,
    ReadyRegistry,
)
from tests.support.samples import Feed, series

MINUTE = 60_000
STEP = 5 * MINUTE
FIRST_LESSON = MONDAY + 8 * HOUR_MS
WEEK = (MONDAY, MONDAY + 7 * DAY_MS)
OFF, STANDBY, ON = 0.0, 1.0, 2.0


@pytest.fixture
def registry(registry: ReadyRegistry) -> ReadyRegistry:
    registry.clock.now = MONDAY + 7 * DAY_MS
    return registry


@pytest.fixture
def service(registry: ReadyRegistry, feed: Feed) -> UtilisationService:
    return UtilisationService(feed.store, registry.service, registry.calendar, TIMEZONE, registry.clock)


def hold(feed: Feed, site: SiteId, board: DeviceId, metric: str, value: float, start: int, end: int) -> None:
    """The same reading in each five minutes of [start, end)."""
    at = list(range(start + 60_000, end, STEP))
    feed.say_all(series(site, board, metric), at, [value] * len(at))


def test_a_lesson_taught_with_the_board(feed: Feed, service: UtilisationService) -> None:
    hold(feed, NO_1, BOARD_101, "power_state", OFF, MONDAY, FIRST_LESSON - 10 * MINUTE)
    hold(feed, NO_1, BOARD_101, "power_state", ON, FIRST_LESSON - 10 * MINUTE, FIRST_LESSON + 50 * MINUTE)
    hold(feed, NO_1, BOARD_101, "touch_per_min", 6.0, FIRST_LESSON, FIRST_LESSON + 20 * MINUTE)
    hold(feed, NO_1, BOARD_101, "input_state", 2.0, FIRST_LESSON + 20 * MINUTE, FIRST_LESSON + 30 * MINUTE)
    hold(feed, NO_1, BOARD_101, "power_state", STANDBY, FIRST_LESSON + 50 * MINUTE, MONDAY + DAY_MS)
    use = service.boards(NO_1_SCOPE, MONDAY, MONDAY + DAY_MS, NO_1)[0]
    assert (use.device, use.room) == (BOARD_101, "r101")
    assert use.lesson_h == pytest.approx(4 * 40 / 60)
    assert use.known_h == pytest.approx(4 * 40 / 60)
    assert use.used_h == pytest.approx(30 / 60)
    assert use.on_h == pytest.approx(1.0)
    assert use.share == pytest.approx(30 / 160)
    assert not use.never_used


def test_what_is_unknown_is_neither_used_nor_idle(feed: Feed, service: UtilisationService) -> None:
    hold(feed, NO_1, BOARD_102, "power_state", STANDBY, FIRST_LESSON, FIRST_LESSON + 40 * MINUTE)
    known, unknown = (
        {use.device: use for use in service.boards(DISTRICT_SCOPE, *WEEK, site=site)}[BOARD_102]
        for site in (NO_1, NO_2)
    )
    assert (known.share, known.never_used) == (0.0, True)
    assert known.known_h == pytest.approx(40 / 60)
    assert (unknown.share, unknown.never_used, unknown.known_h) == (None, False, 0.0)
    assert known.lesson_h == unknown.lesson_h == pytest.approx(4 * 4 * 40 / 60)  # Thursday is a holiday


def test_schools_are_the_sums_of_their_boards(feed: Feed, service: UtilisationService) -> None:
    hold(feed, NO_1, BOARD_101, "power_state", ON, MONDAY, MONDAY + DAY_MS)
    hold(feed, NO_1, BOARD_101, "input_state", 1.0, MONDAY, MONDAY + DAY_MS)
    hold(feed, NO_1, BOARD_102, "power_state", ON, MONDAY, MONDAY + DAY_MS)
    hold(feed, NO_1, BOARD_102, "input_state", 0.0, MONDAY, MONDAY + DAY_MS)
    first, second = service.sites(DISTRICT_SCOPE, *WEEK)
    assert (first.site, first.boards, first.never_used, first.share) == (NO_1, 2, 1, 0.5)
    assert (second.site, second.boards, second.never_used, second.share) == (NO_2, 2, 0, None)
    assert [site.site for site in service.sites(NO_1_SCOPE, *WEEK)] == [NO_1]
    with pytest.raises(NotFound):
        service.boards(NO_1_SCOPE, *WEEK, site=NO_2)


def test_heat_is_by_local_weekday_and_hour(feed: Feed, service: UtilisationService) -> None:
    hold(feed, NO_1, BOARD_101, "power_state", ON, MONDAY, MONDAY + 2 * DAY_MS)
    hold(feed, NO_1, BOARD_101, "input_state", 1.0, FIRST_LESSON, FIRST_LESSON + 40 * MINUTE)
    cells = service.heat(DISTRICT_SCOPE, *WEEK)
    assert [(cell.weekday, cell.hour) for cell in cells] == [(day, hour) for day in range(7) for hour in range(24)]
    share = {(cell.weekday, cell.hour): cell.share for cell in cells if cell.share is not None}
    assert share == {
        **{(day, hour): 0.0 for day in (0, 1) for hour in (8, 9, 10, 14)},
        (0, 8): pytest.approx(40 / 50),  # the second lesson begins at 08:50
    }


def test_rooms_heat_is_by_room_and_local_hour(feed: Feed, service: UtilisationService) -> None:
    hold(feed, NO_1, BOARD_101, "power_state", ON, MONDAY, MONDAY + DAY_MS)
    hold(feed, NO_1, BOARD_101, "input_state", 1.0, FIRST_LESSON, FIRST_LESSON + 40 * MINUTE)
    first, second = service.rooms_heat(NO_1_SCOPE, *WEEK, site=NO_1)
    assert (first.room, second.room) == ("r101", "r102")
    known = {hour: share for hour, share in enumerate(first.shares) if share is not None}
    assert known == {8: pytest.approx(40 / 50), 9: 0.0, 10: 0.0, 14: 0.0}
    assert second.shares == (None,) * 24
    with pytest.raises(NotFound):
        service.rooms_heat(NO_1_SCOPE, *WEEK, site=NO_2)


def test_the_future_is_no_lesson_time(registry: ReadyRegistry, service: UtilisationService) -> None:
    registry.clock.now = FIRST_LESSON + 20 * MINUTE
    (use, *_) = service.boards(NO_1_SCOPE, *WEEK)
    assert use.lesson_h == pytest.approx(20 / 60)


def test_what_was_read_serves_the_same_question_for_half_a_minute(
    registry: ReadyRegistry, feed: Feed, service: UtilisationService
) -> None:
    def used_h() -> float:
        return service.boards(NO_1_SCOPE, *WEEK)[0].used_h

    hold(feed, NO_1, BOARD_101, "power_state", ON, FIRST_LESSON, FIRST_LESSON + 40 * MINUTE)
    assert used_h() == 0
    hold(feed, NO_1, BOARD_101, "input_state", 1.0, FIRST_LESSON, FIRST_LESSON + 40 * MINUTE)
    assert used_h() == 0
    assert service.boards(DISTRICT_SCOPE, *WEEK)[0].used_h == pytest.approx(40 / 60)  # another caller, another question
    registry.clock.now += 30_000
    assert used_h() == pytest.approx(40 / 60)


def test_gives_way_before_each_school_and_each_day(feed: Feed, registry: ReadyRegistry) -> None:
    hold(feed, NO_1, BOARD_101, "power_state", ON, *WEEK)
    asked: list[int] = []
    service = UtilisationService(
        feed.store, registry.service, registry.calendar, TIMEZONE, registry.clock, lambda: asked.append(1)
    )
    service.sites(DISTRICT_SCOPE, *WEEK)
    assert len(asked) >= 2 + 7


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Kathmandu", "Europe/Berlin"])
def test_hours_are_those_of_each_report(zone: str, registry: ReadyRegistry, feed: Feed) -> None:
    """In Berlin the clocks go back in the last night; in Kathmandu hours begin at a quarter past."""
    end = MONDAY + 49 * DAY_MS
    start = end - 9 * DAY_MS
    registry.clock.now = end - 30 * MINUTE
    for board, every in ((BOARD_101, 7), (BOARD_102, 11)):
        hold(feed, NO_1, board, "power_state", ON, start, end)
        for at in range(start, end, every * HOUR_MS // 3):
            hold(feed, NO_1, board, "touch_per_min", 2.0, at, at + 20 * MINUTE)
    calendar = CalendarService(registry.engine, registry.service, zone)
    service = UtilisationService(feed.store, registry.service, calendar, zone, registry.clock)
    found = service.board_hours(DISTRICT_SCOPE, start, end)
    wanted = [
        (use.site, use.device, hour, use.share)
        for hour in range(start, end, HOUR_MS)
        for use in service.boards(DISTRICT_SCOPE, hour, hour + HOUR_MS)
        if use.share is not None
    ]
    assert found == wanted
    assert len({use.share for use in found}) > 2
    assert service.board_hours(DISTRICT_SCOPE, start, start) == []
