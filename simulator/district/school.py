"""Builds a school: about thirty devices, cabled as a school would cable them.

The gateway leads to the metro network and has one LAN port for each switch. Every end device hangs on a switch port in
its part of the building, so the sum of the switches' uplinks is the gateway's LAN is the gateway's uplink.
"""

from dataclasses import dataclass, replace

from campus.samples import DeviceKind
from simulator.district import hardware
from simulator.district.device import Cable, Family, Port, SimDevice
from simulator.district.dice import dice
from simulator.district.equipment import end_devices, recorded_cameras
from simulator.district.hardware import GIGABIT, MEGABIT, make_port
from simulator.district.maker import Maker, Place
from simulator.district.names import SchoolName, Stage
from simulator.district.rooms import COMPUTER_ROOM, LABORATORY, OTHER_ROOMS, classrooms
from simulator.district.site import SimSite
from simulator.district.timetable import lessons_of

ACCESS_PORTS = 9
SOCKETS = ("office", "computer-room")
"""What hangs on switches besides devices of ours: the teachers' and the pupils' computers."""
RECORDED_SCHOOL = 0
"""The school whose newest cameras and recorder are asked over HTTP."""
_VENDORS = (Family.HUAWEI, Family.H3C, Family.RUIJIE)
_SWITCH_NAMES = ("教学楼交换机", "综合楼交换机", "食堂交换机")
_UPLINK_INDEX = 24
_NETWORK_ROOM = "network-room"


@dataclass(frozen=True)
class _Line:
    """A school's link: what it may carry, how hungry the school is, whether the gateway is an old one."""

    capacity_bps: int
    demand: float
    is_old: bool = False


_LINES = (
    _Line(10 * GIGABIT, 2.6),
    _Line(GIGABIT, 1.0),
    _Line(GIGABIT, 0.8, is_old=True),
    _Line(10 * GIGABIT, 2.2),
    _Line(10 * GIGABIT, 2.9),
    _Line(200 * MEGABIT, 0.7, is_old=True),
    _Line(GIGABIT, 1.45),
    _Line(GIGABIT, 0.6),
)
"""In the order of schools, over and over: which links run full follows from it."""


def build_school(seed: int, index: int, name: SchoolName, size: int = 0) -> SimSite:
    """The `index`-th school of a district (0-based); the same for the same seed whatever the number of schools.

    `size` is its number of classrooms, 0: as many as such a school usually has.
    """
    chance = dice(seed, name.id, "build")
    maker = Maker(seed, name.id)
    line = _LINES[index % len(_LINES)]
    usual = 7 if name.is_rural else 9 if name.stage is Stage.PRIMARY else 10
    taught = classrooms(name, size or usual)
    leaves = end_devices(maker, _VENDORS[index % 3], taught, is_rural=name.is_rural)
    switches, wired = _switches(maker, _VENDORS[index % 3], line, [*(leaf.id for leaf in leaves), *SOCKETS])
    gateway = _gateway(maker, _VENDORS[(index // 2) % 3], line, switches)
    rooms = [room.id for room in taught]
    return SimSite(
        id=name.id,
        name_en=name.name_en,
        name_zh=name.name_zh,
        stage=name.stage,
        pupils=len(taught) * chance.randint(36, 46) * (1 if name.is_rural else 3),
        rooms=(*taught, LABORATORY, COMPUTER_ROOM, *OTHER_ROOMS),
        devices=(gateway, *switches, *leaves, *(recorded_cameras(maker) if index == RECORDED_SCHOOL else [])),
        cables=tuple(_cables(gateway, switches, leaves, wired)),
        lessons=tuple(lessons_of(seed, name.id, name.stage, rooms, [LABORATORY.id, COMPUTER_ROOM.id])),
        wired=wired,
        demand=line.demand * chance.uniform(0.9, 1.1),
        is_old=line.is_old,
        is_rural=name.is_rural,
    )


def _switches(
    maker: Maker, vendor: Family, line: _Line, sockets: list[str]
) -> tuple[list[SimDevice], dict[str, tuple[str, str]]]:
    """As many switches as there are sockets to serve, and on which port each socket is. The first has a port to spare."""
    model = hardware.SWITCHES[vendor]
    uplink_speed = 10 * GIGABIT if line.capacity_bps > GIGABIT else GIGABIT
    count = -(-len(sockets) // ACCESS_PORTS)
    switches: list[SimDevice] = []
    wired: dict[str, tuple[str, str]] = {}
    for number in range(1, count + 1):
        mine = sockets[number - 1 :: count]
        ports = [make_port(vendor, index, GIGABIT, alias=socket) for index, socket in enumerate(mine, start=1)]
        wired |= {socket: (f"sw-{number}", port.name) for socket, port in zip(mine, ports, strict=True)}
        if number == 1:
            ports.append(make_port(vendor, len(ports) + 1, GIGABIT, plugged=False))
        ports.append(make_port(vendor, 25, uplink_speed, alias="to gw-1"))
        name_zh = _SWITCH_NAMES[number - 1] if number <= len(_SWITCH_NAMES) else f"{number}号交换机"
        place = Place(name_zh, _NETWORK_ROOM)
        switches.append(maker.polled(f"sw-{number}", DeviceKind.SWITCH, model, place, tuple(ports)))
    return switches, wired


def _gateway(maker: Maker, vendor: Family, line: _Line, switches: list[SimDevice]) -> SimDevice:
    model = hardware.OLD_GATEWAY if line.is_old else hardware.GATEWAYS[vendor]
    lan = [
        make_port(model.family, number, switch.port(switch.uplink).speed_bps, alias=f"to {switch.id}")
        for number, switch in enumerate(switches, start=1)
    ]
    speed = 10 * GIGABIT if line.capacity_bps > GIGABIT else GIGABIT
    named = make_port(model.family, 0 if model.family is Family.HUAWEI else _UPLINK_INDEX, speed)
    uplink = Port(_UPLINK_INDEX, named.name, named.description, speed, "metro uplink", is_fibre=True)
    gateway = maker.polled("gw-1", DeviceKind.GATEWAY, model, Place("校园出口网关", _NETWORK_ROOM), (*lan, uplink))
    return replace(gateway, uplink_capacity_bps=float(line.capacity_bps))


def _cables(
    gateway: SimDevice, switches: list[SimDevice], leaves: list[SimDevice], wired: dict[str, tuple[str, str]]
) -> list[Cable]:
    """Cables between devices that talk LLDP, each from both of its ends."""
    found: list[Cable] = []
    for port, switch in zip(gateway.ports, switches, strict=False):
        found += _both_ways(gateway, port.name, switch, switch.uplink)
    by_id = {switch.id: switch for switch in switches}
    for leaf in leaves:
        if leaf.ports:
            switch_id, port_name = wired[leaf.id]
            found += _both_ways(by_id[switch_id], port_name, leaf, leaf.uplink)
    return found


def _both_ways(one: SimDevice, one_port: str, other: SimDevice, other_port: str) -> list[Cable]:
    return [
        Cable(one.id, one_port, other.id, other_port, other.system_name),
        Cable(other.id, other_port, one.id, one_port, one.system_name),
    ]
