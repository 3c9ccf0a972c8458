"""What one room does while another has its hand on the same alert: nothing is lost in between, nobody is told twice."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from campus.errors import Transient
from campus.ids import DeviceId, Instance, SiteId
from campus.samples import DeviceFacts, DeviceKind, Event, Severity
from controller.alerts.hushing.stages import Situation
from controller.alerts.keeping.ledger import Ledger
from controller.alerts.keeping.recorder import Recorder
from controller.alerts.model import Alert, Comparison, Threshold
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.alerts.tables import AlertRow
from controller.identity.scope import SYSTEM
from controller.registry.database import writing
from controller.registry.enrolment import SiteEntry
from controller.silences.model import Draft, Kind, Selector
from tests.support.district import (
    CENTRE,
    DISTRICT_SCOPE,
    GATEWAY,
    NO_1,
    NOW,
    UPLINK,
    address_of,
    enrolment,
    ready_registry,
)
from tests.unit.alerts.scene import Scene
from tests.unit.alerts.school_play import HANGS_ON, POLL_S, Play
from tests.unit.alerts.test_recorder import case, cleared


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    registry = ready_registry(tmp_path)
    yield Scene(registry, seeks_causes=True)
    registry.engine.dispose()


@pytest.fixture
def play(scene: Scene) -> Play:
    return Play(scene)


def alert_of(scene: Scene, device: str) -> Alert:
    return next(each for each in scene.open() if str(each.device) == device)


def test_a_child_that_broke_by_itself_is_told_though_its_parent_comes_and_goes(play: Play) -> None:
    """The switch failed four times, and has been steady for some minutes: its alert stands for half an hour yet."""
    for second in range(30, 1_230, 300):
        play.dies("sw-1")
        play.dark_ports.clear()
        play.until(second + 150)
        play.is_back("sw-1")
        play.until(second + 300)
    assert alert_of(play.scene, "sw-1").flapping_since
    play.dies("sw-1")
    play.dark_ports.clear()
    play.until(1_400)
    assert alert_of(play.scene, "cam-1").cause
    play.is_back("sw-1", "cam-1")
    play.until(1_400 + 600)
    assert alert_of(play.scene, "sw-1").flapping_since, "the scene proves nothing once the switch is over"
    assert ("device-unreachable", "cam-1") in play.told()


class AwayOnce:
    """A pass whose first look at a school without open alerts finds no database."""

    def __init__(self) -> None:
        self.looked_at: list[set[str]] = []

    def is_due(self, situation: Situation, now: int) -> bool:
        return bool(situation.touched)

    def look(self, ledger: Ledger, situation: Situation, now: int) -> None:
        self.looked_at.append(set(situation.touched))
        situation.touched.clear()
        if not situation.open and len(self.looked_at) == 2:
            raise Transient("the database is away")


def test_a_school_whose_last_alert_closed_is_looked_at_though_the_database_went_away_then(scene: Scene) -> None:
    """Else it stands as cut off in the memory of who looks for causes, and the centre's port to it hides behind that."""
    looks = AwayOnce()
    pen = Recorder(scene.registry.engine, shipped_rules(), [looks])
    pen.load(NOW)
    pen.write([case(scene, "freezer-warm", 10)], scene.at(10))
    pen.tidy(scene.at(11))
    pen.write([cleared(case(scene, "freezer-warm", 10), scene.at(20))], scene.at(20))
    with pytest.raises(Transient):
        pen.tidy(scene.at(21))
    pen.tidy(scene.at(22))
    assert looks.looked_at == [{NO_1}, {NO_1}, {NO_1}]


def test_what_was_held_is_told_though_by_its_rule_of_today_nothing_can_be_its_cause(play: Play) -> None:
    play.dead.add("cam-1")
    play.late["sw-1"] = -1_000_003
    play.until(120)
    scene = play.scene
    assert alert_of(scene, "cam-1").held_until
    rules = [each for each in shipped_rules().rules() if each.id != "device-unreachable"]
    before = shipped_rules().rule("device-unreachable")
    assert before is not None
    other = msgspec.structs.replace(before, metric="cpu_percent", condition=Threshold(Comparison.ABOVE, 90))
    scene.service.take_rules(Rulebook([*rules, other]))
    play.until(130)
    assert ("device-unreachable", "cam-1") in play.told()
    assert not alert_of(scene, "cam-1").held_until


def test_a_clock_that_was_set_back_holds_nothing_for_hours(play: Play) -> None:
    play.dead.add("cam-1")
    play.late["sw-1"] = -1_000_003  # nobody knows whether what it hangs on works
    play.until(120)
    scene = play.scene
    with writing(scene.registry.engine) as session:  # written while the clock was four hours ahead
        session.get_one(AlertRow, alert_of(scene, "cam-1").id).held_until = scene.at(4 * 3_600)
    scene.causes.due = {NO_1: scene.at(4 * 3_600)}
    play.until(500)
    assert ("device-unreachable", "cam-1") in play.told()


