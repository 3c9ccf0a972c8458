"""What a technician lives through, on a time line of seconds."""

import pytest

from campus.errors import Transient
from campus.samples import DeviceFacts, DeviceKind, Event, Severity
from controller.alerts.model import AlertState
from controller.identity.scope import SYSTEM, Denied, NotFound
from tests.support.district import (
    CENTRE,
    DISTRICT_SCOPE,
    GATEWAY,
    KITCHEN,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NO_2_VIEWER,
    SWITCH,
    UPLINK,
    address_of,
)
from tests.unit.alerts.scene import Scene

UP, DOWN = 1.0, 2.0
ON_BATTERY = 5.0
POE_FAILED = 3.0


def freezer(scene: Scene, second: float, value: float) -> None:
    scene.say(second, NO_1, KITCHEN, "temperature_cel", value, "freezer")


def heartbeat(scene: Scene, second: float, site: str = NO_1) -> None:
    scene.say(second, NO_1 if site == NO_1 else NO_2, site, "agent_spool_bytes", 0.0)


def test_a_freezer_warms_and_cools(scene: Scene) -> None:
    for second in range(0, 60, 15):
        freezer(scene, second, -18.0)
    for second in range(60, 3660, 60):
        freezer(scene, second, -9.5)
        assert scene.open() == []
    freezer(scene, 3660, -9.0)
    (alert,) = scene.open()
    assert (alert.rule, alert.site, alert.device, alert.instance) == ("freezer-warm", NO_1, KITCHEN, "freezer")
    assert (alert.opened_at, alert.value, alert.severity) == (scene.at(3660), -9.0, Severity.CRITICAL)
    assert scene.trail(alert) == [("judged", "bad"), ("shown", "raised")]
    freezer(scene, 3675, -13.0)  # between the levels: neither
    freezer(scene, 3690, -16.0)
    freezer(scene, 3800, -16.0)
    assert len(scene.open()) == 1
    freezer(scene, 3810, -17.0)
    (alert,) = scene.everything()
    assert (alert.state, alert.cleared_at) == (AlertState.CLEARED, scene.at(3810))
    assert [step.stage for step in alert.trail] == ["judged", "shown", "cleared"]
    assert alert.trail[0].reason == "-9.0\xa0°C is above -12.0\xa0°C for 1\xa0h"
    assert all(step.reason_zh for step in alert.trail)


def test_a_door_opened_for_a_moment_raises_nothing(scene: Scene) -> None:
    for second in range(0, 7200, 60):
        freezer(scene, second, -10.0 if second % 3600 < 1800 else -18.0)
    assert scene.everything() == []


def test_a_slow_series_is_judged_by_the_clock_too(scene: Scene) -> None:
    scene.say(0, NO_1, SWITCH, "poe_supply_state", POE_FAILED)
    scene.wait_until(79)
    assert scene.open() == []
    scene.wait_until(81)
    assert scene.open_rules() == ["poe-supply-failed"]


def test_a_school_is_cut_off_and_comes_back(scene: Scene) -> None:
    for second in range(0, 60, 15):
        heartbeat(scene, second)
        heartbeat(scene, second, NO_2)
    for second in range(60, 270, 15):
        heartbeat(scene, second, NO_2)
    (alert,) = scene.open()
    assert (alert.rule, alert.site, str(alert.device)) == ("school-cut-off", NO_1, str(NO_1))
    assert scene.at(90) < alert.opened_at <= scene.at(105)
    scene.say(60, NO_1, NO_1, "agent_spool_bytes", 4096.0, late_s=210)  # the backlog is not a live voice
    assert len(scene.open()) == 1
    heartbeat(scene, 271)
    assert scene.open() == []


def test_a_fault_that_was_there_before_the_cut_stays_shown(scene: Scene) -> None:
    heartbeat(scene, 0)
    for second in range(0, 75, 5):
        scene.say(second, NO_1, SWITCH, "reachable", 0.0)
        heartbeat(scene, second)
    assert scene.open_rules() == ["device-unreachable"]
    scene.wait_until(140)
    assert scene.open_rules() == ["device-unreachable", "school-cut-off"]


