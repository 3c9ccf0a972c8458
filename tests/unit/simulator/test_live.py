"""The district now: counters add up exactly, faults come and go, devices restart."""

from dataclasses import dataclass

import numpy as np
import pytest

from simulator.district.district import build_district
from simulator.life.columns import ColumnName, Quantity
from simulator.life.demand import BLOCK_MS
from simulator.life.fault import FaultName
from simulator.life.site_life import DistrictLife
from simulator.live.district import LiveDistrict
from simulator.live.ledger import fixed_point
from simulator.live.view import HalfTable, live_view
from simulator.mib.build import site_mibs
from simulator.snmp import ber
from simulator.snmp.ber import parse_oid
from tests.unit.simulator.build import HOUR_MS, MONDAY

IF_TABLE = "1.3.6.1.2.1.2.2.1"
SITE = "no-1-primary"
START = fixed_point(MONDAY) + 40 * HOUR_MS + 123_456


@dataclass
class MovingClock:
    now: int

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module")
def life() -> DistrictLife:
    return DistrictLife(build_district(5, 2), frozenset())


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(START)


@pytest.fixture
def live(life: DistrictLife, clock: MovingClock) -> LiveDistrict:
    district = LiveDistrict(life, clock)
    district.start()
    return district


def uplink(live: LiveDistrict, quantity: Quantity = Quantity.IN_OCTETS) -> int:
    gateway = live.life.sites[SITE].site.gateway
    return live.life.sites[SITE].columns[ColumnName("gw-1", quantity, gateway.uplink)]


def test_counters_are_the_same_for_every_start(life: DistrictLife, live: LiveDistrict, clock: MovingClock) -> None:
    asked = [live.sum(SITE, uplink(live), START + step) for step in range(0, 900_000, 9_700)]
    assert asked == sorted(asked)
    clock.now = START + 900_000
    later = LiveDistrict(life, clock)
    later.start()
    assert later.sum(SITE, uplink(live), clock.now) == pytest.approx(live.sum(SITE, uplink(live), clock.now), rel=1e-12)


def test_over_five_minutes_a_counter_grows_by_the_mean_rate(life: DistrictLife, live: LiveDistrict) -> None:
    begin = START - START % BLOCK_MS + BLOCK_MS
    before, after = (live.sum(SITE, uplink(live), at) for at in (begin, begin + BLOCK_MS))
    mean = life.evaluate_means(np.array([begin + BLOCK_MS]), {})[SITE][0, uplink(live)]
    assert (after - before) / 300 == pytest.approx(mean, rel=1e-9)


def test_a_fault_shows_at_once_and_heals_at_once(live: LiveDistrict, clock: MovingClock) -> None:
    status = uplink(live, Quantity.OPER_STATUS)
    assert live.value(SITE, status, clock.now) == 1
    live.break_down(FaultName.CUT_UPLINK, SITE, "")
    live.break_down(FaultName.CUT_UPLINK, SITE, "")
    assert live.value(SITE, status, clock.now) == 2
    assert live.is_cut(SITE, clock.now)
    frozen = live.sum(SITE, uplink(live), clock.now)
    clock.now += 61_000
    assert live.sum(SITE, uplink(live), clock.now) == frozen
    assert live.heal() == 1
    assert live.value(SITE, status, clock.now) == 1
    clock.now += 60_000
    assert live.sum(SITE, uplink(live), clock.now) > frozen


def test_devices_that_lost_power_start_anew(live: LiveDistrict, clock: MovingClock) -> None:
    assert live.uptime_ms(SITE, "gw-1", clock.now) > HOUR_MS
    live.break_down(FaultName.POWER_LOSS, SITE, "")
    clock.now += 30_000
    assert live.is_alive(SITE, "gw-1", clock.now)
    clock.now += 40_000
    assert not live.is_alive(SITE, "gw-1", clock.now)
    assert live.is_cut(SITE, clock.now)
    live.heal(SITE)
    clock.now += 10_000
    assert live.is_alive(SITE, "gw-1", clock.now)
    assert live.uptime_ms(SITE, "gw-1", clock.now) == 10_000
    assert live.sum(SITE, uplink(live), clock.now) < 1e10
    assert live.uptime_ms("no-2-middle", "gw-1", clock.now) > HOUR_MS


def test_healing_one_school_leaves_the_other(live: LiveDistrict) -> None:
    live.break_down(FaultName.CUT_UPLINK, SITE, "")
    live.break_down(FaultName.WARM_FREEZER, "no-2-middle", "kitchen-1")
    assert live.heal(SITE) == 1
    assert [fault.site for fault in live.faults] == ["no-2-middle"]


def test_a_counter_is_one_number_in_32_and_64_bits(live: LiveDistrict, clock: MovingClock) -> None:
    district = live.life.district
    view = live_view(live, SITE, "gw-1", site_mibs(district, district.schools[0])["gw-1"])
    index = district.schools[0].gateway.port(district.schools[0].gateway.uplink).index

    def number(dotted: str) -> int:
        encoded = view.value(parse_oid(f"{dotted}.{index}"), clock.now)
        assert encoded is not None
        _, start, stop = ber.read_header(encoded, 0, len(encoded))
        return ber.decode_integer(encoded, start, stop)

    long = number("1.3.6.1.2.1.31.1.1.1.6")
    assert long > 1 << 32
    assert number(f"{IF_TABLE}.10") == long % (1 << 32)


def test_half_a_table_has_no_second_half_and_everything_else(live: LiveDistrict, clock: MovingClock) -> None:
    district = live.life.district
    view = live_view(live, SITE, "sw-1", site_mibs(district, district.schools[0])["sw-1"])
    half = HalfTable(view)

    def walked(prefix: str) -> list[ber.Oid]:
        found, cursor = [], parse_oid(prefix)
        while (following := half.successor(cursor, clock.now)) and following.oid[: len(parse_oid(prefix))] == parse_oid(
            prefix
        ):
            cursor = following.oid
            found.append(cursor)
        return found

    ports = [oid for oid in view.oids() if oid[:-1] == parse_oid(f"{IF_TABLE}.2")]
    left = walked(f"{IF_TABLE}.2")
    assert left == ports[: len(ports) // 2]
    assert half.value(ports[-1], clock.now) is None
    assert len(walked("1.3.6.1.2.1.1")) == 7