def test_a_window_for_what_the_device_tells_does_not_cover_what_is_measured(scene: Scene) -> None:
    scene.say(0, NO_1, GATEWAY, "if_oper_state", 1, UPLINK)
    noise = Draft(
        Kind.SILENCE, Selector(rule="event:link_down", site=NO_1), scene.at(0), scene.at(9_000), "too many traps"
    )
    scene.silences.silence(DISTRICT_SCOPE, noise)
    scene.registry.clock.now = scene.at(10)
    event = Event(GATEWAY, scene.at(10), "link_down", "port", Severity.MAJOR, Instance(UPLINK))
    scene.engine.note_events(address_of(NO_1), scene.mark(), [event])
    scene.engine.tick(scene.at(10))
    assert alert_of(scene, GATEWAY).silence
    for second in (20, 30, 40):
        scene.say(second, NO_1, GATEWAY, "if_oper_state", 2, UPLINK)
    scene.wait_until(400)
    alert = alert_of(scene, GATEWAY)
    assert (alert.rule, alert.silence) == ("uplink-down", 0)
    assert alert.id in scene.service.standing(SYSTEM)


def test_a_rule_that_came_with_new_rules_is_one_with_what_the_device_tells(scene: Scene) -> None:
    shipped = shipped_rules()
    without = Rulebook([each for each in shipped.rules() if each.metric != "if_oper_state"])
    scene.rulebook = without
    scene.restart()
    scene.say(0, NO_1, GATEWAY, "if_oper_state", 1, UPLINK)
    scene.engine.take_rules(shipped)
    for second in (10, 20, 30):
        scene.say(second, NO_1, GATEWAY, "if_oper_state", 2, UPLINK)
    event = Event(GATEWAY, scene.at(30), "link_down", "port", Severity.MAJOR, Instance(UPLINK))
    scene.engine.note_events(address_of(NO_1), scene.mark(), [event])
    scene.engine.tick(scene.at(31))
    assert [each.rule for each in scene.everything()] == ["uplink-down"]


SCHOOLS = [f"no-{number}" for number in range(11, 16)]


def test_the_last_of_many_schools_is_told_by_itself_once_the_others_are_heard(scene: Scene) -> None:
    """Five go at once; four come back: what they shared works, and the people of the fifth have not been told yet."""
    sites = tuple(SiteEntry(each, "north-town", each, each, agents=(each,)) for each in SCHOOLS)
    scene.registry.service.enrol(SYSTEM, msgspec.structs.replace(enrolment(), sites=sites))
    for site in SCHOOLS:
        agent = DeviceFacts(DeviceId(site), DeviceKind.AGENT, NOW, name=site)
        scene.registry.service.learn_facts(address_of(SiteId(site)), [agent], NOW)
    clock, cut = scene.registry.clock, set[str]()

    def until(second: int) -> None:
        while clock.now < scene.at(second):
            clock.now += 5_000
            if (clock.now - NOW) % (POLL_S * 1_000) == 0:
                for site in {*SCHOOLS, str(CENTRE)} - cut:
                    scene.feed.say(SiteId(site), site, "agent_spool_bytes", 0.0, at=clock.now)
            scene.engine.tick(clock.now)

    def told() -> list[tuple[str, str]]:
        standing = scene.service.by_ids(SYSTEM, list(scene.service.standing(SYSTEM)))
        return sorted((each.rule, str(each.site)) for each in standing)

    until(60)
    cut |= set(SCHOOLS)
    until(500)
    assert told() == [("schools-cut-off", str(CENTRE))]
    cut -= set(SCHOOLS[1:])
    until(1_500)
    assert told() == [("school-cut-off", SCHOOLS[0])]
    cut.clear()
    until(1_700)
    assert told() == []


def test_a_window_for_all_ports_does_not_swallow_what_falls_silent_behind_one(play: Play) -> None:
    """Nobody wants to hear of ports; what hangs on one and is noticed much later is another matter."""
    noise = Draft(Kind.SILENCE, Selector(rule="port-down"), NOW, play.scene.at(9_000), "ports come and go here")
    play.scene.silences.silence(DISTRICT_SCOPE, noise)
    play.dark_ports |= set(HANGS_ON["cam-1"])
    play.until(400)
    assert play.told() == []
    play.dead.add("cam-1")
    play.until(800)
    assert play.told() == [("device-unreachable", "cam-1")]


def test_a_window_for_one_device_is_for_what_follows_from_it_too(play: Play) -> None:
    known = Draft(
        Kind.SILENCE,
        Selector(site=NO_1, device=DeviceId("sw-1")),
        NOW,
        play.scene.at(9_000),
        "the new one comes Monday",
    )
    play.scene.silences.silence(DISTRICT_SCOPE, known)
    play.dies("sw-1")
    play.until(600)
    assert play.told() == []
