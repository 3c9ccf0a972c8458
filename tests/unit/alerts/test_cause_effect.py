"""What a fault takes away: devices, rooms, and the lessons of the next two hours. It is Monday, ten o'clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from controller.alerts.causes.service import CauseService
from controller.identity.scope import SYSTEM, NotFound
from controller.topology.service import TopologyService
from tests.support.district import NO_1, NO_2_VIEWER, NOW, address_of, ready_registry
from tests.unit.alerts.scene import Scene
from tests.unit.alerts.school_play import UP, Play


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    registry = ready_registry(tmp_path)
    yield Play(Scene(registry, seeks_causes=True))
    registry.engine.dispose()


def service_of(play: Play) -> CauseService:
    ready = play.scene.registry
    topology = TopologyService(ready.engine, ready.service, ready.clock)
    return CauseService(play.scene.service, ready.service, topology, ready.calendar, ready.clock)


def test_a_dead_switch_takes_away_what_hangs_on_it_and_the_lessons_there(play: Play) -> None:
    play.dies("sw-1")
    play.until(200)
    effect = service_of(play).effect(SYSTEM, play.the_one().id)
    assert {device for _, device in effect.devices} >= {"sw-1", "ap-1", "cam-1"}
    assert "ap-2" not in {device for _, device in effect.devices}
    assert (NO_1, "r101") in effect.rooms
    assert effect.lessons == 1  # of the access point's room, the one that began at 09:50; none follows before noon


def test_a_cut_school_is_all_of_it(play: Play) -> None:
    play.is_cut_off()
    play.until(200)
    service = service_of(play)
    alert = play.the_one()
    effect = service.effect(SYSTEM, alert.id)
    everything = play.scene.registry.service.device_ids(SYSTEM, NO_1)
    assert len(effect.devices) == len(everything) - 1  # but for the agent
    assert (effect.schools, effect.lessons) == (1, 2)
    named = service.headline(alert)
    assert named is not None
    assert named.en == "The school's fibre is cut"


def test_a_school_that_nobody_sees_goes_on_teaching(play: Play) -> None:
    play.is_cut_off(port=UP, bps=8e7)
    play.until(300)
    effect = service_of(play).effect(SYSTEM, play.the_one().id)
    assert effect.is_blind_only
    assert effect.lessons == 0


def test_what_is_not_the_callers_is_not_found(play: Play) -> None:
    play.is_cut_off()
    play.until(200)
    with pytest.raises(NotFound):
        service_of(play).effect(NO_2_VIEWER, play.the_one().id)


def test_devices_that_are_gone_since_are_left_out(play: Play) -> None:
    play.dead.add("cam-1")
    play.until(200)
    alert = play.the_one()
    learn = play.scene.registry.service.learn_facts
    learn(address_of(NO_1), [DeviceFacts(DeviceId("cam-1"), DeviceKind.CAMERA, NOW, name="moved", room="r102")], NOW)
    assert service_of(play).effect(SYSTEM, alert.id).devices == ((NO_1, DeviceId("cam-1")),)
