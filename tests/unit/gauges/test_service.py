"""The controller's own series say what its pages and reports say, and of the past what they said then."""

from collections.abc import Iterator
from typing import Final

import pytest
import sqlalchemy as sa

from campus.errors import Transient
from campus.ids import DeviceId, SiteId
from campus.metrics import made_by_centre
from campus.samples import Severity
from controller.alerts.service import AlertService
from controller.alerts.tables import AlertRow
from controller.capacity.service import CapacityService
from controller.figure import Figure
from controller.gauges.service import SETTLE_MS, GaugeService
from controller.identity.scope import SYSTEM
from controller.ingest.making import Making
from controller.ingest.model import Made
from controller.overview.service import OverviewService
from controller.registry.database import writing
from controller.store.port import Ids, Level, Window
from controller.telemetry.service import TelemetryService
from controller.utilisation.service import UtilisationService
from tests.fakes.memory_store import MemoryStore
from tests.fakes.reception import StaticReception
from tests.support.district import (
    BOARD_101,
    BOARD_102,
    CENTRE,
    DAY_MS,
    GATEWAY,
    HOUR_MS,
    MONDAY,
    NO_1,
    NO_2,
    NOW,
    TIMEZONE,
    UPLINK,
    ReadyRegistry,
    address_of,
)
from tests.support.samples import Feed

MINUTE_MS: Final = 60_000
Told = dict[tuple[str, str, str, str], float]


class Centre:
    """Gauges among the services whose figures they repeat, and the store they end in."""

    def __init__(self, registry: ReadyRegistry, feed: Feed) -> None:
        self.registry, self.feed, self.clock = registry, feed, registry.clock
        engine, service = registry.engine, registry.service
        self.alerts = AlertService(engine, service, self.clock)
        self.capacity = CapacityService(feed.store, service, TIMEZONE, self.clock)
        self.utilisation = UtilisationService(feed.store, service, registry.calendar, TIMEZONE, self.clock)
        telemetry = TelemetryService(feed.store, service)
        self.overview = OverviewService(telemetry, service, self.alerts, self.clock, StaticReception())
        self.making = Making()
        self.gauges = self.fresh()

    def fresh(self) -> GaugeService:
        """As after a restart."""
        return GaugeService(
            self.feed.store,
            self.registry.service,
            self.alerts,
            self.capacity,
            self.utilisation,
            self.making,
            lambda: [Figure("store_series", "", 42)],
        )

    def tend(self, at: int) -> Told:
        """What a round makes; it is stored, too."""
        self.clock.now = at
        self.gauges.tend(at)
        made = list(iter(self.making.take, None))
        for each in made:
            self.making.store(each, self.feed.store)
        return {key[:4]: value for each in made for key, value in rows(each)}

    def alert(self, site: SiteId, severity: str, opened_at: int, cause: int = 0) -> None:
        with writing(self.registry.engine) as session:
            row = AlertRow(
                rule="board-hot", site=site, device=BOARD_101, metric="temperature_cel", severity=severity, value=1.0,
                instance=str(opened_at), opened_at=opened_at, cause=cause,
            )  # fmt: skip
            session.add(row)

    def clear_all(self, at: int) -> None:
        with writing(self.registry.engine) as session:
            session.connection().execute(sa.update(AlertRow).values(cleared_at=at))


def rows(made: Made) -> Iterator[tuple[tuple[str, str, str, str, int], float]]:
    """Site, device, metric, instance and instant of each, with its value."""
    for series, at, value in zip(made.series.tolist(), made.measured_at.tolist(), made.value.tolist(), strict=True):
        name = made.names[series]
        yield (str(name.site), str(name.device), str(name.metric), str(name.instance), at), value


@pytest.fixture
def centre(registry: ReadyRegistry, feed: Feed) -> Centre:
    return Centre(registry, feed)


