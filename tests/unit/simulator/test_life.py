"""How the district lives: pure, conserved, and in step with the school day."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.samples import DeviceKind
from simulator.district.centre import CORE
from simulator.district.site import SimSite
from simulator.life.boards import Habit, habit_of
from simulator.life.columns import ColumnName, Quantity
from simulator.life.fault import Fault, FaultName, FaultSet
from simulator.life.incidents import incidents, lately
from simulator.life.noise import Floats, chance, keys_for, wander
from tests.unit.simulator.build import (
    DAY_MS,
    HOUR_MS,
    MONDAY,
    SATURDAY,
    SEED,
    column,
    district,
    five_minutes,
    life,
    monday,
)

SCHOOLS = district().schools
SCHOOLS_BY_ID = {school.id: school for school in SCHOOLS}
LIVE = MONDAY + 10 * HOUR_MS + 5_000 * np.arange(40, dtype=np.int64)


def rate(matrix: Floats, site: str, device: str, port: str) -> tuple[Floats, Floats]:
    """(in, out) of a port, octets per second."""
    return column(matrix, site, device, Quantity.IN_OCTETS, port), column(
        matrix, site, device, Quantity.OUT_OCTETS, port
    )


def uplink(matrix: Floats, school: SimSite) -> tuple[Floats, Floats]:
    return rate(matrix, school.id, "gw-1", school.gateway.uplink)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 400 * DAY_MS // 1000), min_size=1, max_size=20, unique=True))
def test_a_row_depends_on_its_instant_alone(offsets: list[int]) -> None:
    at = np.array(sorted(MONDAY - 200 * DAY_MS + 1000 * offset for offset in offsets), dtype=np.int64)
    site = life().schools[0]
    together = site.evaluate(at, FaultSet())
    alone = np.vstack([site.evaluate(at[index : index + 1], FaultSet()) for index in range(len(at))])
    # Sums over flows may differ in the last bit between one row and many.
    np.testing.assert_allclose(together, alone, rtol=1e-12)


@pytest.mark.parametrize("rows", ["means", "live"])
def test_traffic_is_conserved_from_socket_to_core(rows: str) -> None:
    matrices = monday() if rows == "means" else life().evaluate(LIVE, {})
    for school in SCHOOLS:
        matrix = matrices[school.id]
        up_in, up_out = uplink(matrix, school)
        switches = school.of_kind(DeviceKind.SWITCH)
        below = [rate(matrix, school.id, switch.id, switch.uplink) for switch in switches]
        np.testing.assert_allclose(sum(pair[0] for pair in below), up_in)
        np.testing.assert_allclose(sum(pair[1] for pair in below), up_out)
        lan = [c.port for c in school.cables if c.device == "gw-1" and c.remote_device.startswith("sw-")]
        np.testing.assert_allclose(sum(rate(matrix, school.id, "gw-1", port)[1] for port in lan), up_in)
        for switch in switches:
            access = [rate(matrix, school.id, switch.id, p.name) for p in switch.ports if p.name != switch.uplink]
            np.testing.assert_allclose(
                sum(pair[1] for pair in access), rate(matrix, school.id, switch.id, switch.uplink)[0]
            )
        core_in, core_out = rate(matrices["centre"], "centre", "core-1", district().core_port_of[school.id])
        np.testing.assert_allclose(core_in, up_out)
        np.testing.assert_allclose(core_out, up_in)
    core = district().centre.device("core-1")
    ports = [rate(matrices["centre"], "centre", "core-1", port.name) for port in core.ports]
    np.testing.assert_allclose(sum(pair[0] for pair in ports), sum(pair[1] for pair in ports))


def test_no_port_carries_more_than_its_speed_and_no_link_more_than_its_capacity() -> None:
    cells = MONDAY + 5_000 * np.arange(DAY_MS // 5_000, dtype=np.int64)[::19]
    matrices = life().evaluate(cells, {})
    for school in SCHOOLS:
        for device in school.devices:
            for port in device.ports:
                for octets in rate(matrices[school.id], school.id, device.id, port.name):
                    assert octets.max() * 8 <= port.speed_bps
        assert (
            max(octets.max() for octets in uplink(matrices[school.id], school)) * 8
            <= school.gateway.uplink_capacity_bps
        )


def test_five_second_rates_average_to_their_five_minutes() -> None:
    begin = MONDAY + 10 * HOUR_MS
    cells = begin + 5_000 * np.arange(60, dtype=np.int64)
    for school in SCHOOLS:
        live = uplink(life().evaluate(cells, {})[school.id], school)
        mean = uplink(life().evaluate_means(np.array([begin + 300_000]), {})[school.id], school)
        for fine, coarse in zip(live, mean, strict=True):
            assert fine.mean() == pytest.approx(coarse[0], rel=1e-9)
            assert fine.std() > 0


def test_the_school_day_shows_in_the_traffic() -> None:
    weekend = life().evaluate_means(five_minutes(SATURDAY, 288), {})
    for school in SCHOOLS:
        inbound, outbound = uplink(monday()[school.id], school)
        lessons, night = inbound[9 * 12 : 11 * 12].mean(), inbound[2 * 12 : 4 * 12].mean()
        assert lessons > 10 * night
        assert lessons > 5 * uplink(weekend[school.id], school)[0][9 * 12 : 11 * 12].mean()
        evening, afternoon = outbound[20 * 12 : 22 * 12].mean(), outbound[2 * 12 : 4 * 12].mean()
        assert evening > 2 * afternoon


def test_some_links_run_full_and_some_do_not() -> None:
    busiest = {}
    for school in SCHOOLS:
        inbound, _ = uplink(monday()[school.id], school)
        busiest[school.id] = np.percentile(inbound * 8, 95) / school.gateway.uplink_capacity_bps
    assert max(busiest.values()) > 0.7
    assert min(busiest.values()) < 0.3


def test_a_freezer_breathes_within_its_range() -> None:
    minutes = MONDAY + 60_000 * np.arange(1440, dtype=np.int64)
    for school in SCHOOLS[:3]:
        matrix = life().sites[school.id].evaluate(minutes, FaultSet())
        freezer = column(matrix, school.id, "kitchen-1", Quantity.TEMPERATURE, "freezer")
        assert -21.5 < freezer.min() < -19
        assert -17.5 < freezer.max() < -15.5
        turns = np.count_nonzero(np.diff(np.sign(np.diff(freezer))))
        assert turns > 60, "a compressor switches every ten minutes or so"


def test_boards_are_on_in_their_lessons_and_never_at_night() -> None:
    used_somewhere = 0
    for school in SCHOOLS:
        rooms = {(lesson.room, lesson.weekday) for lesson in school.lessons}
        for board in school.of_kind(DeviceKind.BOARD):
            power = column(monday()[school.id], school.id, board.id, Quantity.POWER)
            touches = column(monday()[school.id], school.id, board.id, Quantity.TOUCHES)
            habit = habit_of(SEED, school.id, board.id)
            assert power[: 5 * 12].max() == 0
            if habit is Habit.NEVER:
                assert power.max() == 0
            if habit is Habit.IDLE_ON:
                assert (power[9 * 12 : 17 * 12] == 2).all()
                assert touches.max() == 0
            if habit is Habit.USED and (board.room, 0) in rooms:
                used_somewhere += bool((power == 2).any() and touches.max() > 0)
    assert used_somewhere > 20


def test_some_boards_are_never_used_and_some_idle() -> None:
    habits = [habit_of(SEED, s.id, b.id) for s in SCHOOLS for b in s.of_kind(DeviceKind.BOARD)]
    assert {habits.count(habit) > 0 for habit in Habit} == {True}
    assert habits.count(Habit.USED) > len(habits) / 2


def fault(name: FaultName, device: str = "", begin: int = 60, end: int = 1 << 40) -> FaultSet:
    """From `begin` seconds after ten o'clock on."""
    ten = MONDAY + 10 * HOUR_MS
    return FaultSet((Fault(name, SCHOOLS[0].id, device, ten + begin * 1000, ten + end * 1000),))


