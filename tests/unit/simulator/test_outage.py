"""What a fault takes with it: who falls silent, which ports go dark, what the centre still sees."""

import numpy as np
import pytest

from simulator.district.district import build_district
from simulator.district.timetable import holidays
from simulator.life.columns import ColumnName, Quantity
from simulator.life.fault import Fault, FaultName, FaultSet
from simulator.life.moment import day_numbers
from simulator.life.site_life import DistrictLife
from tests.support.district import NOW

SCHOOL, SWITCH = "no-1-primary", "sw-2"
UP, DOWN = 1.0, 2.0


@pytest.fixture(scope="module")
def life() -> DistrictLife:
    return DistrictLife(build_district(1, 2), day_numbers(holidays(2026)))


class Seen:
    """A district at one moment with a fault."""

    def __init__(self, life: DistrictLife, name: FaultName, device: str = "") -> None:
        self._life = life
        faults = {SCHOOL: FaultSet((Fault(name, SCHOOL, device, NOW - 1),))}
        self._rows = {site: rows[0] for site, rows in life.evaluate(np.array([NOW]), faults).items()}
        self.site = life.sites[SCHOOL].site

    def value(self, device: str, quantity: Quantity, part: str = "", site: str = SCHOOL) -> float:
        return float(self._rows[site][self._life.sites[site].columns[ColumnName(device, quantity, part)]])

    def silent(self) -> set[str]:
        return {each.id for each in self.site.devices if not self.value(each.id, Quantity.ALIVE)}

    def dark_ports(self) -> set[tuple[str, str]]:
        plugged = [(each.id, port.name) for each in self.site.devices for port in each.ports if port.plugged]
        return {place for place in plugged if self.value(*place[:1], Quantity.OPER_STATUS, place[1]) == DOWN}

    def core(self) -> tuple[float, float]:
        """State of the centre's port towards the school, and what comes from it."""
        port = self._life.district.core_port_of[SCHOOL]
        return (
            self.value("core-1", Quantity.OPER_STATUS, port, "centre"),
            self.value("core-1", Quantity.IN_OCTETS, port, "centre"),
        )


def test_a_dead_switch_takes_with_it_what_hangs_on_it(life: DistrictLife) -> None:
    seen = Seen(life, FaultName.SWITCH_DEAD, SWITCH)
    behind = {leaf for leaf, (switch, _) in seen.site.wired.items() if switch == SWITCH} - {"computer-room"}
    assert seen.silent() == {SWITCH, *behind}
    assert seen.dark_ports() >= {("gw-1", port.name) for port in seen.site.gateway.ports if port.alias == "to sw-2"}
    assert seen.core()[0] == UP


def test_a_cut_cable_darkens_the_port_it_is_in(life: DistrictLife) -> None:
    seen = Seen(life, FaultName.LINK_CUT, "camera-gate")
    assert seen.silent() == {"camera-gate"}
    assert seen.dark_ports() == {seen.site.wired["camera-gate"]}


def test_a_dark_floor_is_silent_whichever_switch_serves_it(life: DistrictLife) -> None:
    seen = Seen(life, FaultName.FLOOR_DARK, "board-201")
    assert seen.silent() == {"board-201", "board-202", "board-203", "board-204", "board-lab-1", "printer-1"} | (
        seen.silent() & {"camera-corridor"}
    )
    assert {device for device, _ in seen.dark_ports()} == {"sw-1", "sw-2", "sw-3"}


@pytest.mark.parametrize(
    ("name", "device", "port", "flows"),
    [
        (FaultName.CUT_UPLINK, "", DOWN, False),
        (FaultName.GATEWAY_DEAD, "gw-1", DOWN, False),
        (FaultName.GATEWAY_HANGS, "gw-1", UP, False),
        (FaultName.AGENT_STOPS, "", UP, True),
    ],
)
def test_what_the_centre_sees_of_a_school_it_does_not_hear(
    life: DistrictLife, name: FaultName, device: str, port: float, flows: bool
) -> None:
    assert Seen(life, name, device).core() == (port, pytest.approx(0) if not flows else Seen(life, name).core()[1])
    assert bool(Seen(life, name, device).core()[1]) is flows
