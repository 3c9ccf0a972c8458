"""One fault, one message: what a school lives through, and what people are told of it, on a time line of seconds."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from controller.alerts.causes.model import part_of
from controller.alerts.rulebook import shipped_rules
from controller.identity.scope import SYSTEM
from controller.silences.model import Draft, Kind, Pattern, Selector
from tests.support.district import DISTRICT_SCOPE, GATEWAY, KITCHEN, NO_1, NOW, SWITCH, address_of, ready_registry
from tests.unit.alerts.scene import Scene
from tests.unit.alerts.school_play import BATTERY, DOWN, HANGS_ON, RING, UP, Play


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    registry = ready_registry(tmp_path)
    yield Scene(registry, seeks_causes=True)
    registry.engine.dispose()


@pytest.fixture
def play(scene: Scene) -> Play:
    return Play(scene)


def test_a_dead_switch_is_one_alert_and_all_behind_it_hides(play: Play) -> None:
    play.dies("sw-1")
    play.until(300)
    alert = play.the_one()
    assert str(alert.device) == "sw-1"
    assert alert.verdict == "link"  # its port is dark: the cable, or it has no power
    assert play.behind(alert) >= {"ap-1", "cam-1", "gw-1"}  # the gateway's port to it too
    assert play.ever_told() == {(alert.rule, "sw-1")}
    play.is_back("sw-1")
    play.until(600)
    assert play.told() == []
    assert play.ever_told() == {(alert.rule, "sw-1")}


def test_a_switch_that_hangs_with_its_light_on_is_called_a_switch(play: Play) -> None:
    play.dies("sw-1")
    play.dark_ports.clear()
    play.until(300)
    assert (str(play.the_one().device), play.the_one().verdict) == ("sw-1", "switch")


def test_a_device_alone_is_told_and_the_trail_says_that_the_network_is_fine(play: Play) -> None:
    play.dead.add("cam-1")
    play.until(200)
    alert = play.the_one()
    assert (str(alert.device), alert.verdict) == ("cam-1", "device")
    assert [step.stage for step in alert.trail] == ["judged", "held", "shown", "verdict"]
    assert "answered since" in alert.trail[2].reason
    assert all(step.reason_zh for step in alert.trail)


def test_a_child_is_held_until_its_parent_was_asked(play: Play) -> None:
    """The switch is asked ten seconds later than what hangs on it."""
    play.late["sw-1"] = 10
    play.dies("sw-1")
    play.dark_ports.clear()
    play.until(300)
    assert str(play.the_one().device) == "sw-1"
    assert play.ever_told() == {("device-unreachable", "sw-1")}


def test_nothing_is_held_for_ever(play: Play) -> None:
    """The switch is not asked any more at all: nobody knows whether it works."""
    play.dead.add("cam-1")
    play.late["sw-1"] = -1_000_003
    play.until(60)
    assert play.told() == []
    play.until(300)
    assert ("device-unreachable", "cam-1") in play.told()
    alert = next(each for each in play.scene.everything() if str(each.device) == "cam-1")
    assert "time is over" in next(step.reason for step in alert.trail if step.stage == "shown")


def test_a_parent_that_flaps_does_not_make_its_children_flicker(play: Play) -> None:
    for second in range(30, 900, 120):
        play.dies("sw-1")
        play.dead.discard("sw-1")  # the switch itself answers every other minute, what hangs on it never
        play.dark_ports.clear()
        play.until(second + 45)
        play.dead.add("sw-1")
        play.until(second + 120)
    assert play.ever_told() <= {
        ("device-unreachable", "sw-1"),
        ("device-unreachable", "ap-1"),
        ("device-unreachable", "cam-1"),
    }
    shown = [
        step
        for alert in play.scene.everything()
        if str(alert.device) in {"ap-1", "cam-1"}
        for step in alert.trail
        if step.stage in {"shown", "hidden"}
    ]
    assert len(shown) <= 4


def test_a_ring_with_one_way_cut_is_the_line_alone(scene: Scene) -> None:
    play = Play(scene, has_ring=True)
    play.dark_ports |= {("gw-1", "GigabitEthernet0/0/2")}
    play.until(300)
    assert play.told() == [("port-down", "gw-1")]
    assert play.the_one().verdict == "link"


def test_a_ring_whose_cable_is_seen_from_both_ends_is_one_line(scene: Scene) -> None:
    play = Play(scene, has_ring=True)
    play.dark_ports |= set(RING)
    play.until(300)
    assert [rule for rule, _ in play.told()] == ["port-down"]


def test_a_ring_with_both_ways_cut_is_one_cause(scene: Scene) -> None:
    play = Play(scene, has_ring=True)
    play.dark_ports |= {("gw-1", "GigabitEthernet0/0/2"), ("sw-2", RING[1][1])}
    play.dead |= {"sw-1", "ap-1", "cam-1"}
    play.until(300)
    assert {device for _, device in play.told()} == {"sw-1"}
    assert play.behind(play.the_one()) >= {"ap-1", "cam-1"}


def test_what_hangs_nobody_knows_where_stands_for_itself(play: Play) -> None:
    play.dead.add("other-1")
    play.until(300)
    alert = play.the_one()
    assert str(alert.device) == "other-1"
    assert "nobody knows what it hangs on" in next(step.reason for step in alert.trail if step.stage == "shown")


def test_what_hangs_nobody_knows_where_goes_with_the_switch_it_fell_silent_with(play: Play) -> None:
    play.dies("sw-1")
    play.dead.add("other-1")
    play.until(300)
    assert {device for _, device in play.told()} == {"sw-1"}


def test_two_faults_in_one_school_are_two_causes(play: Play) -> None:
    play.dies("sw-1")
    play.until(60)
    play.dead.add("cam-2")
    play.until(400)
    assert {device for _, device in play.told()} == {"sw-1", "cam-2"}


def test_a_child_that_is_really_broken_is_told_once_its_parent_is_back(play: Play) -> None:
    play.dies("sw-1")
    play.until(300)
    play.is_back("sw-1", "cam-1")
    play.until(360)
    assert play.told() == []
    play.until(700)
    alert = play.the_one()
    assert str(alert.device) == "cam-1"
    assert "cleared, this did not" in next(step.reason for step in alert.trail if step.stage == "shown")


def test_a_restart_of_the_controller_while_children_are_held(play: Play) -> None:
    play.dies("sw-1")
    play.until(95)
    assert any(each.held_until for each in play.scene.open())
    play.scene.restart()
    play.until(400)
    assert play.ever_told() == {(play.the_one().rule, "sw-1")}
    play.scene.restart()
    play.is_back("sw-1")
    play.until(700)
    assert play.told() == []
    assert len(play.ever_told()) == 1


def test_a_parent_in_maintenance_tells_nobody_of_its_children(play: Play) -> None:
    work = Draft(
        Kind.MAINTENANCE,
        Selector(site=NO_1, device=SWITCH),
        play.scene.at(0),
        play.scene.at(3_600),
        "a new fan",
        Pattern(),
    )
    play.scene.silences.silence(DISTRICT_SCOPE, work)
    play.dies("sw-1")
    play.dark_ports.clear()
    play.until(400)
    assert play.told() == []
    switch = next(each for each in play.scene.open() if str(each.device) == "sw-1")
    assert switch.silence
    assert play.behind(switch) >= {"ap-1", "cam-1"}


def test_a_cut_fibre_is_one_alert_with_its_verdict(play: Play) -> None:
    play.says(KITCHEN, "temperature_cel", -18.0, "freezer")
    play.is_cut_off()
    play.until(900)
    alert = play.the_one()
    assert (alert.rule, alert.verdict) == ("school-cut-off", "fibre")
    assert play.ever_told() == {("school-cut-off", str(NO_1))}
    assert {str(KITCHEN), "core-1"} <= play.behind(alert)  # the kitchen's silence, and the centre's end of the fibre
    play.is_joined_again()
    play.until(1_200)
    assert [device for _, device in play.told() if device != str(KITCHEN)] == []


@pytest.mark.parametrize(
    ("port", "bps", "source", "verdict"),
    [(UP, 8e7, UP, "agent"), (UP, 0.0, UP, "gateway"), (DOWN, 0.0, BATTERY, "power")],
)
def test_what_cut_a_school_off_is_told_by_what_the_centre_sees(
    play: Play, port: float, bps: float, source: float, verdict: str
) -> None:
    if source == BATTERY:
        play.source = BATTERY
        play.until(60)
    play.is_cut_off(port=port, bps=bps)
    play.until(300)
    assert play.the_one().verdict == verdict
    assert len(play.ever_told()) == 1


def test_a_verdict_is_revised_when_the_school_tells_what_it_was(play: Play) -> None:
    play.is_cut_off()
    play.until(300)
    alert = play.the_one()
    assert alert.verdict == "fibre"
    play.is_joined_again()
    for second in range(60, 300, 15):  # what the agent kept meanwhile: its gateway was dead
        play.scene.say(second, NO_1, "gw-1", "reachable", 0.0, late_s=305 - second)
    play.until(600)
    revised = play.scene.service.alert(DISTRICT_SCOPE, alert.id)
    assert revised.verdict == "gateway"
    assert "now thought" in revised.trail[-1].reason


def test_an_agent_that_restarts_is_nothing(play: Play) -> None:
    play.is_cut_off(port=UP, bps=8e7)
    play.until(60)
    play.is_joined_again()
    play.until(300)
    assert play.scene.everything() == []


def test_danger_in_the_kitchen_never_hides_behind_the_network(play: Play) -> None:
    play.dies("sw-1")
    play.until(200)
    play.says(KITCHEN, "gas_percent_lel", 40.0)
    play.until(230)
    assert ("gas-leak", str(KITCHEN)) in play.told()
    temperatures = [rule for rule in shipped_rules().rules() if rule.metric == "temperature_cel"]
    assert {part_of(rule) for rule in temperatures if not rule.is_silence} == {None}


def test_a_gateway_that_was_replaced_hides_nothing_any_more(play: Play) -> None:
    """gw-2 is in its place; gw-1 lies in a cupboard, still configured, and does not answer."""
    registry = play.scene.registry.service
    old = registry.device(SYSTEM, NO_1, GATEWAY).facts
    new = msgspec.structs.replace(old, device=DeviceId("gw-2"), name="gw-2", serial="new", address="10.1.0.9")
    bare = msgspec.structs.replace(old, neighbours=(), uplinks=(), uplink_capacity_bps=0.0, ports=())
    registry.learn_facts(address_of(NO_1), [bare, new], NOW)
    play.dead.add("gw-1")
    play.until(200)
    play.dead.add("sw-1")
    play.dead |= {"ap-1", "cam-1"}
    play.until(500)
    assert {device for _, device in play.told()} == {"gw-1", "sw-1"}
    switch = next(each for each in play.scene.open() if str(each.device) == "sw-1")
    assert play.behind(switch) >= {"ap-1", "cam-1"}


def test_a_floor_that_goes_dark_is_one_alert_though_several_switches_serve_it(play: Play) -> None:
    """The agent's things stand in the network room; here the two access points and a camera share a floor."""
    upstairs = [
        DeviceFacts(DeviceId(device), kind, NOW, name=device, room="r101")
        for device, kind in (
            ("ap-1", DeviceKind.ACCESS_POINT),
            ("ap-2", DeviceKind.ACCESS_POINT),
            ("cam-2", DeviceKind.CAMERA),
        )
    ]
    play.scene.registry.service.learn_facts(address_of(NO_1), upstairs, NOW)
    play.until(100)
    for device in ("ap-1", "ap-2", "cam-2", "cam-1"):
        play.dead.add(device)
        play.dark_ports |= set(HANGS_ON[device])
    play.until(400)
    alert = play.the_one()
    assert (alert.rule, alert.instance, alert.verdict) == ("floor-without-power", "floor-1", "power")
    assert play.behind(alert) >= {"ap-1", "ap-2", "cam-2"}
    play.dead.clear()
    play.dark_ports.clear()
    play.until(700)
    assert play.told() == []


def test_a_centre_that_hears_nobody_is_one_alert_of_the_district(play: Play) -> None:
    play.is_cut_off()
    play.hears_centre = False
    play.until(400)
    alert = play.the_one()
    assert (alert.rule, alert.verdict) == ("schools-cut-off", "centre")
    assert len(play.ever_told()) == 1
    play.is_joined_again()
    play.hears_centre = True
    play.until(700)
    assert play.told() == []
