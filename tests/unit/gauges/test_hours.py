"""Hours of boards and kitchens, added up for each school: what its single series, the reports and the shipped rules say."""

from typing import Final

import numpy as np
import pytest

from campus.ids import DeviceId
from campus.metrics import made_by_centre
from controller.gauges import kitchens
from controller.gauges.boards import (
    EVER_USED,
    IN_LESSONS,
    USED_IN_LESSONS,
    WEEK_MS,
    WITH_LESSONS,
    LastUse,
    hours_of_schools,
)
from controller.gauges.model import Table
from controller.gauges.places import look
from controller.identity.scope import SYSTEM
from controller.store.port import Level
from controller.utilisation.model import HourUse
from controller.utilisation.service import UtilisationService
from dashboards import limits
from dashboards.boards.kitchen_compliance import HOT_COUNTER_OFF_CEL
from tests.support.district import (
    BOARD_101,
    BOARD_102,
    DAY_MS,
    HOUR_MS,
    KITCHEN,
    MONDAY,
    NO_1,
    NO_2,
    TIMEZONE,
    ReadyRegistry,
)
from tests.support.samples import Feed

MINUTE_MS: Final = 60_000


def row(tables: list[Table], metric: str, site: str) -> list[float]:
    """What is told of a school, instant after instant."""
    table = next(each for each in tables if each.names and each.names[0].metric == metric)
    place = [name.site for name in table.names].index(site)  # type: ignore[arg-type]
    told: list[float] = table.value[place].tolist()
    return told


@pytest.fixture
def utilisation(registry: ReadyRegistry, feed: Feed) -> UtilisationService:
    """Two days of lessons: one board is used in some, one in none, one is silent."""
    for at in range(MONDAY + 8 * HOUR_MS, MONDAY + DAY_MS + 15 * HOUR_MS, MINUTE_MS):
        is_touched = at % (3 * HOUR_MS) < HOUR_MS
        for site, device, touches in (
            (NO_1, BOARD_101, 3.0 * is_touched),
            (NO_1, BOARD_102, 0.0),
            (NO_2, BOARD_101, 2.0),
        ):
            feed.say(site, device, "power_state", 2.0, at=at)
            feed.say(site, device, "touch_per_min", touches, at=at)
    registry.clock.now = MONDAY + 2 * DAY_MS
    return UtilisationService(feed.store, registry.service, registry.calendar, TIMEZONE, registry.clock)


def test_hours_of_boards_add_up_to_what_single_boards_say(utilisation: UtilisationService) -> None:
    start, end = MONDAY, MONDAY + 2 * DAY_MS
    uses = utilisation.board_hours(SYSTEM, start, end)
    hours = np.arange(start, end, HOUR_MS)
    tables = hours_of_schools(uses, hours)
    for site in (NO_1, NO_2):
        of_site = [use for use in uses if use.site == site]
        known, used = row(tables, IN_LESSONS, site), row(tables, USED_IN_LESSONS, site)
        assert np.nansum(known) == len(of_site) >= 8
        assert np.nansum(used) / np.nansum(known) == pytest.approx(np.mean([use.share for use in of_site]))
        at = hours[~np.isnan(known)].tolist()
        assert at == sorted({use.at for use in of_site})
    assert 0 < np.nansum(row(tables, USED_IN_LESSONS, NO_1)) < np.nansum(row(tables, IN_LESSONS, NO_1)) / 2


def test_boards_that_were_ever_used_are_those_of_the_report(utilisation: UtilisationService) -> None:
    last_use, hour = LastUse(), MONDAY + DAY_MS + 14 * HOUR_MS
    last_use.hear(utilisation.board_hours(SYSTEM, MONDAY, hour + HOUR_MS))
    reported = {use.site: use for use in utilisation.sites(SYSTEM, MONDAY, hour + HOUR_MS)}
    known = {
        site: sum(use.known_h > 0 for use in utilisation.boards(SYSTEM, MONDAY, hour + HOUR_MS, site))
        for site in (NO_1, NO_2)
    }
    for site in (NO_1, NO_2):
        assert row(last_use.tables(hour), WITH_LESSONS, site) == [known[site]]
        assert row(last_use.tables(hour), EVER_USED, site) == [known[site] - reported[site].never_used]
    assert (known[NO_1], reported[NO_1].never_used) == (2, 1)