def test_a_cut_fibre_is_down_at_both_ends_and_carries_nothing() -> None:
    school = SCHOOLS[0]
    rows = life().evaluate(LIVE, {school.id: fault(FaultName.CUT_UPLINK)})
    during = LIVE[0] + 60_000 <= LIVE
    port = district().core_port_of[school.id]
    for site, device, name in ((school.id, "gw-1", school.gateway.uplink), ("centre", "core-1", port)):
        status = column(rows[site], site, device, Quantity.OPER_STATUS, name)
        assert set(status[during]) == {2.0}
        assert set(status[~during]) == {1.0}
        assert all(octets[during].max() == 0 for octets in rate(rows[site], site, device, name))
        assert all(octets[~during].min() > 0 for octets in rate(rows[site], site, device, name))


def test_a_cut_fibre_is_dark_at_both_ends() -> None:
    school, centre = district().schools[0], district().centre
    fault = Fault(FaultName.CUT_UPLINK, school.id, "", MONDAY + HOUR_MS)
    rows = life().evaluate_means(np.array([MONDAY, MONDAY + 2 * HOUR_MS]), {school.id: FaultSet((fault,))})
    ends = {
        school.id: (school.gateway.id, school.gateway.uplink),
        centre.id: (CORE, district().core_port_of[school.id]),
    }
    for site, (device, port) in ends.items():
        light = rows[site][:, life().sites[site].columns[ColumnName(device, Quantity.LIGHT_IN, port)]]
        assert light[0] > -14 > light[1]
    other = district().core_port_of[district().schools[1].id]
    there = rows[centre.id][:, life().sites[centre.id].columns[ColumnName(CORE, Quantity.LIGHT_IN, other)]]
    assert there.min() > -14


