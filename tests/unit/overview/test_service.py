"""The overview of the small district, from real services over a store in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from campus.ids import DeviceId, SiteId
from campus.metrics import Health
from controller.alerts.engine import AlertEngine
from controller.alerts.service import AlertService
from controller.alerts.tables import AlertRow
from controller.identity.scope import NotFound
from controller.overview.model import DeviceOverview, SiteHealth
from controller.overview.service import OverviewService
from controller.registry.database import writing
from controller.telemetry.service import TelemetryService
from tests.fakes.memory_store import MemoryStore
from tests.fakes.reception import StaticReception
from tests.support.district import (
    BOARD_101,
    CENTRE,
    CORE,
    DISTRICT_SCOPE,
    GATEWAY,
    KITCHEN,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NO_2_VIEWER,
    NOW,
    SWITCH,
    UPLINK,
    ReadyRegistry,
    address_of,
    ready_registry,
)
from tests.support.samples import Feed


class Views:
    """The services over one district; instants are seconds since NOW."""

    def __init__(self, registry: ReadyRegistry) -> None:
        self.registry = registry
        self.feed = Feed(MemoryStore())
        self.alerts = AlertService(registry.engine, registry.service, registry.clock)
        self.engine = AlertEngine(self.feed.store, registry.service, registry.engine, registry.clock)
        self.engine.restore()
        self.feed.listeners.append(self.engine.judge)
        self.reception = StaticReception()
        telemetry = TelemetryService(self.feed.store, registry.service)
        self.overview = OverviewService(telemetry, registry.service, self.alerts, registry.clock, self.reception)

    def speak(self, second: int, *silent: SiteId) -> None:
        """Every site's agent and devices say that they are well, but for the silent ones."""
        self.registry.clock.now = at = NOW + second * 1000
        for site in (CENTRE, NO_1, NO_2):
            if site in silent:
                continue
            self.registry.service.note_agent(address_of(site), online=True, last_frame_at=at)
            self.feed.say(site, site, "agent_spool_bytes", 0.0, at=at)
            for device in (CORE,) if site == CENTRE else (GATEWAY, SWITCH):
                self.feed.say(site, device, "reachable", 1.0, at=at)
        self.engine.tick(at)

    def schools(self) -> dict[SiteId, SiteHealth]:
        """By id."""
        return {each.site.id: each for each in self.overview.district(DISTRICT_SCOPE).sites}

    def device(self, site: SiteId, device: DeviceId) -> DeviceOverview:
        """From the site's page."""
        rooms = self.overview.site(DISTRICT_SCOPE, site).rooms
        return next(each for room in rooms for each in room.devices if each.device.id == device)


@pytest.fixture
def views(tmp_path: Path) -> Iterator[Views]:
    registry = ready_registry(tmp_path)
    yield Views(registry)
    registry.engine.dispose()


def test_a_district_nobody_has_heard_of(views: Views) -> None:
    district = views.overview.district(DISTRICT_SCOPE)
    assert district.health is Health.UNKNOWN
    assert district.sentence_en == "Nothing has been heard from 2 schools yet."
    assert (district.agents, district.agents_online) == (3, 0)
    assert district.devices.unknown == district.devices.total > 10
    assert not any(each.is_cut_off for each in district.sites)


def test_a_district_that_is_well(views: Views) -> None:
    views.speak(0)
    district = views.overview.district(DISTRICT_SCOPE)
    assert district.sentence_en == "All 2 schools are fine."
    assert (district.agents_online, district.open_alerts, district.devices.good) == (3, 0, 8)
    assert {each.health for each in district.sites} == {Health.GOOD}


def test_a_school_is_cut_off(views: Views) -> None:
    for second in range(0, 75, 15):
        views.speak(second, *([NO_2] if second else []))
    school = views.schools()[NO_2]
    assert (school.health, school.is_cut_off, school.reason_zh) == (
        Health.FAILED,
        True,
        "断网：已收不到该校采集器的数据",
    )
    assert school.since == NOW + 60_000
    assert views.overview.district(DISTRICT_SCOPE).sentence_en == "1 of 2 schools is cut off."
    assert views.device(NO_2, SWITCH).health.health is Health.UNKNOWN
    assert views.device(NO_2, SWITCH).health.reason_en == "Its school is cut off"
    assert views.schools()[NO_1].health is Health.GOOD


def test_an_agent_the_broker_calls_gone_counts_before_the_alert_does(views: Views) -> None:
    views.speak(0)
    views.registry.service.note_agent(address_of(NO_1), online=False)
    assert not views.schools()[NO_1].is_cut_off
    views.registry.clock.now += 45_001
    assert views.schools()[NO_1].is_cut_off
    assert not views.schools()[NO_2].is_cut_off