def test_only_ports_that_lead_somewhere_are_watched(scene: Scene) -> None:
    for second in range(0, 90, 15):
        for port in ("GE0/0/1", "GE0/0/24"):
            scene.say(second, NO_1, SWITCH, "if_oper_state", DOWN, port)
        for port in (UPLINK, "GigabitEthernet0/0/2", "GigabitEthernet0/0/7"):
            scene.say(second, NO_1, GATEWAY, "if_oper_state", DOWN, port)
    found = sorted((alert.rule, alert.device, alert.instance) for alert in scene.open())
    assert found == [
        ("port-down", GATEWAY, "GigabitEthernet0/0/2"),
        ("port-down", SWITCH, "GE0/0/24"),
        ("uplink-down", GATEWAY, UPLINK),
    ]


def test_a_link_that_went_down_is_still_watched_when_its_neighbour_is_gone(scene: Scene) -> None:
    scene.say(0, NO_1, SWITCH, "if_oper_state", UP, "GE0/0/24")
    bare = DeviceFacts(SWITCH, DeviceKind.SWITCH, scene.at(1))
    scene.registry.service.learn_facts(address_of(NO_1), [bare], scene.at(1))
    scene.wait_until(65)
    for second in range(70, 130, 15):
        scene.say(second, NO_1, SWITCH, "if_oper_state", DOWN, "GE0/0/24")
    assert scene.open_rules() == ["port-down"]
    scene.restart()
    assert scene.open_rules() == ["port-down"]
    for second in range(130, 160, 15):
        scene.say(second, NO_1, SWITCH, "if_oper_state", UP, "GE0/0/24")
    assert scene.open_rules() == []


def test_a_port_first_heard_of_while_the_database_was_away_is_watched_after_the_next_look(scene: Scene) -> None:
    scene.registry.engine.dispose()
    aside = scene.registry.path.with_suffix(".aside")
    scene.registry.path.rename(aside)
    scene.registry.path.mkdir()
    scene.feed.say(NO_1, SWITCH, "if_oper_state", UP, at=scene.at(0), instance="GE0/0/24")
    scene.registry.path.rmdir()
    aside.rename(scene.registry.path)
    scene.wait_until(61)
    for second in range(65, 125, 15):
        scene.say(second, NO_1, SWITCH, "if_oper_state", DOWN, "GE0/0/24")
    assert scene.open_rules() == ["port-down"]


def test_a_device_that_turns_out_to_be_another_kind_is_watched_as_such(scene: Scene) -> None:
    board = DeviceFacts(SWITCH, DeviceKind.UPS, scene.at(1))
    for second in (0, 15):
        scene.say(second, NO_1, SWITCH, "ups_source_state", ON_BATTERY)
    assert scene.open() == []
    scene.registry.service.learn_facts(address_of(NO_1), [board], scene.at(16))
    scene.wait_until(62)
    for second in (65, 80):
        scene.say(second, NO_1, SWITCH, "ups_source_state", ON_BATTERY)
    assert scene.open_rules() == ["ups-on-battery"]


def test_an_uplink_fills_against_its_contract(scene: Scene) -> None:
    """The port is 10 Gbit/s, the contract 1 Gbit/s: what counts is the contract."""
    scene.say(0, NO_1, GATEWAY, "if_speed_bps", 10e9, UPLINK)
    for second in range(0, 660, 15):
        scene.say(second, NO_1, GATEWAY, "if_in_bps", 0.95e9, UPLINK)
    assert scene.open_rules() == ["uplink-in-filling", "uplink-in-full"]


def test_an_uplink_without_a_contract_fills_against_its_speed(scene: Scene) -> None:
    uplink = DeviceFacts(GATEWAY, DeviceKind.GATEWAY, scene.at(0), uplinks=("Ten1",))
    scene.registry.service.learn_facts(address_of(NO_2), [uplink], scene.at(0))
    scene.restart()
    for second in range(0, 400, 15):
        scene.say(second, NO_2, GATEWAY, "if_out_bps", 0.95e9, "Ten1")
    assert scene.open() == []
    scene.say(400, NO_2, GATEWAY, "if_speed_bps", 10e9, "Ten1")
    for second in range(405, 705, 15):
        scene.say(second, NO_2, GATEWAY, "if_out_bps", 9.5e9, "Ten1")
    assert scene.open_rules() == []
    scene.say(705, NO_2, GATEWAY, "if_out_bps", 9.5e9, "Ten1")
    assert scene.open_rules() == ["uplink-out-full"]


