"""Builds a school: about thirty devices, cabled as a school would cable them.

The gateway leads to the metro network and has one LAN port for each switch. Every end device hangs on a switch port in
its part of the building, so the sum of the switches' uplinks is the gateway's LAN is the gateway's uplink.
"""

from dataclasses import dataclass

from campus.samples import DeviceKind
from simulator.district import hardware
from simulator.district.device import Cable, Family, Port, SimDevice, SimRoom
from simulator.district.dice import dice
from simulator.district.hardware import GIGABIT, MEGABIT, Model, make_port
from simulator.district.identity import mac_address, serial_number
from simulator.district.names import SchoolName, Stage
from simulator.district.rooms import OTHER_ROOMS, SPECIAL_ROOMS, classrooms
from simulator.district.site import SimSite
from simulator.district.timetable import lessons_of

_VENDORS = (Family.HUAWEI, Family.H3C, Family.RUIJIE)
_CAPACITY = (10 * GIGABIT, GIGABIT, GIGABIT, 10 * GIGABIT, 10 * GIGABIT, 200 * MEGABIT, GIGABIT, GIGABIT)
_OLD = (False, False, True, False, False, True, False, False)
_DEMAND = (2.6, 1.0, 0.8, 2.2, 2.9, 0.7, 1.45, 0.6)
"""How hungry each of eight schools is; with `_CAPACITY` it decides which links run full."""
ACCESS_PORTS = 9
CAMERA_PLACES = (
    ("gate", "校门摄像机", "gatehouse"),
    ("kitchen", "后厨摄像机", "kitchen"),
    ("playground", "操场摄像机", "playground"),
    ("canteen", "食堂摄像机", "canteen"),
    ("library", "图书馆摄像机", "library"),
)


@dataclass(frozen=True)
class _Leaf:
    """An end device and the name of its own network port, if it has one that it can talk about."""

    device: SimDevice
    port: str = ""


def build_school(seed: int, index: int, name: SchoolName) -> SimSite:
    """The `index`-th school of a district (0-based); the same for the same seed whatever the number of schools."""
    builder = _Builder(seed, index, name)
    return builder.site()