def test_a_device_fails_and_its_school_needs_a_look(views: Views) -> None:
    views.speak(0)
    views.feed.say(NO_1, SWITCH, "reachable", 0.0, at=NOW + 5_000)
    assert views.device(NO_1, SWITCH).health.reason_en == "Does not answer"
    school = views.schools()[NO_1]
    assert (school.health, school.reason_en) == (Health.ATTENTION, "1 of 6 devices does not answer")
    assert views.overview.district(DISTRICT_SCOPE).sentence_en == "1 of 2 schools needs a look."


def test_all_devices_are_listed_as_their_schools_show_them(views: Views) -> None:
    views.speak(0)
    views.feed.say(NO_1, SWITCH, "reachable", 0.0, at=NOW + 5_000)
    everything = views.overview.devices(DISTRICT_SCOPE)
    signs = {(each.site, each.device): each.health for each in everything.signs}
    shown = {
        (site, each.device.id): each
        for site in (CENTRE, NO_1, NO_2)
        for room in views.overview.site(DISTRICT_SCOPE, site).rooms
        for each in room.devices
    }
    assert signs == {key: each.health.health for key, each in shown.items()}
    assert signs[NO_1, SWITCH] is Health.FAILED
    switch = shown[NO_1, SWITCH]
    assert everything.overview(switch.device) == switch
    assert everything.heard_at(switch.device) == NOW + 5_000
    assert {each.site for each in views.overview.devices(DISTRICT_SCOPE, NO_2).signs} == {NO_2}
    assert {each.site for each in views.overview.devices(NO_2_VIEWER).signs} == {NO_2}
    with pytest.raises(NotFound):
        views.overview.devices(NO_2_VIEWER, NO_1)


def test_a_critical_alert_makes_a_school_fail(views: Views) -> None:
    views.speak(0)
    views.feed.say(NO_1, KITCHEN, "gas_percent_lel", 40.0, at=NOW)
    views.engine.tick(NOW)
    school = views.schools()[NO_1]
    assert (school.health, school.reason_en, school.open_alerts) == (Health.FAILED, "Gas in the kitchen", 1)
    assert views.overview.district(DISTRICT_SCOPE).sentence_en == "There is gas in 1 kitchen."
    page = views.overview.site(NO_1_SCOPE, NO_1)
    assert page.sentence_zh == "1 个厨房燃气泄漏。"
    kitchen = next(room for room in page.rooms if room.room and room.room.id == "r-kitchen")
    assert kitchen.health is Health.FAILED
    assert [(each.device.id, each.open_alerts) for each in kitchen.devices] == [(KITCHEN, 1)]
    assert page.rooms[-1].room is None  # the agent stands in no room
    health = views.overview.device_health(NO_1_SCOPE, NO_1, KITCHEN)
    assert (health.health, health.since) == (Health.FAILED, NOW)


def test_links_show_what_they_carry_now(views: Views) -> None:
    views.speak(0)
    views.feed.say(NO_1, GATEWAY, "if_in_bps", 6e8, at=NOW, instance=UPLINK)
    views.feed.say(NO_1, GATEWAY, "if_out_bps", 1e8, at=NOW, instance=UPLINK)
    views.feed.say(NO_1, GATEWAY, "if_oper_state", 1.0, at=NOW, instance=UPLINK)
    (link,) = views.schools()[NO_1].links
    assert (link.inbound_bps, link.outbound_bps, link.share, link.is_up) == (6e8, 1e8, 0.6, True)
    views.registry.clock.now += 5 * 60_000 + 1
    (link,) = views.schools()[NO_1].links
    assert (link.inbound_bps, link.share, link.is_up) == (None, None, None)


def test_the_caller_sees_only_their_own(views: Views) -> None:
    views.speak(0)
    district = views.overview.district(NO_2_VIEWER)
    assert [each.site.id for each in district.sites] == [NO_2]
    assert district.sentence_en == "The school is fine."
    for ask in (
        lambda: views.overview.site(NO_2_VIEWER, NO_1),
        lambda: views.overview.site(DISTRICT_SCOPE, SiteId("nowhere")),
        lambda: views.overview.device_health(NO_2_VIEWER, NO_1, BOARD_101),
        lambda: views.overview.device_health(DISTRICT_SCOPE, NO_1, DeviceId("nothing")),
    ):
        with pytest.raises(NotFound):
            ask()


def test_what_is_silenced_makes_no_school_red_but_its_device_is_not_well(views: Views) -> None:
    views.speak(0)
    with writing(views.registry.engine) as session:
        session.add(
            AlertRow(
                rule="gas-leak",
                site=NO_1,
                device=KITCHEN,
                metric="gas_percent_lel",
                instance="",
                severity="critical",
                opened_at=NOW,
                value=20.0,
                silence=7,
            )
        )
    school = views.schools()[NO_1]
    assert (school.health, school.open_alerts) == (Health.ATTENTION, 0)
    assert views.overview.district(DISTRICT_SCOPE).open_alerts == 0
    assert views.device(NO_1, KITCHEN).health.health is Health.FAILED
