"""A district with a past, for tests of what people see: schools with every kind of device, days of history, faults today.

    controller = lively_district(directory)     # a real controller over real stores, started but for ingest
    try: ...
    finally: close(controller)

Now is `NOW`, a Wednesday at 10:15 in Asia/Shanghai, and stands still. In the first school a freezer is warm and a printer
runs out of toner, in the second the UPS runs on battery, the last one is cut off.
"""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import yaml
from numpy.typing import NDArray

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.newcomers import Confidence, Evidence, Newcomer, encode_newcomers
from campus.samples import DeviceFacts, DeviceKind, Document, DocumentKind, Neighbour, PortFacts
from campus.topics import Address
from controller.alerts.rulebook import shipped_rules
from controller.config import AlertSettings, ControllerConfig, DistrictSettings
from controller.identity.scope import SYSTEM
from controller.ingest.port import Committed
from controller.main import Controller
from controller.registry.enrolment import Enrolment, LessonEntry, OrganisationEntry, RoomEntry, SiteEntry
from controller.store.port import Batch, DistrictSeries, FrameMark
from tests.support.district import FixedClock

NOW = 1_789_524_900_000
"""2026-09-16 10:15 in Asia/Shanghai, as UTC milliseconds."""
MINUTE_MS = 60_000
DAY_MS = 86_400_000
HISTORY_STEP_MS = 5 * MINUTE_MS
LIVE_MS = 15 * MINUTE_MS
LIVE_STEP_MS = 15_000
UPLINK = "GigabitEthernet0/0/1"
NAMES = [
    ("no-1-primary", "No. 1 Primary School", "第一小学"),
    ("no-2-primary", "No. 2 Primary School", "第二小学"),
    ("no-3-primary", "No. 3 Primary School", "第三小学"),
    ("no-1-middle", "No. 1 Middle School", "第一初级中学"),
    ("no-2-middle", "No. 2 Middle School", "第二初级中学"),
    ("high-school", "Experimental High School", "实验高级中学"),
    ("riverside", "Riverside Nine-year School", "滨江九年一贯制学校"),
    ("hill-village", "Hill Village Primary School", "山村小学"),
]
PERIODS = ("08:00-08:40", "08:50-09:30", "09:50-10:30", "10:40-11:20", "14:00-14:40", "14:50-15:30")
Times = NDArray[np.int64]
Values = NDArray[np.float64]
Shape = Callable[[Times], Values]


class Line(NamedTuple):
    """One series and how it goes."""

    name: DistrictSeries
    shape: Shape
    is_live: bool = True


def lively_district(directory: Path, schools: int = 3, days: int = 2) -> Controller:
    """A controller with `schools` schools and `days` days of history."""
    clock = FixedClock(NOW - LIVE_MS)
    config = ControllerConfig(
        data_dir=str(directory),
        district=DistrictSettings("Asia/Shanghai", "East District", "东区"),
        alerts=AlertSettings(rules_dir=str(_sooner(directory / "rules"))),
    )
    controller = Controller(config, clock)
    controller.open_registry()
    controller.store.start()
    names = NAMES[:schools]
    controller.registry.enrol(SYSTEM, _enrolment(names))
    lines = _centre(controller, names)
    for place, (site, _, _) in enumerate(names):
        controller.registry.learn_facts(_address(site), _facts(site, clock.now), clock.now - days * DAY_MS)
        controller.newcomers.keep_document(_address(site), _newcomers(site, clock.now), clock.now)
        lines += _lines(SiteId(site), place, is_cut_off=place == len(names) - 1 and place > 0)
    _history(controller, lines, NOW - LIVE_MS - days * DAY_MS)
    controller.alert_engine.restore()
    _live(controller, clock, lines)
    return controller


def _sooner(directory: Path) -> Path:
    """Rules that find a warm freezer within what is live, instead of after an hour."""
    directory.mkdir()
    rule = shipped_rules().rule("freezer-warm")
    assert rule is not None
    condition = msgspec.structs.replace(rule.condition, hold_s=600.0)
    text = yaml.safe_dump(msgspec.to_builtins([msgspec.structs.replace(rule, condition=condition)]), allow_unicode=True)
    (directory / "sooner.yaml").write_text(text, encoding="utf-8")
    return directory


def close(controller: Controller) -> None:
    """Let go of files."""
    controller.store.close()
    controller.close_registry()


def _address(site: str) -> Address:
    return Address(SiteId(site), AgentId(site))