def test_a_flood_fills_the_way_out_and_nothing_but_it() -> None:
    school = SCHOOLS[1]
    flood = FaultSet((Fault(FaultName.FLOOD_LINK, school.id, "", LIVE[0], LIVE[-1] + 1),))
    flooded, calm = life().evaluate(LIVE, {school.id: flood}), life().evaluate(LIVE, {})
    assert uplink(flooded[school.id], school)[1].mean() * 8 > 0.85 * school.gateway.uplink_capacity_bps
    assert column(flooded[school.id], school.id, "gw-1", Quantity.OUT_DISCARDS, school.gateway.uplink).min() >= 0
    other = SCHOOLS[2]
    np.testing.assert_array_equal(flooded[other.id], calm[other.id])


def test_power_fails_in_two_steps() -> None:
    school = SCHOOLS[0]
    at = LIVE[0] + 1000 * np.arange(0, 200, 5, dtype=np.int64)
    matrix = life().evaluate(at, {school.id: fault(FaultName.POWER_LOSS)})[school.id]
    source = column(matrix, school.id, "ups-1", Quantity.UPS_SOURCE)
    battery = column(matrix, school.id, "ups-1", Quantity.BATTERY)
    alive = column(matrix, school.id, "sw-1", Quantity.ALIVE)
    seconds = (at - at[0]) / 1000
    assert set(source[seconds < 60]) == {3.0}
    assert set(source[seconds >= 60]) == {5.0}
    assert (np.diff(battery) <= 0).all()
    assert set(alive[seconds < 120]) == {1.0}
    assert set(alive[seconds >= 120]) == {0.0}
    assert uplink(matrix, school)[0][seconds >= 120].max() == 0


