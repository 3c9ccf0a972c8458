"""The end devices of a school, in the order of their places in the building, so that neighbours share a switch."""

from campus.samples import DeviceKind
from simulator.district import hardware
from simulator.district.device import Family, SimDevice, SimRoom
from simulator.district.hardware import GIGABIT, make_port
from simulator.district.maker import Maker, Place
from simulator.district.rooms import LABORATORY, OTHER_ROOMS

_CAMERAS = (
    ("gate", "校门摄像机", "gatehouse"),
    ("kitchen", "后厨摄像机", "kitchen"),
    ("playground", "操场摄像机", "playground"),
    ("canteen", "食堂摄像机", "canteen"),
    ("library", "图书馆摄像机", "library"),
)
_USUAL = 12
"""Classrooms of a usual school, at most."""
_HALL, _LIBRARY, _OFFICE = OTHER_ROOMS[:3]


def end_devices(maker: Maker, vendor: Family, classrooms: list[SimRoom], *, is_rural: bool) -> list[SimDevice]:
    """Everything but gateway and switches; a rural school has fewer cameras and projectors, a very large one more.

    Beyond a dozen classrooms every fourth has an access point, and every third a camera before its door.
    """
    boards = [_board(maker, room) for room in [*classrooms, LABORATORY]]
    covered = [classrooms[0], classrooms[-1], _OFFICE if is_rural else _LIBRARY]
    covered += classrooms[_USUAL::4]
    points = [_access_point(maker, vendor, number, room) for number, room in enumerate(covered, start=1)]
    cameras = [
        maker.labelled(f"camera-{place}", DeviceKind.CAMERA, Family.CAMERA, hardware.CAMERAS, Place(name_zh, room))
        for place, name_zh, room in _CAMERAS[: 3 if is_rural else 5]
    ]
    cameras += [
        maker.labelled(
            f"camera-{room.id}", DeviceKind.CAMERA, Family.CAMERA, hardware.CAMERAS, Place("走廊摄像机", room.id)
        )
        for room in classrooms[_USUAL::3]
    ]
    return [*boards, *points, *cameras, *_single_devices(maker, is_rural=is_rural)]


def recorded_cameras(maker: Maker) -> list[SimDevice]:
    """A recorder with its own ports and the cameras on them, which are asked themselves; they hang on no switch of the school."""
    stairs, gate = Place("楼梯间摄像机", "hall"), Place("走廊摄像机", "office")
    cameras = (("camera-stairs", Family.HIKVISION, stairs), ("camera-corridor", Family.DAHUA, gate))
    return [
        *(maker.labelled(id_, DeviceKind.CAMERA, kin, hardware.IP_CAMERAS[kin], place) for id_, kin, place in cameras),
        maker.labelled(
            "recorder-1", DeviceKind.RECORDER, Family.HIKVISION, hardware.RECORDERS, Place("网络录像机", "network-room")
        ),
    ]


def _single_devices(maker: Maker, *, is_rural: bool) -> list[SimDevice]:
    kitchen = Place("明厨亮灶监测主机", "kitchen")
    projectors = [
        ("projector-1", Family.PROJECTOR, Place("报告厅投影机", _HALL.id)),
        ("projector-2", Family.PJLINK, Place("图书馆投影机", _LIBRARY.id)),
    ]
    return [
        maker.labelled("kitchen-1", DeviceKind.KITCHEN_MONITOR, Family.KITCHEN, hardware.KITCHEN_MONITORS, kitchen),
        maker.labelled("gate-1", DeviceKind.GATE, Family.GATE, hardware.GATES, Place("校门人行闸机", "gatehouse")),
        *(
            maker.labelled(device, DeviceKind.PROJECTOR, family, hardware.PROJECTORS, place)
            for device, family, place in projectors[: 1 if is_rural else 2]
        ),
        maker.polled("ups-1", DeviceKind.UPS, hardware.UPS, Place("机房不间断电源", "network-room")),
        maker.polled("printer-1", DeviceKind.PRINTER, hardware.PRINTER, Place("教师办公室打印机", _OFFICE.id)),
    ]


def _board(maker: Maker, room: SimRoom) -> SimDevice:
    device = f"board-{room.id.removeprefix('r')}"
    return maker.labelled(
        device, DeviceKind.BOARD, Family.BOARD, hardware.BOARDS, Place(f"{room.name_zh}大屏", room.id)
    )


def _access_point(maker: Maker, vendor: Family, number: int, room: SimRoom) -> SimDevice:
    ports = (make_port(vendor, 1, GIGABIT, alias="uplink"),)
    place = Place(f"{room.name_zh}无线接入点", room.id)
    return maker.polled(f"ap-{number}", DeviceKind.ACCESS_POINT, hardware.ACCESS_POINTS[vendor], place, ports)