def test_a_minute_says_what_the_overview_says(centre: Centre, feed: Feed) -> None:
    for device, answers in ((GATEWAY, 1.0), (BOARD_101, 0.0), (BOARD_102, 0.0)):
        feed.say(NO_1, device, "reachable", answers, at=NOW - MINUTE_MS)
    feed.say(NO_2, BOARD_101, "reachable", 0.0, at=NOW - HOUR_MS)  # too long ago to say how it is
    feed.say(NO_1, GATEWAY, "if_in_bps", 7e8, at=NOW - MINUTE_MS, instance=UPLINK)
    feed.say(NO_1, GATEWAY, "if_out_bps", 1e8, at=NOW - HOUR_MS, instance=UPLINK)
    centre.registry.service.note_agent(address_of(NO_1), online=True, last_frame_at=NOW - 42_000)
    centre.alert(NO_1, "critical", NOW - 1)
    centre.alert(NO_1, "minor", NOW - 2)
    centre.alert(NO_1, "minor", NOW - 3, cause=1)
    told = centre.tend(NOW + 1_500)

    overview = centre.overview.district(SYSTEM)
    school = next(each for each in overview.sites if each.site.id == NO_1)
    assert told[NO_1, "school", "school_devices", ""] == school.devices.total == 6
    assert told[NO_1, "school", "school_devices_unreachable", ""] == 2
    assert told[NO_2, "school", "school_devices_unreachable", ""] == 0
    (link,) = school.links
    assert told[NO_1, GATEWAY, "link_capacity_bps", UPLINK] == link.link.capacity_bps == 1e9
    assert told[NO_1, GATEWAY, "link_in_use_percent", UPLINK] == pytest.approx(100 * (link.share or 0)) == 70.0
    assert (NO_1, GATEWAY, "link_out_use_percent", UPLINK) not in told
    assert told[NO_1, "school", "school_agent_silent_s", ""] == 43.5
    assert (NO_2, "school", "school_agent_silent_s", "") not in told
    by_severity = [told[NO_1, "school", "school_alerts_open", each] for each in Severity]
    assert by_severity == [1, 0, 1, 0]
    assert sum(value for key, value in told.items() if key[2] == "school_alerts_open") == overview.open_alerts
    assert told[CENTRE, "controller", "controller_store_series", ""] == 42
    assert {key[2] for key in told} <= made_by_centre().keys()


def test_boards_are_in_use_by_the_evidence_of_the_reports(centre: Centre, feed: Feed) -> None:
    at = NOW - MINUTE_MS
    feed.say(NO_1, BOARD_101, "power_state", 2.0, at=at)
    feed.say(NO_1, BOARD_101, "input_state", 1.0, at=at)
    feed.say(NO_1, BOARD_102, "power_state", 1.0, at=at)
    feed.say(NO_1, BOARD_102, "touch_per_min", 9.0, at=at)  # standby is no use, however often it is touched
    feed.say(NO_1, GATEWAY, "power_state", 2.0, at=at)  # no board
    feed.say(NO_2, BOARD_101, "power_state", 2.0, at=NOW - HOUR_MS)
    told = centre.tend(NOW)
    assert told[NO_1, "school", "school_boards_in_use_percent", ""] == 50
    assert (NO_2, "school", "school_boards_in_use_percent", "") not in told


def test_each_minute_and_hour_is_told_once_across_a_restart(centre: Centre, feed: Feed) -> None:
    feed.say(NO_1, GATEWAY, "if_in_bps", 5e8, at=NOW - 2 * HOUR_MS, instance=UPLINK)
    first = centre.tend(NOW + SETTLE_MS + 1_000)
    assert {key[2] for key in first} >= {"school_devices", "link_in_p95_bps"}
    assert not centre.tend(NOW + SETTLE_MS + 6_000)
    centre.gauges = centre.fresh()
    assert not centre.tend(NOW + SETTLE_MS + 11_000)
    after = centre.tend(NOW + SETTLE_MS + MINUTE_MS)
    assert {key[2] for key in after} >= {"school_devices"}
    assert not {key[2] for key in after} & {"link_in_p95_bps", "board_use_percent"}
    figures = {figure.name: figure.value for figure in centre.gauges.figures()}
    assert figures["gauges_samples_total"] == len(after)