def test_smaller_faults_show_where_they_should() -> None:
    school = SCHOOLS[0]
    late = LIVE[0] + 150_000 <= LIVE
    warm = life().sites[school.id].evaluate(LIVE, fault(FaultName.WARM_FREEZER, "kitchen-1"))
    assert column(warm, school.id, "kitchen-1", Quantity.TEMPERATURE, "freezer")[late].min() > -8
    black = life().sites[school.id].evaluate(LIVE, fault(FaultName.CAMERA_BLACK, "camera-gate"))
    assert column(black, school.id, "camera-gate", Quantity.STREAM)[late].max() == 0
    assert column(black, school.id, "camera-kitchen", Quantity.STREAM)[late].min() == 2
    board = school.of_kind(DeviceKind.BOARD)[0].id
    hung = life().sites[school.id].evaluate(LIVE, fault(FaultName.HANG_BOARD, board))
    assert column(hung, school.id, board, Quantity.ALIVE)[late].max() == 0


def test_quantities_stay_in_their_bounds() -> None:
    bounds = {
        Quantity.CPU: (0, 100),
        Quantity.MEMORY: (0, 100),
        Quantity.BATTERY: (0, 100),
        Quantity.SUPPLY: (0, 100),
        Quantity.STORAGE: (0, 100),
        Quantity.HUMIDITY: (0, 100),
        Quantity.TEMPERATURE: (-30, 90),
        Quantity.CLIENTS: (0, 200),
        Quantity.ALIVE: (0, 1),
        Quantity.CHANNEL_USE: (0, 80),
        Quantity.CHANNEL_OTHERS: (0, 80),
        Quantity.NOISE: (-100, -85),
        Quantity.LIGHT_IN: (-14, -3),
        Quantity.LIGHT_OUT: (-8, -1),
        Quantity.CLOCK_OFFSET: (-9, 9),
    }
    checked = 0
    for site, matrix in monday().items():
        assert np.isfinite(matrix).all()
        for place, name in enumerate(life().sites[site].columns.names()):
            low, high = bounds.get(name.quantity, (0, np.inf))
            assert low <= matrix[:, place].min()
            assert matrix[:, place].max() <= high
            checked += 1
    assert checked > 2000


def test_past_troubles_are_the_same_whenever_asked_and_over_by_now() -> None:
    now = MONDAY + 3 * DAY_MS
    month = incidents(district(), now - 30 * DAY_MS, now, now)
    week = incidents(district(), now - 7 * DAY_MS, now, now)
    assert sum(map(len, month.values())) >= 8
    for site, faults in week.items():
        assert set(faults) <= set(month[site])
        assert all(each.end < now for each in faults)


def test_whoever_looks_at_today_finds_troubles_of_several_kinds_that_are_over() -> None:
    now = MONDAY + 3 * DAY_MS + 17 * 60_000
    faults = [fault for each in lately(district(), now).values() for fault in each]
    assert len({fault.name for fault in faults}) == len(faults) >= 4
    assert all(now - DAY_MS / 2 < fault.start < fault.end < now - 2 * HOUR_MS for fault in faults)
    assert all(SCHOOLS_BY_ID[fault.site].device(fault.device) for fault in faults)


def test_chance_is_uniform_and_wander_is_continuous() -> None:
    keys = keys_for([1, 2, 3])
    rolls = chance(keys, np.arange(20_000, dtype=np.int64))
    assert abs(rolls.mean() - 0.5) < 0.01
    assert abs(float(np.mean((rolls[:, 0] - 0.5) * (rolls[:, 1] - 0.5))) * 12) < 0.03
    line = wander(keys, np.arange(0, 600_000, 1000, dtype=np.int64), 60_000)
    assert np.abs(line).max() <= 1
    assert np.abs(np.diff(line, axis=0)).max() < 0.06


def test_columns_are_given_once() -> None:
    columns = life().schools[0].columns
    name = ColumnName("gw-1", Quantity.CPU)
    assert name in columns
    with pytest.raises(ValueError, match="has a column already"):
        columns.add([name])
