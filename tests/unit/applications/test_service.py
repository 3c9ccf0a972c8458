"""Services of a small district from samples to alerts: one fault is one alert, with its verdict, at the right place."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from campus.ids import SiteId
from controller.alerts.model import Alert
from controller.applications.model import ApplicationSettings, Cause, ServiceName
from controller.applications.service import MAX_SERVICES, ApplicationService
from controller.identity.scope import SYSTEM, NotFound
from tests.support.district import CENTRE, GATEWAY, NO_1, NO_1_SCOPE, NO_2, UPLINK
from tests.unit.alerts.scene import Scene, scenes

UP, SLOW, WRONG, REFUSED, TIMEOUT = 1.0, 2.0, 3.0, 4.0, 5.0
EVERYBODY = (CENTRE, NO_1, NO_2)
SETTINGS = ApplicationSettings(names={"portal": ServiceName("Portal", "门户")})


@dataclass
class Watched:
    """A scene in which everybody checks services every half minute."""

    scene: Scene
    service: ApplicationService
    second: int = 0

    def pass_time(self, duration_s: int, **states: dict[SiteId, float] | float) -> None:
        """By service (``_`` for ``-``) the state everybody sees, or who sees which; others are not looked at."""
        until = self.second + duration_s
        while self.second < until:
            for name, seen in states.items():
                by_site = seen if isinstance(seen, dict) else dict.fromkeys(EVERYBODY, seen)
                for site, state in by_site.items():
                    self.scene.say(self.second, site, site, "service_state", state, name.replace("_", "-"))
                    if state < WRONG:
                        self.scene.say(self.second, site, site, "service_response_ms", 20.0, name.replace("_", "-"))
            self.second += 30
            self.scene.wait_until(self.second)
            self.service.tend(self.scene.registry.clock.now)
        self.scene.engine.tick(self.scene.registry.clock.now)

    def open(self) -> list[tuple[str, str, str]]:
        """Rule, site and instance of what is open."""
        return sorted((each.rule, each.site, each.instance) for each in self.scene.open())

    def told(self, rule: str) -> Alert:
        """The newest alert of a rule, with its trail."""
        found = [each for each in self.scene.service.alerts(SYSTEM) if each.rule == rule]
        return self.scene.service.alert(SYSTEM, found[0].id)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    for scene in scenes(tmp_path):
        yield Watched(scene, made(scene))


def made(scene: Scene) -> ApplicationService:
    registry = scene.registry
    return ApplicationService(scene.feed.store, registry.service, scene.engine, registry.clock, SETTINGS)


def test_a_broken_service_is_one_alert_at_the_centre(watched: Watched) -> None:
    watched.pass_time(300, portal=UP)
    assert watched.open() == []
    watched.pass_time(60, portal=REFUSED)
    assert watched.open() == []
    watched.pass_time(120, portal=REFUSED)
    assert watched.open() == [("service-failed", CENTRE, "portal")]
    step = watched.told("service-failed").trail[0]
    assert step.reason == "It fails from 2 of 2 schools and from the centre (refused). So it is the service itself."
    assert "拒绝连接" in step.reason_zh
    watched.pass_time(300, portal=UP)
    assert watched.open() == []


def test_one_school_alone_is_one_alert_there_for_all_services(watched: Watched) -> None:
    watched.pass_time(300, portal=UP, mail=UP)
    alone = {CENTRE: UP, NO_1: TIMEOUT, NO_2: UP}
    watched.pass_time(240, portal=alone, mail=alone)
    assert watched.open() == [("services-school", NO_1, "")]
    reason = watched.told("services-school").trail[0].reason
    assert reason.startswith("mail, Portal: it fails only from No. 1 Primary School")
    watched.pass_time(60, portal=UP, mail=UP)
    assert len(watched.open()) == 1
    watched.pass_time(240, portal=UP, mail=UP)
    assert watched.open() == []


def test_all_schools_but_not_the_centre_is_the_metro_network(watched: Watched) -> None:
    watched.pass_time(300, portal=UP)
    watched.pass_time(240, portal={CENTRE: UP, NO_1: TIMEOUT, NO_2: TIMEOUT})
    assert watched.open() == [("services-metro", CENTRE, "")]


def test_a_school_whose_uplink_is_down_has_that_alert_alone(watched: Watched) -> None:
    watched.pass_time(300, portal=UP)
    watched.scene.say(watched.second, NO_1, GATEWAY, "if_oper_state", 2.0, UPLINK)
    watched.pass_time(240, portal={CENTRE: UP, NO_1: TIMEOUT, NO_2: UP})
    assert [rule for rule, *_ in watched.open()] == ["uplink-down"]
    assert "its uplink is down" in watched.service.service(SYSTEM, "portal").reason_en


def test_what_flaps_is_never_told(watched: Watched) -> None:
    for _ in range(10):
        watched.pass_time(30, portal=REFUSED)
        watched.pass_time(30, portal=UP)
    assert watched.scene.everything() == []


def test_a_slow_service_is_a_minor_alert_that_grows_into_a_failed_one(watched: Watched) -> None:
    watched.pass_time(300, portal=UP)
    watched.pass_time(180, portal=SLOW)
    assert watched.open() == [("service-slow", CENTRE, "portal")]
    watched.pass_time(180, portal=WRONG)
    assert watched.open() == [("service-failed", CENTRE, "portal")]


def test_a_restart_neither_clears_nor_doubles(watched: Watched) -> None:
    watched.pass_time(60, portal=UP)
    watched.pass_time(180, portal=REFUSED)
    watched.scene.restart()
    watched.service = made(watched.scene)
    watched.pass_time(600, portal=REFUSED)
    assert watched.open() == [("service-failed", CENTRE, "portal")]
    assert len(watched.scene.everything()) == 1
    watched.scene.restart()
    watched.service = made(watched.scene)
    watched.pass_time(420, portal=UP)
    assert watched.open() == []


def test_silence_of_everybody_clears_nothing(watched: Watched) -> None:
    watched.pass_time(60, portal=UP)
    watched.pass_time(180, portal=REFUSED)
    watched.pass_time(900)
    assert ("service-failed", CENTRE, "portal") in watched.open()


def test_a_certificate_that_expires_soon_is_one_alert(watched: Watched) -> None:
    for site in EVERYBODY:
        watched.scene.say(0, site, site, "tls_days_left", 9.3, "portal")
    watched.pass_time(60, portal=UP)
    assert watched.open() == [("certificate-expiring", CENTRE, "portal")]
    assert watched.told("certificate-expiring").trail[0].reason == "It expires in 9 days."


def test_one_agent_cannot_crowd_the_others_out(watched: Watched) -> None:
    for number in range(MAX_SERVICES + 5):
        watched.scene.feed.say(NO_1, NO_1, "service_state", UP, at=watched.scene.at(0), instance=f"own-{number:03}")
    watched.pass_time(60, portal=UP)
    found = {each.id for each in watched.service.services(SYSTEM)}
    assert len(found) == MAX_SERVICES
    assert "portal" in found
    figures = {each.name: each.value for each in watched.service.figures()}
    assert figures["application_services_left_out"] == 6


def test_a_certificate_stays_told_while_nobody_looks(watched: Watched) -> None:
    watched.scene.say(0, CENTRE, CENTRE, "tls_days_left", 5.0, "portal")
    watched.pass_time(60, portal=UP)
    watched.pass_time(1200)
    assert ("certificate-expiring", CENTRE, "portal") in watched.open()


def test_people_see_what_their_sites_see(watched: Watched) -> None:
    watched.pass_time(300, portal=REFUSED, mail=UP)
    first, second = watched.service.services(SYSTEM)
    assert (first.id, first.name_zh, first.verdict.cause) == ("portal", "门户", Cause.SERVICE)
    assert (second.name_en, second.p50_ms, second.p95_ms) == ("mail", 20.0, 20.0)
    assert [each.site for each in first.seen] == [CENTRE, NO_1, NO_2]
    mine = watched.service.service(NO_1_SCOPE, "portal")
    assert [each.site for each in mine.seen] == [NO_1]
    assert mine.verdict.cause is Cause.UNKNOWN
    with pytest.raises(NotFound):
        watched.service.service(SYSTEM, "nothing")


def test_search_finds_a_service_by_either_name(watched: Watched) -> None:
    watched.pass_time(60, portal=UP)
    assert [each.id for text in ("门户", "PORT", "xyz", " ") for each in watched.service.search(SYSTEM, text)] == [
        "portal",
        "portal",
    ]


def test_history_counts_each_site_once_in_a_bucket(watched: Watched) -> None:
    watched.pass_time(600, portal={CENTRE: UP, NO_1: UP, NO_2: UP})
    watched.pass_time(600, portal={CENTRE: UP, NO_1: UP, NO_2: REFUSED})
    now = watched.scene.registry.clock.now
    told = watched.service.history(SYSTEM, "portal", now - 1_200_000, now)
    assert told.p50_ms.tolist() == [20.0] * len(told.at)
    assert told.failed_share.round(2).tolist() == [0.0, 0.0, 0.33, 0.33]
    assert len(watched.service.history(NO_1_SCOPE, "mail", now - 1_200_000, now).at) == 0


def test_figures_count_verdicts(watched: Watched) -> None:
    watched.pass_time(300, portal=REFUSED, mail=UP)
    figures = {(each.name, each.labels): each.value for each in watched.service.figures()}
    assert figures["application_services", ()] == 2
    assert figures["application_service_verdicts", (("cause", "service"),)] == 1