def test_an_hour_is_reported_when_its_last_samples_have_come_and_stands_at_its_beginning(
    centre: Centre, feed: Feed
) -> None:
    lesson = MONDAY + 8 * HOUR_MS
    for at in range(lesson, lesson + HOUR_MS, MINUTE_MS):
        feed.say(NO_1, BOARD_101, "power_state", 2.0, at=at)
        feed.say(NO_1, BOARD_101, "touch_per_min", 3.0 if at < lesson + HOUR_MS // 3 else 0.0, at=at)
        feed.say(NO_1, GATEWAY, "if_in_bps", 1e6 * (at % 7919), at=at, instance=UPLINK)
        feed.say(NO_1, GATEWAY, "if_out_bps", 1e5 * (at % 7919), at=at, instance=UPLINK)
    end = lesson + HOUR_MS
    centre.tend(end)
    early = centre.tend(end + SETTLE_MS - 1)
    assert "board_use_percent" not in {key[2] for key in early}
    told = centre.tend(end + SETTLE_MS)

    use = next(each for each in centre.utilisation.boards(SYSTEM, lesson, end) if each.share is not None)
    assert told[NO_1, BOARD_101, "board_use_percent", ""] == pytest.approx(100 * (use.share or 0))
    assert 0 < told[NO_1, BOARD_101, "board_use_percent", ""] < 100
    assert (NO_1, BOARD_102, "board_use_percent", "") not in told
    link = next(each for each in centre.capacity.links_use(SYSTEM, end - 7 * DAY_MS, end) if each.site == NO_1)
    assert told[NO_1, GATEWAY, "link_in_p95_bps", UPLINK] == link.inbound.p95_bps
    assert told[NO_1, GATEWAY, "link_out_p95_bps", UPLINK] == link.outbound.p95_bps

    ids = feed.store.find_ids(NO_1, BOARD_101, None)
    window = feed.store.window(ids, MONDAY, NOW, Level.RAW)
    names = feed.store.find_series(NO_1, BOARD_101)
    assert [
        at
        for at, series in zip(window.at, window.series, strict=True)
        if names[int(series)].metric == "board_use_percent"
    ] == [lesson]


class AbsentStore(MemoryStore):
    """A memory store that can be away for those who read windows."""

    is_away = False

    def window(self, ids: Ids, start: int, end: int, level: Level | None = None, max_points: int = 2_000) -> Window:
        """Raise, or answer."""
        if self.is_away:
            raise Transient("the store is away")
        return super().window(ids, start, end, level, max_points)


def test_the_last_week_is_remembered_though_the_store_was_away_at_first(registry: ReadyRegistry) -> None:
    store = AbsentStore()
    feed = Feed(store)
    centre = Centre(registry, feed)
    feed.say(NO_1, BOARD_101, "board_use_percent", 50.0, at=NOW - DAY_MS)
    store.is_away = True
    with pytest.raises(Transient):
        centre.tend(NOW + SETTLE_MS)
    store.is_away = False
    told = centre.tend(NOW + SETTLE_MS + MINUTE_MS)
    assert told[NO_1, "school", "school_boards_with_lessons", ""] == 1


def test_of_the_past_is_told_what_was_told_then(centre: Centre, feed: Feed) -> None:
    for minute in range(12):
        at = NOW + minute * MINUTE_MS
        feed.say(NO_1, GATEWAY, "reachable", float(minute % 3 != 1), at=at - 5_000)
        feed.say(NO_1, BOARD_101, "power_state", float(minute % 3), at=at - 5_000)
        feed.say(NO_1, BOARD_101, "touch_per_min", float(minute % 2), at=at - 5_000)
        feed.say(NO_1, GATEWAY, "if_in_bps", 1e8 * minute, at=at - 5_000, instance=UPLINK)
        feed.say(NO_2, GATEWAY, "if_speed_bps", 1e9, at=at - 5_000, instance=UPLINK)
        feed.say(NO_1, DeviceId(NO_1), "agent_spool_age_s", 0.0, at=at - 5_000)
        centre.registry.service.note_agent(address_of(NO_1), last_frame_at=at - 5_000)
        if minute == 3:
            centre.alert(NO_1, "major", at - 1_000)
        if minute < 4:
            now = centre.tend(at)
        if minute == 6:
            centre.clear_all(at)
    live = {key: value for key, value in now.items() if key[1] != "controller"}
    then_at = at - 8 * MINUTE_MS
    then = {key[:4]: value for made in centre.gauges.rows_between(then_at, then_at + 1) for key, value in rows(made)}
    assert then == live
    assert then[NO_1, "school", "school_alerts_open", "major"] == 1

    whole = [row for made in centre.gauges.rows_between(NOW, NOW + 12 * MINUTE_MS) for row in rows(made)]
    opened = {key[4]: value for key, value in whole if key[:4] == (NO_1, "school", "school_alerts_open", "major")}
    assert [at for at, value in sorted(opened.items()) if value] == [NOW + m * MINUTE_MS for m in (3, 4, 5)]
    assert len({key for key, _ in whole}) == len(whole)
    hourly = {key[2] for key, _ in whole if key[4] == NOW}
    assert "link_in_p95_bps" in hourly


def test_the_past_begins_with_what_was_measured_and_after_what_was_made(centre: Centre, feed: Feed) -> None:
    assert centre.gauges.past_begins(NOW) == NOW
    feed.say(NO_1, GATEWAY, "reachable", 1.0, at=NOW - 3 * DAY_MS)
    begins = centre.gauges.past_begins(NOW)
    assert NOW - 4 * DAY_MS < begins <= NOW - 3 * DAY_MS
    for made in centre.gauges.rows_between(begins, NOW, HOUR_MS):
        centre.making.store(made, feed.store)
    assert centre.gauges.past_begins(NOW) == NOW - HOUR_MS + 1


def test_a_clock_that_was_set_back_silences_nothing(centre: Centre) -> None:
    centre.tend(NOW + DAY_MS)
    assert not centre.tend(NOW)  # whether this minute was told before is not known any more
    assert centre.tend(NOW + MINUTE_MS)
