"""A small ready registry for the tests of every room: a centre and two schools, with devices and a timetable.

    registry = ready_registry(tmp_path)     # a real SQLite file, migrated and filled
    registry.service, registry.engine, registry.clock

Monday 2026-09-07 in Asia/Shanghai is `MONDAY`; lessons stand on Monday to Friday, Thursday 2026-09-10 is a holiday.
"""

import atexit
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from campus.ids import AgentId, DeviceId, SiteId
from campus.samples import DeviceFacts, DeviceKind, Neighbour, PortFacts
from campus.topics import Address
from controller.calendar.service import CalendarService
from controller.identity.scope import SYSTEM, Role, Scope
from controller.registry.database import create_engine, sqlite_url
from controller.registry.enrolment import Enrolment, LessonEntry, OrganisationEntry, RoomEntry, SiteEntry
from controller.registry.schema import migrate
from controller.registry.service import RegistryService

TIMEZONE = "Asia/Shanghai"
MONDAY = 1_788_710_400_000
"""2026-09-07 00:00 in Asia/Shanghai, as UTC milliseconds."""
NOW = MONDAY + 10 * 3_600_000
"""10:00 on that Monday."""
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

CENTRE = SiteId("centre")
NO_1 = SiteId("no-1-primary")
NO_2 = SiteId("no-2-primary")
SITES = (CENTRE, NO_1, NO_2)

GATEWAY = DeviceId("gw-1")
UPLINK = "GigabitEthernet0/0/1"
SWITCH = DeviceId("sw-1")
BOARD_101 = DeviceId("board-101")
BOARD_102 = DeviceId("board-102")
KITCHEN = DeviceId("kitchen-1")
CORE = DeviceId("core-1")

DISTRICT_SCOPE = Scope("operator", Role.OPERATOR)
NO_1_SCOPE = Scope("technician-1", Role.TECHNICIAN, frozenset({NO_1}))
NO_2_VIEWER = Scope("viewer-2", Role.VIEWER, frozenset({NO_2}))

PERIODS = ("08:00-08:40", "08:50-09:30", "09:50-10:30", "14:00-14:40")


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        """UTC milliseconds."""
        return self.now


@dataclass(frozen=True)
class ReadyRegistry:
    """A registry with the district in it."""

    engine: sa.Engine
    service: RegistryService
    calendar: CalendarService
    clock: FixedClock
    path: Path


def ready_registry(directory: Path) -> ReadyRegistry:
    """A registry of its own for one test, its file in `directory`."""
    path = directory / "registry.db"
    shutil.copyfile(_template(), path)
    engine = create_engine(sqlite_url(path))
    clock = FixedClock()
    service = RegistryService(engine, clock)
    service.start()
    return ReadyRegistry(engine, service, CalendarService(engine, service, TIMEZONE), clock, path)


def enrolment() -> Enrolment:
    """The district's enrolment: bureau above two towns, a school in each, the centre under the bureau."""
    return Enrolment(
        organisations=(
            OrganisationEntry("bureau", "East District", "东区"),
            OrganisationEntry("north-town", "North Town", "北镇", parent="bureau"),
            OrganisationEntry("south-town", "South Town", "南镇", parent="bureau"),
        ),
        sites=(
            SiteEntry("centre", "bureau", "District Centre", "区信息中心", agents=("centre",), centre=True),
            _school(NO_1, "north-town", "No. 1 Primary School", "第一小学"),
            _school(NO_2, "south-town", "No. 2 Primary School", "第二小学"),
        ),
        holidays=(date(2026, 9, 10),),
    )


def school_facts(site: SiteId) -> list[DeviceFacts]:
    """The devices of a school: gateway, switch, two boards, kitchen monitor, and the agent itself."""
    number = "1" if site == NO_1 else "2"
    return [
        DeviceFacts(
            GATEWAY,
            DeviceKind.GATEWAY,
            NOW,
            name=f"出口网关 {number}",
            room="r-net",
            vendor="Huawei",
            model="USG6000E",
            serial=f"SN-GW-{number}",
            address=f"10.{number}.0.1",
            uplinks=(UPLINK,),
            uplink_capacity_bps=1e9,
            ports=(
                PortFacts(UPLINK, "to metro", 6, f"00:e0:fc:00:0{number}:01"),
                PortFacts("GigabitEthernet0/0/2", "lan", 6),
            ),
            neighbours=(Neighbour("GigabitEthernet0/0/2", SWITCH, "GE0/0/24"),),
        ),
        DeviceFacts(
            SWITCH,
            DeviceKind.SWITCH,
            NOW,
            name=f"教学楼交换机 {number}",
            room="r-net",
            vendor="H3C",
            model="S5130",
            serial=f"SN-SW-{number}",
            address=f"10.{number}.0.2",
            ports=tuple(PortFacts(f"GE0/0/{port}", "", 6) for port in (1, 2, 24)),
            neighbours=(Neighbour("GE0/0/24", GATEWAY, "GigabitEthernet0/0/2"),),
        ),
        DeviceFacts(BOARD_101, DeviceKind.BOARD, NOW, name="一（1）班大屏", room="r101", serial=f"SN-B101-{number}"),
        DeviceFacts(BOARD_102, DeviceKind.BOARD, NOW, name="一（2）班大屏", room="r102", serial=f"SN-B102-{number}"),
        DeviceFacts(KITCHEN, DeviceKind.KITCHEN_MONITOR, NOW, name="食堂冷库", room="r-kitchen"),
        DeviceFacts(DeviceId(site), DeviceKind.AGENT, NOW, name=f"采集器 {number}"),
    ]


def centre_facts() -> list[DeviceFacts]:
    """The devices of the centre: its core switch, and the agent."""
    core = DeviceFacts(CORE, DeviceKind.SWITCH, NOW, name="核心交换机", serial="SN-CORE", address="10.0.0.1")
    return [core, DeviceFacts(DeviceId(CENTRE), DeviceKind.AGENT, NOW, name="中心采集器")]


def address_of(site: SiteId) -> Address:
    """The address of a site's one agent, which is named as the site."""
    return Address(site, AgentId(site))


def _school(site: SiteId, organisation: str, name_en: str, name_zh: str) -> SiteEntry:
    return SiteEntry(
        site,
        organisation,
        name_en,
        name_zh,
        agents=(site,),
        pupils=900,
        rooms=(
            RoomEntry("r-net", "Network Room", "网络机房", 1),
            RoomEntry("r-kitchen", "Kitchen", "食堂", 1),
            RoomEntry("r101", "Room 101", "一（1）班", 1),
            RoomEntry("r102", "Room 102", "一（2）班", 1),
        ),
        periods=PERIODS,
        timetable=tuple(
            LessonEntry(room, weekday, period, subject)
            for room, subject in (("r101", "maths"), ("r102", "chinese"))
            for weekday in range(5)
            for period in range(1, len(PERIODS) + 1)
        ),
    )


@cache
def _template() -> Path:
    """The filled database, made once for each test run and copied for each test."""
    folder = tempfile.mkdtemp(prefix="campanile-test-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "registry.db"
    engine = create_engine(sqlite_url(path))
    migrate(engine)
    service = RegistryService(engine, FixedClock())
    service.start()
    service.enrol(SYSTEM, enrolment())
    service.learn_facts(address_of(CENTRE), centre_facts(), NOW)
    for site in (NO_1, NO_2):
        service.learn_facts(address_of(site), school_facts(site), NOW)
    engine.dispose()
    return path