def test_what_a_week_ago_was_is_forgotten_and_a_new_start_remembers(feed: Feed) -> None:
    uses = [HourUse(NO_1, DeviceId(f"board-{n}"), MONDAY + n * HOUR_MS, float(n % 2)) for n in range(2_000)]
    fresh = LastUse()
    fresh.hear(uses)
    for use in uses:
        feed.say(use.site, use.device, "board_use_percent", 100 * use.share, at=use.at)
    again = LastUse()
    until = uses[-1].at + HOUR_MS
    again.remember(feed.store, until)
    for hour in (until - HOUR_MS, until + DAY_MS):
        within = [use for use in uses if hour - WEEK_MS < use.at <= hour]
        assert row(fresh.tables(hour), WITH_LESSONS, NO_1) == [len(within)]
        assert row(again.tables(hour), WITH_LESSONS, NO_1) == [len(within)]
        assert row(fresh.tables(hour), EVER_USED, NO_1) == [sum(use.share > 0 for use in within)]
        assert row(again.tables(hour), EVER_USED, NO_1) == row(fresh.tables(hour), EVER_USED, NO_1)
    holidays = fresh.tables(until + WEEK_MS)
    assert row(holidays, WITH_LESSONS, NO_1) == row(holidays, EVER_USED, NO_1) == [0]


def test_units_of_kitchens_are_counted_by_the_mean_of_each_hour(registry: ReadyRegistry, feed: Feed) -> None:
    rng = np.random.default_rng(3)
    hours = np.arange(MONDAY, MONDAY + 6 * HOUR_MS, HOUR_MS)
    middle = {"freezer-1": -12, "freezer-2": -20, "cold-store": 4, "hot-holding-1": 50, "soup": 5}
    for unit, level in middle.items():
        for at in range(MONDAY, MONDAY + 6 * HOUR_MS, 10 * MINUTE_MS):
            if unit != "freezer-2" or at < MONDAY + 2 * HOUR_MS:
                feed.say(NO_1, KITCHEN, "temperature_cel", level + float(rng.normal(0, 15)), at=at, instance=unit)
    feed.say(NO_1, BOARD_101, "temperature_cel", 40.0, at=MONDAY, instance="freezer-of-a-board")
    tables = kitchens.hours(look(registry.service, feed.store.series_columns()), feed.store, hours)
    window = feed.store.window(feed.store.find_ids(NO_1, KITCHEN), MONDAY, MONDAY + 6 * HOUR_MS, Level.HOUR)
    names = feed.store.find_series(NO_1, KITCHEN)
    measured, within = np.zeros(6), np.zeros(6)
    for series, at, mean in zip(window.series.tolist(), window.at.tolist(), window.mean.tolist(), strict=True):
        unit = names[series].instance
        if unit == "soup":
            continue
        place = (at - MONDAY) // HOUR_MS
        measured[place] += 1
        is_cold, is_frozen = limits.COLD_STORE_FROZEN_CEL.level <= mean <= limits.COLD_STORE_WARM_CEL.level, mean <= -12
        is_hot = mean >= limits.HOT_COUNTER_COLD_CEL.level or mean < HOT_COUNTER_OFF_CEL
        within[place] += is_frozen if "freezer" in unit else is_cold if "cold" in unit else is_hot
    assert row(tables, kitchens.MEASURED, NO_1) == measured.tolist() == [4, 4, 3, 3, 3, 3]
    assert row(tables, kitchens.WITHIN, NO_1) == within.tolist()
    assert 0 < within.sum() < measured.sum()
    assert np.isnan(row(tables, kitchens.WITHIN, NO_2)).all()


def test_bands_are_those_of_the_dashboard() -> None:
    assert [tuple(band)[1:] for band in kitchens.BANDS] == [
        (-np.inf, limits.FREEZER_WARM_CEL.level, -np.inf),
        (limits.COLD_STORE_FROZEN_CEL.level, limits.COLD_STORE_WARM_CEL.level, -np.inf),
        (limits.HOT_COUNTER_COLD_CEL.level, np.inf, HOT_COUNTER_OFF_CEL),
    ]
    made = {IN_LESSONS, USED_IN_LESSONS, WITH_LESSONS, EVER_USED, kitchens.MEASURED, kitchens.WITHIN}
    assert made <= made_by_centre().keys()