def test_late_samples_raise_nothing_and_change_nothing(scene: Scene) -> None:
    scene.say(0, NO_1, KITCHEN, "gas_percent_lel", 40.0, late_s=121)
    assert scene.everything() == []
    scene.say(130, NO_1, KITCHEN, "gas_percent_lel", 40.0, late_s=119)
    assert scene.open_rules() == ["gas-leak"]
    scene.say(100, NO_1, KITCHEN, "gas_percent_lel", 0.0, late_s=150)
    assert scene.open_rules() == ["gas-leak"]
    assert scene.engine.figures().late == 2


def test_a_restart_loses_and_repeats_nothing(scene: Scene) -> None:
    heartbeat(scene, 0)
    heartbeat(scene, 0, NO_2)
    scene.say(0, NO_1, KITCHEN, "gas_percent_lel", 40.0)
    for second in range(15, 120, 15):
        heartbeat(scene, second, NO_2)
    before = scene.open()
    assert sorted(alert.rule for alert in before) == ["gas-leak", "school-cut-off"]
    scene.registry.clock.now += 300_000
    scene.restart()
    scene.engine.tick(scene.registry.clock.now)
    assert scene.open() == before  # five minutes without a controller were nobody's silence
    scene.say(430, NO_1, KITCHEN, "gas_percent_lel", 41.0)
    heartbeat(scene, 430)
    heartbeat(scene, 430, NO_2)
    assert scene.open_rules() == ["gas-leak"]
    assert len(scene.everything()) == 2


def test_what_was_committed_and_not_judged_is_judged_after_the_restart(scene: Scene) -> None:
    scene.feed.listeners.clear()
    scene.say(0, NO_1, KITCHEN, "gas_percent_lel", 40.0)
    scene.restart()
    scene.engine.tick(scene.at(1))
    assert scene.open_rules() == ["gas-leak"]


def test_an_alert_whose_rule_was_removed_is_closed_at_the_restart(scene: Scene) -> None:
    scene.say(0, NO_1, KITCHEN, "gas_percent_lel", 40.0)
    without = type(scene.rulebook)([rule for rule in scene.rulebook.rules() if rule.id != "gas-leak"])
    scene.rulebook = without
    scene.restart()
    (alert,) = scene.everything()
    assert alert.state is AlertState.CLEARED
    assert alert.trail[-1].reason == "no rule watches this any more"


def test_a_database_that_is_away_delays_and_loses_nothing(scene: Scene) -> None:
    scene.say(0, NO_1, KITCHEN, "temperature_cel", -18.0, "freezer")
    scene.feed.say(NO_1, KITCHEN, "gas_percent_lel", 40.0, at=scene.at(1))
    scene.registry.engine.dispose()
    aside = scene.registry.path.with_suffix(".aside")
    scene.registry.path.rename(aside)
    scene.registry.path.mkdir()
    with pytest.raises(Transient):
        scene.engine.tick(scene.at(2))
    assert scene.engine.figures().waiting == 1
    scene.registry.path.rmdir()
    aside.rename(scene.registry.path)
    scene.engine.tick(scene.at(3))
    assert scene.open_rules() == ["gas-leak"]
    assert scene.engine.figures().written == {"raised": 1}


