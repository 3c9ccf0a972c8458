"""What stands in the district: believable, cabled both ways, the same for the same seed."""

from collections import Counter
from itertools import pairwise

import pytest

from campus.ids import is_id
from campus.samples import DeviceKind
from simulator.district.district import build_district
from simulator.district.timetable import holidays, minutes_of
from tests.unit.simulator.build import SCHOOLS, SEED, district


def test_the_same_seed_is_the_same_district_and_another_is_not() -> None:
    assert build_district(SEED, SCHOOLS) == district()
    assert build_district(SEED + 1, SCHOOLS) != district()


def test_a_school_does_not_depend_on_how_many_there_are() -> None:
    assert build_district(SEED, 3).schools == district().schools[:3]


def test_every_name_is_an_id_and_stands_once() -> None:
    sites = build_district(SEED, 40).sites
    assert len({site.id for site in sites}) == 41
    for site in sites:
        ids = [device.id for device in site.devices]
        assert len(set(ids)) == len(ids)
        assert all(map(is_id, [site.id, *ids, *(room.id for room in site.rooms)]))
        assert {device.room for device in site.devices} <= {room.id for room in site.rooms}


def test_a_school_has_about_thirty_devices_of_every_kind() -> None:
    for school in district().schools:
        kinds = Counter(device.kind for device in school.devices)
        assert 20 <= len(school.devices) <= 32
        assert kinds[DeviceKind.GATEWAY] == 1
        assert 2 <= kinds[DeviceKind.SWITCH] <= 4
        assert kinds[DeviceKind.BOARD] >= 7
        wanted = {"access_point", "camera", "kitchen_monitor", "ups", "projector", "printer", "gate"}
        assert wanted <= {kind.value for kind in kinds}


def test_cables_are_seen_from_both_ends() -> None:
    seen = 0
    for school in district().schools:
        ends = {(c.device, c.port, c.remote_device, c.remote_port) for c in school.cables if "/" not in c.remote_device}
        assert {(c, d, a, b) for a, b, c, d in ends} == ends
        seen += len(ends)
        up = [cable for cable in school.cables if cable.remote_device == "centre/core-1"]
        core = [c for c in district().centre.cables if c.remote_device == f"{school.id}/gw-1"]
        assert [(c.device, c.port, c.remote_port) for c in up] == [("gw-1", c.remote_port, c.port) for c in core]
    assert seen > 50


def test_ports_at_both_ends_of_a_cable_have_one_speed() -> None:
    for school in district().schools:
        for cable in school.cables:
            if "/" not in cable.remote_device:
                near = school.device(cable.device).port(cable.port)
                far = school.device(cable.remote_device).port(cable.remote_port)
                assert near.speed_bps == far.speed_bps
        core = district().centre.device("core-1").port(district().core_port_of[school.id])
        assert core.speed_bps == school.gateway.port(school.gateway.uplink).speed_bps


def test_three_vendors_and_old_gateways() -> None:
    families = {device.family.value for school in district().schools for device in school.devices}
    assert {"huawei", "h3c", "ruijie"} <= families
    assert sum(school.is_old for school in district().schools) >= 1
    capacities = {school.gateway.uplink_capacity_bps for school in district().schools}
    assert {1e9, 1e10} <= capacities


def test_lessons_stand_in_the_bells() -> None:
    for school in district().schools:
        rooms = {room.id for room in school.rooms}
        assert len(school.lessons) > 150
        assert len({(lesson.room, lesson.weekday, lesson.period) for lesson in school.lessons}) == len(school.lessons)
        for lesson in school.lessons:
            assert lesson.room in rooms
            assert 0 <= lesson.weekday < 5
            assert 0 <= lesson.period < len(school.periods)
        spans = [minutes_of(period) for period in school.periods]
        assert all(begin < end for begin, end in spans)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
        assert all(minute % 5 == 0 for span in spans for minute in span)


@pytest.mark.parametrize("day", ["2026-10-01", "2026-05-01", "2027-01-01", "2026-08-31"])
def test_holidays(day: str) -> None:
    assert day in {each.isoformat() for each in holidays(2026)}
