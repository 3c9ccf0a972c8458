"""Half past seven on a school day: which rooms would fail, and nobody is told of a board that is only dark."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from msgspec.structs import replace
from sqlmodel import col

from campus.ids import DeviceId, SiteId
from campus.samples import Neighbour
from controller.alerts.model import Alert
from controller.alerts.rulebook import shipped_rules
from controller.alerts.tables import AlertRow
from controller.identity.scope import SYSTEM, NotFound
from controller.overview.service import OverviewService
from controller.readiness.model import ReadinessSettings, Sweep, Why
from controller.readiness.service import ReadinessService
from controller.registry.database import writing
from controller.telemetry.service import TelemetryService
from controller.topology.service import TopologyService
from tests.fakes.reception import StaticReception
from tests.support.district import (
    BOARD_101,
    BOARD_102,
    DAY_MS,
    GATEWAY,
    HOUR_MS,
    MONDAY,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NOW,
    SWITCH,
    TIMEZONE,
    address_of,
    school_facts,
)
from tests.unit.alerts.scene import Scene, scenes

TUESDAY = MONDAY + DAY_MS
OFF, ON = 0.0, 2.0


@dataclass
class Morning:
    """A scene that begins on Monday at 10:00, and the readiness of its schools."""

    scene: Scene

    def __post_init__(self) -> None:
        registry = self.scene.registry
        telemetry = TelemetryService(self.scene.feed.store, registry.service)
        overview = OverviewService(telemetry, registry.service, self.scene.service, registry.clock, StaticReception())
        self.service = ReadinessService(
            registry.service,
            registry.calendar,
            overview,
            telemetry,
            TopologyService(registry.engine, registry.service, registry.clock),
            self.scene.service,
            self.scene.engine,
            registry.clock,
            ZoneInfo(TIMEZONE),
            ReadinessSettings("07:30"),
        )

    def say(self, at: int, device: DeviceId, metric: str, value: float, site: SiteId = NO_1) -> None:
        self.scene.say((at - NOW) / 1000, site, device, metric, value)

    def stand_at(self, at: int) -> None:
        """It is that instant; rounds go by."""
        self.scene.registry.clock.now = at
        for _ in range(3):
            self.service.tend(at)
        self.scene.engine.tick(at)

    def sweep(self) -> Sweep:
        return self.service.sweep(SYSTEM, NO_1)

    def doubts(self) -> dict[str, list[Why]]:
        return {room.room.id: [doubt.why for doubt in room.doubts] for room in self.sweep().rooms}

    def told(self) -> list[Alert]:
        return [alert for alert in self.scene.open() if alert.rule == "rooms-not-ready"]


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    for scene in scenes(tmp_path):
        scene.registry.service.learn_facts(address_of(NO_1), school_facts(NO_1), NOW)
        scene.registry.service.learn_facts(address_of(NO_2), school_facts(NO_2), NOW)
        yield Morning(scene)


def all_worked_on_monday(morning: Morning) -> None:
    """Every board of both schools was on in its last lesson, and is dark since."""
    for site in (NO_1, NO_2):
        for board in (BOARD_101, BOARD_102):
            morning.say(MONDAY + 14 * HOUR_MS, board, "power_state", ON, site)
            morning.say(MONDAY + 18 * HOUR_MS, board, "power_state", OFF, site)


def test_boards_that_are_only_dark_are_ready(morning: Morning) -> None:
    all_worked_on_monday(morning)
    morning.stand_at(TUESDAY + 7 * HOUR_MS + HOUR_MS // 2)
    assert set(morning.doubts()) == {"r101", "r102"}
    assert not any(morning.doubts().values())
    assert morning.told() == []


def test_a_board_that_missed_the_last_lesson_is_named_at_half_past_seven_and_not_before(morning: Morning) -> None:
    all_worked_on_monday(morning)
    wednesday = TUESDAY + DAY_MS
    morning.say(TUESDAY + 15 * HOUR_MS, BOARD_102, "power_state", OFF)
    morning.stand_at(wednesday + 7 * HOUR_MS)
    assert morning.doubts() == {"r101": [Why.ABSENT], "r102": []}
    assert morning.told() == []
    morning.stand_at(wednesday + 7 * HOUR_MS + HOUR_MS // 2)
    [alert] = [each for each in morning.told() if each.site == NO_1]
    assert (alert.device, alert.instance) == ("", "")
    said = morning.scene.service.alert(SYSTEM, alert.id).trail[0]
    assert "1 of 2 rooms with lessons today would fail when they begin at 08:00" in said.reason
    assert "09-07 18:00" in said.reason_zh


def test_a_fault_of_the_board_speaks_against_its_room(morning: Morning) -> None:
    all_worked_on_monday(morning)
    fault = 3.0
    morning.say(TUESDAY + 7 * HOUR_MS, BOARD_101, "power_state", fault)
    morning.scene.wait_until((TUESDAY + 7 * HOUR_MS + 60_000 - NOW) / 1000)
    [doubt] = morning.sweep().unready[0].doubts
    rule = shipped_rules().rule("board-fault")
    assert rule is not None
    assert (doubt.why, doubt.device, doubt.text_zh) == (
        Why.FAULT,
        BOARD_101,
        rule.title_zh,
    )
    assert morning.scene.service.alert(SYSTEM, doubt.alert).rule == "board-fault"


def test_a_dead_switch_speaks_against_the_rooms_behind_it(morning: Morning) -> None:
    all_worked_on_monday(morning)
    at = TUESDAY + 7 * HOUR_MS
    wired = [
        replace(facts, observed_at=at, neighbours=(*facts.neighbours, Neighbour("GE0/0/1", BOARD_101)))
        for facts in school_facts(NO_1)
        if facts.device == SWITCH
    ]
    morning.scene.registry.service.learn_facts(address_of(NO_1), wired, at)
    for second in range(0, 300, 60):
        morning.say(at + second * 1000, SWITCH, "reachable", 0.0)
        morning.say(at + second * 1000, GATEWAY, "reachable", 1.0)
    morning.scene.wait_until((at + 320_000 - NOW) / 1000)
    assert morning.doubts() == {"r101": [Why.NO_WAY], "r102": []}
    morning.stand_at(TUESDAY + 7 * HOUR_MS + HOUR_MS // 2)
    [alert] = [each for each in morning.told() if each.site == NO_1]
    assert "教学楼交换机" in morning.scene.service.alert(SYSTEM, alert.id).trail[0].reason_zh


def test_the_alert_ends_when_every_room_is_ready_or_the_first_lesson_is_over(morning: Morning) -> None:
    all_worked_on_monday(morning)
    wednesday = TUESDAY + DAY_MS
    half_past = wednesday + 7 * HOUR_MS + HOUR_MS // 2
    morning.stand_at(half_past)
    assert {alert.site for alert in morning.told()} == {NO_1, NO_2}
    for board in (BOARD_101, BOARD_102):
        morning.say(half_past + 60_000, board, "power_state", ON)
    morning.stand_at(half_past + 120_000)
    assert {alert.site for alert in morning.told()} == {NO_2}
    morning.stand_at(wednesday + 9 * HOUR_MS)
    assert morning.told() == []


@pytest.mark.parametrize("day", [3, 5, 6])
def test_days_without_lessons_are_not_looked_at(morning: Morning, day: int) -> None:
    morning.stand_at(MONDAY + day * DAY_MS + 7 * HOUR_MS + HOUR_MS // 2)
    assert morning.sweep().rooms == ()
    assert morning.told() == []


def test_a_restart_in_the_morning_tells_nobody_twice(morning: Morning) -> None:
    all_worked_on_monday(morning)
    half_past = TUESDAY + DAY_MS + 7 * HOUR_MS + HOUR_MS // 2
    morning.stand_at(half_past)
    before = [alert.id for alert in morning.told()]
    morning.scene.restart()
    morning.__post_init__()
    morning.stand_at(half_past + 5_000)
    assert [alert.id for alert in morning.told()] == before
    morning.stand_at(half_past + 2 * HOUR_MS)
    assert morning.told() == []


def is_cut_off(morning: Morning, at: int) -> None:
    with writing(morning.scene.registry.engine) as session:
        cut = AlertRow(
            rule="school-cut-off",
            site=NO_1,
            device=DeviceId(NO_1),
            metric="agent_spool_bytes",
            instance="",
            severity="critical",
            opened_at=at,
            value=0.0,
        )
        session.add(cut)


def is_heard_again(morning: Morning, at: int) -> None:
    with writing(morning.scene.registry.engine) as session:
        session.execute(sa.update(AlertRow).where(col(AlertRow.rule) == "school-cut-off").values(cleared_at=at))


def test_a_school_that_is_cut_off_is_neither_ready_nor_forgotten(morning: Morning) -> None:
    """No good news while nobody knows, and who is heard again before the first lesson gets the list after all."""
    all_worked_on_monday(morning)
    half_past = TUESDAY + DAY_MS + 7 * HOUR_MS + HOUR_MS // 2
    morning.stand_at(half_past)
    assert {alert.site for alert in morning.told()} == {NO_1, NO_2}
    is_cut_off(morning, half_past + 30_000)
    for board in (BOARD_101, BOARD_102):
        morning.say(half_past + 60_000, board, "power_state", ON)
    morning.stand_at(half_past + 120_000)
    assert {alert.site for alert in morning.told()} == {NO_1, NO_2}
    is_heard_again(morning, half_past)
    morning.stand_at(half_past + 240_000)
    assert {alert.site for alert in morning.told()} == {NO_2}


def test_a_school_that_is_heard_again_after_half_past_seven_gets_its_list(morning: Morning) -> None:
    all_worked_on_monday(morning)
    half_past = TUESDAY + DAY_MS + 7 * HOUR_MS + HOUR_MS // 2
    is_cut_off(morning, half_past - 30_000)
    morning.stand_at(half_past)
    assert {alert.site for alert in morning.told()} == {NO_2}
    is_heard_again(morning, half_past)
    morning.stand_at(half_past + 120_000)
    assert {alert.site for alert in morning.told()} == {NO_1, NO_2}


def test_nobody_asks_after_a_school_that_is_not_theirs(morning: Morning) -> None:
    assert morning.service.sweep(NO_1_SCOPE, NO_1).site == NO_1
    with pytest.raises(NotFound):
        morning.service.sweep(NO_1_SCOPE, NO_2)