class _Builder:
    def __init__(self, seed: int, index: int, name: SchoolName) -> None:
        self._seed = seed
        self._name = name
        self._dice = dice(seed, name.id, "build")
        self._vendor = _VENDORS[index % 3]
        self._gateway_vendor = _VENDORS[(index // 2) % 3]
        slot = index % len(_CAPACITY)
        self._capacity = 200 * MEGABIT if name.is_rural and _OLD[slot] else _CAPACITY[slot]
        self._is_old = _OLD[slot]
        self._demand = _DEMAND[slot] * self._dice.uniform(0.9, 1.1)
        self._classrooms = classrooms(name, 7 if name.is_rural else 9 if name.stage is Stage.PRIMARY else 10)

    def site(self) -> SimSite:
        leaves = self._leaves()
        switches, cables, wired = self._switches(leaves)
        gateway, more = self._gateway(switches)
        rooms = [*self._classrooms, *SPECIAL_ROOMS, *OTHER_ROOMS]
        taught = [room.id for room in self._classrooms]
        return SimSite(
            id=self._name.id,
            name_en=self._name.name_en,
            name_zh=self._name.name_zh,
            stage=self._name.stage,
            pupils=len(taught) * self._dice.randint(36, 46) * (1 if self._name.is_rural else 3),
            rooms=tuple(rooms),
            devices=(gateway, *switches, *(leaf.device for leaf in leaves)),
            cables=(*more, *cables),
            lessons=tuple(
                lessons_of(self._seed, self._name.id, self._name.stage, taught, [room.id for room in SPECIAL_ROOMS])
            ),
            wired=wired,
            demand=self._demand,
            is_old=self._is_old,
            is_rural=self._name.is_rural,
        )

    def _leaves(self) -> list[_Leaf]:
        """End devices in the order of their places in the building, so that neighbours share a switch."""
        boards = [self._board(room) for room in [*self._classrooms, SPECIAL_ROOMS[0]]]
        points = [self._access_point(number, room) for number, room in enumerate(self._access_point_rooms(), start=1)]
        cameras = [self._camera(number, *place) for number, place in enumerate(self._camera_places(), start=1)]
        others = [
            self._quiet("kitchen-1", DeviceKind.KITCHEN_MONITOR, Family.KITCHEN, "明厨亮灶监测主机", "kitchen", *hardware.KITCHEN_MODEL),
            self._quiet("gate-1", DeviceKind.GATE, Family.GATE, "校门人行闸机", "gatehouse", *hardware.GATE_MODEL),
            self._quiet("projector-1", DeviceKind.PROJECTOR, Family.PROJECTOR, "报告厅投影机", "hall", *self._dice.choice(hardware.PROJECTOR_MODELS)),
            self._quiet("projector-2", DeviceKind.PROJECTOR, Family.PROJECTOR, "图书馆投影机", "library", *self._dice.choice(hardware.PROJECTOR_MODELS)),
            self._snmp("ups-1", DeviceKind.UPS, hardware.UPS, "机房不间断电源", "network-room"),
            self._snmp("printer-1", DeviceKind.PRINTER, hardware.PRINTER, "教师办公室打印机", "office", (Port(1, "eth0", "Ethernet", GIGABIT),)),
        ]  # fmt: skip
        if self._name.is_rural:
            others = [device for device in others if device.id != "projector-2"]
        return [*map(_Leaf, boards), *(_Leaf(p, p.ports[0].name) for p in points), *map(_Leaf, [*cameras, *others])]

    def _switches(self, leaves: list[_Leaf]) -> tuple[list[SimDevice], list[Cable], dict[str, tuple[str, str]]]:
        """As many switches as the end devices need; the last access ports lead to offices and the computer room."""
        socket_names = [leaf.device.id for leaf in leaves] + ["office", "computer-room"]
        count = -(-len(socket_names) // ACCESS_PORTS)
        switches, cables, wired = [], [], {}
        for number in range(1, count + 1):
            model = hardware.SWITCHES[self._vendor]
            mine = socket_names[number - 1 :: count]
            uplink_speed = 10 * GIGABIT if self._capacity > GIGABIT else GIGABIT
            ports = [make_port(model.family, i, GIGABIT, alias=name) for i, name in enumerate(mine, start=1)]
            ports.append(make_port(model.family, len(ports) + 1, GIGABIT, plugged=False))
            ports.append(make_port(model.family, 25, uplink_speed, alias="to gw-1"))
            names = {1: "教学楼交换机", 2: "综合楼交换机", 3: "食堂交换机"}
            switch = self._snmp(
                f"sw-{number}", DeviceKind.SWITCH, model, names.get(number, f"{number}号交换机"), "network-room", tuple(ports), ports[-1].name
            )  # fmt: skip
            switches.append(switch)
            for port, name in zip(ports, mine, strict=False):
                wired[name] = (switch.id, port.name)
                leaf = next((leaf for leaf in leaves if leaf.device.id == name and leaf.port), None)
                if leaf:
                    cables += _both_ways(switch, port.name, leaf.device, leaf.port)
        return switches, cables, wired

    def _gateway(self, switches: list[SimDevice]) -> tuple[SimDevice, list[Cable]]:
        model = hardware.OLD_GATEWAY if self._is_old else hardware.GATEWAYS[self._gateway_vendor]
        up_speed = 10 * GIGABIT if self._capacity > GIGABIT else GIGABIT
        uplink = make_port(model.family, 0 if model.family is Family.HUAWEI else 24, up_speed, alias="metro uplink")
        uplink = Port(24, uplink.name, uplink.description, uplink.speed_bps, uplink.alias)
        lan = [make_port(model.family, number, switch.port(switch.uplink).speed_bps, alias=f"to {switch.id}")
               for number, switch in enumerate(switches, start=1)]  # fmt: skip
        spare = make_port(model.family, len(lan) + 1, GIGABIT, plugged=False)
        gateway = self._snmp(
            "gw-1",
            DeviceKind.GATEWAY,
            model,
            "校园出口网关",
            "network-room",
            (*lan, spare, uplink),
            uplink.name,
            self._capacity,
        )
        cables = [
            cable
            for port, switch in zip(lan, switches, strict=True)
            for cable in _both_ways(gateway, port.name, switch, switch.uplink)
        ]
        return gateway, cables

    def _access_point_rooms(self) -> list[SimRoom]:
        return [self._classrooms[0], self._classrooms[-1], OTHER_ROOMS[1 if not self._name.is_rural else 2]]

    def _camera_places(self) -> tuple[tuple[str, str, str], ...]:
        return CAMERA_PLACES[: 3 if self._name.is_rural else 5]

    def _access_point(self, number: int, room: SimRoom) -> SimDevice:
        model = hardware.ACCESS_POINTS[self._vendor]
        ports = (make_port(model.family, 1, GIGABIT, alias="uplink"),)
        return self._snmp(
            f"ap-{number}", DeviceKind.ACCESS_POINT, model, f"{room.name_zh}无线接入点", room.id, ports, ports[0].name
        )

    def _board(self, room: SimRoom) -> SimDevice:
        vendor, model, firmware = self._dice.choice(hardware.BOARD_MODELS)
        name = room.id.removeprefix("r")
        return self._quiet(
            f"board-{name}", DeviceKind.BOARD, Family.BOARD, f"{room.name_zh}大屏", room.id, vendor, model, firmware
        )

    def _camera(self, number: int, place: str, name_zh: str, room: str) -> SimDevice:
        vendor, model, firmware = self._dice.choice(hardware.CAMERA_MODELS)
        return self._quiet(f"camera-{place}", DeviceKind.CAMERA, Family.CAMERA, name_zh, room, vendor, model, firmware)

    def _quiet(self, device: str, kind: DeviceKind, family: Family, name_zh: str, room: str, vendor: str, model: str, firmware: str) -> SimDevice:  # fmt: skip
        """A device that publishes instead of being polled."""
        return SimDevice(
            device, kind, family, name_zh, device, room, vendor, model,
            serial_number(self._seed, self._name.id, device, vendor[:2].upper()), firmware,
            mac_address(self._seed, self._name.id, device, family),
        )  # fmt: skip

    def _snmp(self, device: str, kind: DeviceKind, model: Model, name_zh: str, room: str, ports: tuple[Port, ...] = (),
              uplink: str = "", capacity: float = 0.0) -> SimDevice:  # fmt: skip
        firmware = self._dice.choice(model.firmware)
        return SimDevice(
            device, kind, model.family, name_zh, f"{self._name.id}-{device}", room, model.vendor, model.name,
            serial_number(self._seed, self._name.id, device, model.serial_prefix), firmware,
            mac_address(self._seed, self._name.id, device, model.family), model.sys_object_id, ports, uplink, capacity,
        )  # fmt: skip


def _both_ways(one: SimDevice, one_port: str, other: SimDevice, other_port: str) -> list[Cable]:
    return [
        Cable(one.id, one_port, other.id, other_port, other.system_name),
        Cable(other.id, other_port, one.id, one_port, one.system_name),
    ]