def test_events_worth_a_look_become_alerts(scene: Scene) -> None:
    events = [
        Event(SWITCH, scene.at(0), "cold_start", "restarted", Severity.MAJOR),
        Event(SWITCH, scene.at(0), "login", "", Severity.INFO),
        Event(SWITCH, scene.at(-7200), "fan_failed", "fan 1", Severity.MAJOR),
    ]
    scene.engine.note_events(address_of(NO_1), scene.mark(), events)
    scene.engine.note_events(address_of(NO_1), scene.mark(), events[:1])
    scene.engine.tick(scene.at(1))
    late, live = scene.everything()
    assert (late.rule, late.state, scene.trail(late)[-1]) == ("event:fan_failed", AlertState.CLEARED, ("late", "kept"))
    assert (live.rule, live.state, live.severity) == ("event:cold_start", AlertState.OPEN, Severity.MAJOR)
    assert scene.trail(live)[-1] == ("duplicate", "dropped")
    assert scene.service.rule(live.rule).title_zh == "设备冷启动"
    assert scene.service.rule(late.rule).title_zh == "设备上报：fan failed"
    scene.restart()
    assert [alert.id for alert in scene.open()] == [live.id]
    scene.service.acknowledge(SYSTEM, live.id)
    scene.wait_until(3)
    assert scene.open() == []


def test_an_event_that_says_up_ends_the_one_that_said_down(scene: Scene) -> None:
    def tell(second: float, kind: str, severity: Severity) -> None:
        scene.engine.note_events(
            address_of(NO_1), scene.mark(), [Event(SWITCH, scene.at(second), kind, "", severity, "GE0/0/1")]
        )
        scene.engine.tick(scene.at(second))

    tell(0, "link_down", Severity.MAJOR)
    tell(1, "other_up", Severity.INFO)
    assert scene.open_rules() == ["event:link_down"]
    tell(2, "link_up", Severity.INFO)
    (alert,) = scene.everything()
    assert (alert.state, alert.cleared_at) == (AlertState.CLEARED, scene.at(2))
    assert alert.trail[-1].reason == "the device reported that it is over"


def test_a_down_that_arrives_after_its_up_raises_nothing_and_an_old_up_ends_nothing(scene: Scene) -> None:
    def tell(second: float, kind: str, severity: Severity, instance: str) -> None:
        scene.engine.note_events(
            address_of(NO_1), scene.mark(), [Event(SWITCH, scene.at(second), kind, "", severity, instance)]
        )
        scene.engine.tick(scene.at(30))

    tell(20, "link_up", Severity.INFO, "GE0/0/1")
    tell(10, "link_down", Severity.MAJOR, "GE0/0/1")
    assert scene.everything() == []
    tell(20, "link_down", Severity.MAJOR, "GE0/0/2")
    tell(10, "link_up", Severity.INFO, "GE0/0/2")
    assert scene.open_rules() == ["event:link_down"]
    tell(21, "link_up", Severity.INFO, "GE0/0/2")
    assert scene.open_rules() == []


def test_people_acknowledge_what_is_theirs(scene: Scene) -> None:
    scene.say(0, NO_1, KITCHEN, "gas_percent_lel", 40.0)
    (alert,) = scene.open()
    with pytest.raises(NotFound):
        scene.service.alert(NO_2_VIEWER, alert.id)
    with pytest.raises(NotFound):
        scene.service.acknowledge(NO_2_VIEWER, alert.id)
    with pytest.raises(NotFound):
        scene.service.alert(NO_1_SCOPE, alert.id + 1)
    done = scene.service.acknowledge(NO_1_SCOPE, alert.id)
    assert (done.acknowledged_by, done.acknowledged_at, done.state) == ("technician-1", scene.at(0), AlertState.OPEN)
    assert done.trail[-1].decision == "acknowledged"
    assert scene.service.acknowledge(DISTRICT_SCOPE, alert.id) == done
    undone = scene.service.unacknowledge(NO_1_SCOPE, alert.id)
    assert (undone.acknowledged_by, undone.acknowledged_at) == ("", 0)
    scene.say(30, NO_2, KITCHEN, "gas_percent_lel", 40.0)
    assert scene.service.open_count(NO_1_SCOPE) == 1
    assert [each.site for each in scene.service.alerts(NO_2_VIEWER)] == [NO_2]
    assert [each.site for each in scene.service.alerts(DISTRICT_SCOPE, site=NO_1, severity=Severity.CRITICAL)] == [NO_1]
    with pytest.raises(Denied):
        scene.service.acknowledge(NO_2_VIEWER, scene.open()[0].id)


def test_a_centre_never_seen_is_not_silent(scene: Scene) -> None:
    scene.wait_until(300)
    assert scene.everything() == []
    assert CENTRE not in {alert.site for alert in scene.open()}
