"""Builds the district centre: the core that every school's fibre ends at, the backbone, two servers and a UPS."""

from dataclasses import replace

from campus.samples import DeviceKind
from simulator.district import hardware
from simulator.district.device import Cable, Family, Port, SimDevice, SimRoom
from simulator.district.dice import dice
from simulator.district.hardware import GIGABIT, Model, make_port
from simulator.district.identity import mac_address, serial_number
from simulator.district.site import SimSite

CENTRE = "centre"
CORE = "core-1"
BACKBONE_BPS = 100 * GIGABIT
FIRST_SERVER_PORT = 41
_ROOM = SimRoom("machine-room", "Machine room", "中心机房", 1)


def build_centre(seed: int, schools: list[SimSite]) -> tuple[SimSite, dict[str, str]]:
    """The centre, and for each school the name of the core's port that leads to it."""
    school_ports = [
        make_port(Family.HUAWEI, number, site.gateway.port(site.gateway.uplink).speed_bps, alias=site.id)
        for number, site in enumerate(schools, start=1)
    ]
    servers = [_device(seed, f"server-{n}", DeviceKind.SERVER, hardware.SERVER, name, (Port(2, "eth0", "eth0", 10 * GIGABIT),))
               for n, name in ((1, "教学平台服务器"), (2, "视频存储服务器"))]  # fmt: skip
    first = max(FIRST_SERVER_PORT, len(school_ports) + 1)
    server_ports = [make_port(Family.HUAWEI, first + n, 10 * GIGABIT, alias=s.id) for n, s in enumerate(servers)]
    number = first + len(servers)
    backbone = Port(number, "100GE0/0/1", "100GE0/0/1", BACKBONE_BPS, "backbone")
    core = _device(
        seed,
        CORE,
        DeviceKind.SWITCH,
        hardware.CORE,
        "核心交换机",
        (*school_ports, *server_ports, backbone),
        backbone.name,
    )
    core = replace(core, uplink_capacity_bps=float(BACKBONE_BPS))
    ups = _device(seed, "ups-1", DeviceKind.UPS, hardware.UPS, "中心机房不间断电源")
    site = SimSite(
        id=CENTRE,
        name_en="District Centre",
        name_zh="区教育信息中心",
        stage=None,
        pupils=0,
        rooms=(_ROOM,),
        devices=(core, *servers, ups),
        cables=tuple(_cables(schools, school_ports)),
        wired={server.id: (CORE, port.name) for server, port in zip(servers, server_ports, strict=True)},
    )
    return site, {school.id: port.name for school, port in zip(schools, school_ports, strict=True)}


def _cables(schools: list[SimSite], ports: list[Port]) -> list[Cable]:
    return [
        Cable(CORE, port.name, f"{site.id}/{site.gateway.id}", site.gateway.uplink, site.gateway.system_name)
        for site, port in zip(schools, ports, strict=True)
    ]


def _device(seed: int, device: str, kind: DeviceKind, model: Model, name_zh: str, ports: tuple[Port, ...] = (), uplink: str = "") -> SimDevice:  # fmt: skip
    return SimDevice(
        device, kind, model.family, name_zh, f"{CENTRE}-{device}", _ROOM.id, model.vendor, model.name,
        serial_number(seed, CENTRE, device, model.serial_prefix), dice(seed, CENTRE, device).choice(model.firmware),
        mac_address(seed, CENTRE, device, model.family), model.sys_object_id, ports, uplink,
    )  # fmt: skip