def _enrolment(names: list[tuple[str, str, str]]) -> Enrolment:
    rooms = (
        RoomEntry("r-net", "Network room", "网络机房", 1),
        RoomEntry("r-kitchen", "Kitchen", "食堂", 1),
        RoomEntry("r-gate", "Main gate", "校门", 1),
        *(
            RoomEntry(f"r{f}0{n}", f"Room {f}0{n}", f"{'一二三'[f - 1]}（{n}）班", f)
            for f in (1, 2, 3)
            for n in (1, 2, 3)
        ),
    )
    timetable = tuple(
        LessonEntry(room.id, weekday, period, "maths")
        for room in rooms[3:]
        for weekday in range(5)
        for period in range(1, len(PERIODS) + 1)
    )
    schools = tuple(
        SiteEntry(
            site, "district", english, chinese, (site,), pupils=900, rooms=rooms, periods=PERIODS, timetable=timetable
        )
        for site, english, chinese in names
    )
    centre = SiteEntry("centre", "district", "District Centre", "区信息中心", ("centre",), centre=True)
    return Enrolment((OrganisationEntry("district", "East District", "东区"),), (centre, *schools))


def _newcomers(site: str, now: int) -> Document:
    """A switch that was recognised, and a publisher that nobody understands."""
    switch = Newcomer(
        key="serial 219801A0",
        kind=DeviceKind.SWITCH,
        confidence=Confidence.CERTAIN,
        name="sw-9",
        vendor="H3C",
        model="S5130",
        serial="219801A0",
        address="10.1.0.9",
        place_device="sw-1",
        place_port="GE0/0/4",
        evidence=(Evidence("snmp", "H3C Comware Platform Software"),),
        section="devices",
        entry="# H3C S5130, on sw-1 GE0/0/4\n- {id: sw-9, address: 10.1.0.9, credential: read}",
    )
    publisher = Newcomer(key="topic acme/7/air", sample='{"t": 21.5}', evidence=(Evidence("mqtt", "acme/7/air"),))
    return Document(DeviceId(site), DocumentKind.NEWCOMERS, now, encode_newcomers((switch, publisher)))


def _facts(site: str, now: int) -> list[DeviceFacts]:
    def fact(device: str, kind: DeviceKind, name: str, room: str, **more: object) -> DeviceFacts:
        return DeviceFacts(DeviceId(device), kind, now, name=name, room=room, **more)  # type: ignore[arg-type]

    ports = tuple(PortFacts(f"GE0/0/{number}", "", 6) for number in range(1, 13))
    return [
        fact(
            "gw-1",
            DeviceKind.GATEWAY,
            "出口网关",
            "r-net",
            vendor="Huawei",
            model="USG6000E",
            serial=f"SN-{site}-GW",
            firmware="V600R021C10",
            address="10.1.0.1",
            uplinks=(UPLINK,),
            uplink_capacity_bps=1e9,
            ports=(PortFacts(UPLINK, "to metro network", 6), PortFacts("GigabitEthernet0/0/2", "lan", 6)),
            neighbours=(Neighbour("GigabitEthernet0/0/2", "sw-1", "GE0/0/12"),),
        ),
        fact(
            "sw-1",
            DeviceKind.SWITCH,
            "教学楼一层交换机",
            "r-net",
            vendor="H3C",
            model="S5130S-28P",
            serial=f"SN-{site}-SW1",
            address="10.1.0.2",
            ports=ports,
            neighbours=(Neighbour("GE0/0/12", "gw-1", "GigabitEthernet0/0/2"), Neighbour("GE0/0/1", "ap-1", "eth0")),
        ),
        fact(
            "ap-1", DeviceKind.ACCESS_POINT, "一层 AP", "r101", vendor="Ruijie", model="RG-AP820", address="10.1.0.11"
        ),
        fact("ups-1", DeviceKind.UPS, "机房 UPS", "r-net", vendor="SANTAK", model="C3K"),
        fact("printer-1", DeviceKind.PRINTER, "文印室打印机", "r103", vendor="HP", model="LaserJet M404"),
        fact("kitchen-1", DeviceKind.KITCHEN_MONITOR, "食堂冷链", "r-kitchen"),
        fact("cam-1", DeviceKind.CAMERA, "校门摄像机", "r-gate", vendor="Hikvision"),
        fact("gate-1", DeviceKind.GATE, "人行闸机", "r-gate"),
        fact("projector-1", DeviceKind.PROJECTOR, "多功能厅投影机", "r303"),
        *(
            fact(
                f"board-{f}0{n}",
                DeviceKind.BOARD,
                f"{'一二三'[f - 1]}（{n}）班大屏",
                f"r{f}0{n}",
                vendor="Seewo",
                model="MC08",
            )
            for f in (1, 2, 3)
            for n in (1, 2)
        ),
        fact(site, DeviceKind.AGENT, "采集器", "r-net"),
    ]


