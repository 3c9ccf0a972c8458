"""What a changed rule would have sent, before anybody saves it."""

import threading
from zoneinfo import ZoneInfo

import pytest

from campus.ids import SiteId
from controller.identity.scope import NotFound
from controller.rulings import replaying
from controller.rulings.desk import ReplayDesk, Wish
from controller.rulings.model import Adjustment, Fate, NotAllowed, Outlook
from controller.rulings.replaying import Replayer
from tests.fakes.memory_store import MemoryStore
from tests.servers.daemon import wait_until
from tests.support.district import KITCHEN, MONDAY, NO_1, NO_2, NOW, TIMEZONE
from tests.support.samples import Feed, series
from tests.unit.rulings.council import (
    BUREAU,
    DAY_MS,
    ELSEWHERE,
    FREEZER,
    HEAD,
    MS_LI,
    NORTHERNER,
    OTHER_SCHOOL,
    SCHOOL,
    SOUTHERNER,
    Council,
)

MINUTE_MS = 60_000


def _wait(way: threading.Event) -> None:
    assert way.wait(10)


@pytest.fixture
def feed() -> Feed:
    """Three days of two freezers: at 9:00 each day one school's is at -11 for 20 min, the other's at -13 for 5 min."""
    feed = Feed(MemoryStore())
    at = range(MONDAY - 2 * DAY_MS, NOW, MINUTE_MS)
    for site, warm, minutes in ((NO_1, -11.0, 20), (NO_2, -13.0, 5)):
        values = [warm if 540 <= (moment - MONDAY) // MINUTE_MS % 1440 < 540 + minutes else -18.0 for moment in at]
        feed.say_all(series(site, KITCHEN, "temperature_cel", "freezer"), at, values)
    return feed


@pytest.fixture
def replayer(council: Council, feed: Feed) -> Replayer:
    return Replayer(feed.store, council.registry.service, council.registry.calendar, ZoneInfo(TIMEZONE))


def compared(council: Council, replayer: Replayer, wanted: Adjustment, days: int = 3) -> Outlook:
    return replayer.compare(council.rulings.trial(HEAD, BUREAU, FREEZER, wanted), days, council.now)


def test_both_rules_are_counted_by_school_and_day(council: Council, replayer: Replayer) -> None:
    outlook = compared(council, replayer, Adjustment(level=-14.0, hold_s=240.0))
    assert (outlook.before, outlook.after) == ((3, 3), (6, 6))
    assert {school.site: (school.before.alerts, school.after.alerts) for school in outlook.schools} == {
        NO_1: (3, 3),
        NO_2: (0, 3),
        SiteId("centre"): (0, 0),
    }
    assert [(day.before, day.after) for day in outlook.days] == [(1, 2)] * 3
    assert outlook.days[-1].day == MONDAY
    assert not outlook.unfinished
    assert (outlook.series, outlook.samples > 6000) == (2, True)


def test_each_alert_is_told_with_its_times_and_what_would_become_of_it(council: Council, replayer: Replayer) -> None:
    looser = compared(council, replayer, Adjustment(level=-10.0), days=1)
    (gone,) = looser.instances
    assert (gone.fate, gone.site, gone.device, gone.part) == (Fate.GONE, NO_1, KITCHEN, "freezer")
    assert gone.opened_at == MONDAY + 550 * MINUTE_MS, "warm from 9:00, held for 10 min"
    tighter = compared(council, replayer, Adjustment(level=-14.0, hold_s=240.0), days=1)
    assert {(each.fate, each.site) for each in tighter.instances} == {(Fate.BOTH, NO_1), (Fate.NEW, NO_2)}


def test_what_is_looser_than_allowed_may_be_tried(council: Council, replayer: Replayer) -> None:
    trial = council.rulings.trial(MS_LI, SCHOOL, FREEZER, Adjustment(is_off=True))
    assert trial.after == {NO_1: None}
    outlook = replayer.compare(trial, 3, council.now)
    assert (outlook.before.alerts, outlook.after.alerts) == (3, 0)


def test_what_places_below_decided_is_counted_in(council: Council, replayer: Replayer) -> None:
    council.rulings.change(SOUTHERNER, OTHER_SCHOOL, FREEZER, Adjustment(level=-14.0, hold_s=240.0))
    outlook = compared(council, replayer, Adjustment(is_off=True))
    assert (outlook.before.alerts, outlook.after.alerts) == (6, 0)


def test_time_that_is_up_is_told(council: Council, feed: Feed) -> None:
    replayer = Replayer(feed.store, council.registry.service, council.registry.calendar, ZoneInfo(TIMEZONE))
    trial = council.rulings.trial(HEAD, BUREAU, FREEZER, Adjustment(level=-14.0))
    outlook = replayer.compare(trial, 3, council.now, budget_s=0.0)
    assert len(outlook.unfinished) == 3
    assert outlook.before == outlook.after == (0, 0)


def test_a_rule_that_finds_far_too_much_is_not_followed_to_the_end(
    council: Council, replayer: Replayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "MOST_FOUND", 0)
    assert len(compared(council, replayer, Adjustment(level=-14.0)).unfinished) == 3


def test_ingest_goes_first_and_progress_is_told(council: Council, feed: Feed) -> None:
    given: list[str] = []
    zone, shares = ZoneInfo(TIMEZONE), list[float]()
    service, calendar = council.registry.service, council.registry.calendar
    replayer = Replayer(feed.store, service, calendar, zone, lambda: given.append("way"))
    trial = council.rulings.trial(HEAD, BUREAU, FREEZER, Adjustment(level=-14.0))
    replayer.compare(trial, 3, council.now, shares.append)
    assert given
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_replay_runs_while_its_asker_waits_and_is_nobody_elses(council: Council, replayer: Replayer) -> None:
    desk = ReplayDesk(council.rulings, replayer, council.registry.clock)
    wish = Wish(SCHOOL, FREEZER, 3, Adjustment(hold_s=60.0))
    ticket = desk.begin(MS_LI, wish)
    assert desk.begin(MS_LI, wish) == ticket
    wait_until(lambda: desk.look(MS_LI, ticket).is_done, "the end of the replay")
    outlook = desk.look(MS_LI, ticket).outlook
    assert outlook is not None
    assert outlook.after.alerts == 3
    with pytest.raises(NotFound):
        desk.look(NORTHERNER, ticket)
    desk.stop()


def test_one_person_tries_one_rule_at_a_time_and_leaves_room_for_others(council: Council, feed: Feed) -> None:
    way = threading.Event()
    service, calendar = council.registry.service, council.registry.calendar
    replayer = Replayer(feed.store, service, calendar, ZoneInfo(TIMEZONE), lambda: _wait(way))
    desk = ReplayDesk(council.rulings, replayer, council.registry.clock)
    first = desk.begin(MS_LI, Wish(SCHOOL, FREEZER, 3, Adjustment(hold_s=60.0)))
    with pytest.raises(NotAllowed, match="you are trying a rule already"):
        desk.begin(MS_LI, Wish(SCHOOL, FREEZER, 30, Adjustment(hold_s=60.0)))
    second = desk.begin(NORTHERNER, Wish(SCHOOL, FREEZER, 3, Adjustment(hold_s=60.0)))
    with pytest.raises(NotAllowed, match="others are trying"):
        desk.begin(HEAD, Wish(SCHOOL, FREEZER, 3, Adjustment(hold_s=60.0)))
    way.set()
    wait_until(lambda: desk.look(MS_LI, first).is_done, "the end of the first replay")
    wait_until(lambda: desk.look(NORTHERNER, second).is_done, "the end of the second replay")
    desk.stop()


def test_what_other_rooms_judge_cannot_be_tried(council: Council, replayer: Replayer) -> None:
    desk = ReplayDesk(council.rulings, replayer, council.registry.clock)
    ticket = desk.begin(HEAD, Wish(BUREAU, ELSEWHERE, 3, Adjustment(is_off=True)))
    wait_until(lambda: desk.look(HEAD, ticket).is_done, "the end of the replay")
    assert "cannot be tried" in desk.look(HEAD, ticket).trouble
    with pytest.raises(NotAllowed):
        desk.begin(HEAD, Wish(BUREAU, FREEZER, 3, Adjustment()))
