"""Builds the district centre: the core that every school's fibre ends at, the backbone, two servers and a UPS."""

from dataclasses import replace

from campus.samples import DeviceKind
from simulator.district import hardware
from simulator.district.device import Cable, Family, Port, SimDevice, SimRoom
from simulator.district.hardware import GIGABIT, make_port
from simulator.district.maker import Maker, Place
from simulator.district.site import SimSite

CENTRE = "centre"
CORE = "core-1"
BACKBONE_BPS = 100 * GIGABIT
TEACHING, REGISTRATION, NAMES = "teaching-platform", "registration", "name-server"
"""The application services that run here."""
_FIRST_SERVER_PORT = 41
_ROOM = SimRoom("machine-room", "Machine room", "中心机房", 1)
_SERVERS = (("server-1", "教学平台服务器"), ("server-2", "视频存储服务器"))


def build_centre(seed: int, schools: list[SimSite]) -> tuple[SimSite, dict[str, str]]:
    """The centre, and for each school the name of the core's port that leads to it."""
    maker = Maker(seed, CENTRE)
    servers = [_server(maker, device, name_zh) for device, name_zh in _SERVERS]
    to_schools = [
        replace(
            make_port(Family.HUAWEI, number, school.gateway.port(school.gateway.uplink).speed_bps, alias=school.id),
            is_fibre=True,
        )
        for number, school in enumerate(schools, start=1)
    ]
    first = max(_FIRST_SERVER_PORT, len(to_schools) + 1)
    to_servers = [
        make_port(Family.HUAWEI, first + offset, 10 * GIGABIT, alias=server.id) for offset, server in enumerate(servers)
    ]
    backbone = Port(first + len(servers), "100GE0/0/1", "100GE0/0/1", BACKBONE_BPS, "backbone")
    core = maker.polled(
        CORE,
        DeviceKind.SWITCH,
        hardware.CORE,
        Place("核心交换机", _ROOM.id),
        (*to_schools, *to_servers, backbone),
    )
    ups = maker.polled("ups-1", DeviceKind.UPS, hardware.UPS, Place("中心机房不间断电源", _ROOM.id))
    site = SimSite(
        id=CENTRE,
        name_en="District Centre",
        name_zh="区教育信息中心",
        stage=None,
        pupils=0,
        rooms=(_ROOM,),
        devices=(replace(core, uplink_capacity_bps=float(BACKBONE_BPS)), *servers, ups),
        cables=tuple(_cables(schools, to_schools)),
        wired={server.id: (CORE, port.name) for server, port in zip(servers, to_servers, strict=True)},
    )
    return site, {school.id: port.name for school, port in zip(schools, to_schools, strict=True)}


def _server(maker: Maker, device: str, name_zh: str) -> SimDevice:
    port = Port(2, "eth0", "eth0", 10 * GIGABIT)
    return maker.polled(device, DeviceKind.SERVER, hardware.SERVER, Place(name_zh, _ROOM.id), (port,))


def _cables(schools: list[SimSite], ports: list[Port]) -> list[Cable]:
    return [
        Cable(CORE, port.name, f"{site.id}/{site.gateway.id}", site.gateway.uplink, site.gateway.system_name)
        for site, port in zip(schools, ports, strict=True)
    ]