def _day(at: Times) -> Values:
    """How busy the school is, 0 to 1, by local time."""
    hour = (at / 3_600_000 + 8) % 24
    weekday = ((at // DAY_MS) + 3) % 7
    busy = np.exp(-(((hour - 10) / 2.2) ** 2)) + 0.8 * np.exp(-(((hour - 15) / 1.8) ** 2))
    return np.asarray(np.clip(busy, 0.02, 1) * np.where(weekday < 5, 1, 0.08))


def _noise(name: str, at: Times) -> Values:
    return np.random.default_rng(zlib.crc32(name.encode()) + int(at[0] // 1000)).random(len(at))


def _lines(site: SiteId, place: int, *, is_cut_off: bool) -> list[Line]:
    def line(device: str, metric: str, shape: Shape, instance: str = "") -> Line:
        name = DistrictSeries(site, DeviceId(device), MetricId(metric), Instance(instance))
        return Line(name, shape, not is_cut_off)

    def flat(value: float) -> Shape:
        return lambda at: np.full(len(at), value)

    def around(base: float, swing: float, key: str) -> Shape:
        return lambda at: base + swing * (_noise(f"{site}{key}", at) - 0.5)

    def traffic(peak: float, key: str) -> Shape:
        return lambda at: peak * _day(at) * (0.75 + 0.25 * _noise(f"{site}{key}", at))

    def from_now(before: Shape, after: float) -> Shape:
        return lambda at: np.where(at >= NOW - LIVE_MS, after, before(at))

    load = 0.3 + 0.5 * (place % 4) / 3
    warm = from_now(around(-18, 2, "fz"), -8.4) if place == 0 else around(-18, 2, "fz")
    source = from_now(flat(3), 5) if place == 1 else flat(3)
    charge = from_now(flat(100), 62) if place == 1 else flat(100)
    lines = [
        line("gw-1", "if_in_bps", traffic(1e9 * load, "in"), UPLINK),
        line("gw-1", "if_out_bps", traffic(2.4e8 * load, "out"), UPLINK),
        line("gw-1", "if_speed_bps", flat(1e9), UPLINK),
        line("gw-1", "if_oper_state", flat(1), UPLINK),
        line("gw-1", "cpu_percent", lambda at: 12 + 40 * _day(at)),
        line("gw-1", "memory_percent", around(46, 3, "mem")),
        line("gw-1", "sessions", lambda at: np.round(400 + 9_000 * _day(at))),
        line("gw-1", "uptime_s", flat(3_456_789)),
        line("sw-1", "cpu_percent", around(9, 4, "sw")),
        line("sw-1", "memory_percent", around(38, 2, "swm")),
        line("sw-1", "temperature_cel", around(41, 3, "swt")),
        line("ap-1", "wireless_clients", lambda at: np.round(42 * _day(at))),
        line("ap-1", "channel_use_percent", lambda at: 5 + 45 * _day(at)),
        line("ups-1", "ups_source_state", source),
        line("ups-1", "battery_percent", charge),
        line("ups-1", "battery_runtime_s", flat(2_400)),
        line("ups-1", "load_percent", around(34, 4, "ups")),
        line("ups-1", "input_voltage_v", around(224, 6, "volt")),
        line("printer-1", "supply_percent", flat(4.0 if place == 0 else 64.0), "black"),
        line("printer-1", "printer_state", flat(3)),
        line("kitchen-1", "temperature_cel", warm, "freezer-1"),
        line("kitchen-1", "temperature_cel", around(4, 2, "cold"), "cold-store-1"),
        line("kitchen-1", "door_state", flat(0), "freezer-1"),
        line("kitchen-1", "gas_percent_lel", flat(0.4)),
        line("kitchen-1", "smoke_state", flat(0)),
        line("cam-1", "stream_state", flat(2)),
        line("cam-1", "bitrate_bps", around(4e6, 6e5, "cam")),
        line("gate-1", "gate_state", flat(0)),
        line("gate-1", "passages_per_min", lambda at: 9 * _day(at)),
        line("projector-1", "power_state", flat(0)),
        line("projector-1", "lamp_h", flat(812)),
        line(site, "agent_spool_bytes", flat(0)),
        line(site, "agent_memory_bytes", flat(44_000_000)),
    ]
    for number in range(1, 13):
        port = f"GE0/0/{number}"
        lines += [
            line("sw-1", "if_oper_state", flat(1 if number in (1, 2, 3, 12) else 2), port),
            line("sw-1", "if_in_bps", traffic(8e6 * number if number in (1, 2, 3, 12) else 0, port), port),
            line("sw-1", "if_out_bps", traffic(2e7 * number if number in (1, 2, 3, 12) else 0, port + "o"), port),
        ]
    for number, board in enumerate(f"board-{f}0{n}" for f in (1, 2, 3) for n in (1, 2)):
        lines += _board(line, f"{site}{board}", board, 0.0 if number == 5 else 0.95 - 0.15 * number)
    polled = ("gw-1", "sw-1", "ap-1", "ups-1", "printer-1", "cam-1", "projector-1")
    return lines + [line(device, "reachable", flat(1)) for device in polled]


def _board(line: Callable[..., Line], key: str, board: str, habit: float) -> list[Line]:
    """On and touched in the share `habit` of the busy hours."""

    def is_used(at: Times) -> NDArray[np.bool_]:
        return np.asarray((_day(at) > 0.35) & (_noise(key, at) < habit))

    return [
        line(board, "power_state", lambda at: np.where(is_used(at), 2.0, 0.0)),
        line(board, "input_state", lambda at: np.where(is_used(at), 1.0, 0.0)),
        line(board, "touch_per_min", lambda at: np.where(is_used(at), 6.0, 0.0)),
    ]


def _centre(controller: Controller, names: list[tuple[str, str, str]]) -> list[Line]:
    ports = tuple(PortFacts(f"10GE1/0/{number}", english, 6) for number, (_, english, _) in enumerate(names, 1))
    core = DeviceFacts(
        DeviceId("core-1"), DeviceKind.SWITCH, NOW, name="核心交换机", vendor="Huawei", model="CE6881", ports=ports
    )
    agent = DeviceFacts(DeviceId("centre"), DeviceKind.AGENT, NOW, name="中心采集器")
    controller.registry.learn_facts(_address("centre"), [core, agent], NOW - 30 * DAY_MS)

    def line(device: str, metric: str, value: float) -> Line:
        name = DistrictSeries(SiteId("centre"), DeviceId(device), MetricId(metric), Instance(""))
        return Line(name, lambda at: np.full(len(at), value))

    return [line("core-1", "cpu_percent", 17), line("core-1", "reachable", 1), line("centre", "agent_spool_bytes", 0)]


def _history(controller: Controller, lines: list[Line], start: int) -> None:
    at = np.arange(start, NOW - LIVE_MS, HISTORY_STEP_MS, dtype=np.int64)
    ids = controller.store.series_ids([line.name for line in lines])
    controller.store.append(
        Batch(
            marks=[_mark(0)],
            series=np.repeat(ids, len(at)),
            measured_at=np.tile(at, len(ids)),
            value=np.concatenate([line.shape(at) for line in lines]).astype(np.float64),
        )
    )
    controller.store.maintain(NOW - LIVE_MS)


def _live(controller: Controller, clock: FixedClock, lines: list[Line]) -> None:
    """The last minutes as they come, judged as they come."""
    speaking = [line for line in lines if line.is_live]
    ids = controller.store.series_ids([line.name for line in speaking])
    at = np.arange(NOW - LIVE_MS, NOW + 1, LIVE_STEP_MS, dtype=np.int64)
    table = np.stack([line.shape(at) for line in speaking]).astype(np.float64)
    sites = {line.name.site for line in speaking}
    for site in {line.name.site for line in lines}:
        controller.registry.note_agent(
            _address(site), online=site in sites, version="0.1.0", last_frame_at=NOW - LIVE_MS
        )
    for column, moment in enumerate(at.tolist()):
        clock.now = moment
        stamps = np.full(len(ids), moment, dtype=np.int64)
        controller.store.append(Batch([_mark(column + 1)], ids, stamps, table[:, column]))
        controller.alert_engine.judge(Committed(ids, stamps, table[:, column], moment))
        controller.alert_engine.tick(moment)
    for site in sites:
        controller.registry.note_agent(_address(site), last_frame_at=NOW)
    controller.store.maintain(NOW)


def _mark(number: int) -> FrameMark:
    return FrameMark(SiteId("centre"), AgentId("centre"), 1, number)
