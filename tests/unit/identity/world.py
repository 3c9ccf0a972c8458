"""Whole districts of any shape, with devices, numbers and alerts, behind every service: for tests of tenancy."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as dataclass_replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import sqlalchemy as sa
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlmodel import select

from campus.configuration import ConfigurationText, encode_configuration
from campus.errors import CampusError
from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.newcomers import Newcomer, Newcomers
from campus.samples import DeviceKind, Document, DocumentKind, Event
from campus.topics import Address
from controller.alerts.causes.service import CauseService
from controller.alerts.engine import AlertEngine
from controller.alerts.rulebook import shipped_rules
from controller.alerts.service import AlertService
from controller.alerts.tables import AlertRow, FlappingRow, SilencedRow
from controller.applications.service import ApplicationService
from controller.calendar.model import DayKind, Hours, Mark, Period
from controller.calendar.service import CalendarService
from controller.calendar.sheet import Sheet
from controller.capacity.service import CapacityService
from controller.configurations.model import ChangeWindows
from controller.configurations.service import ConfigurationService
from controller.happenings.model import MEASUREMENTS
from controller.happenings.service import HappeningService
from controller.identity.scope import SYSTEM, Scope
from controller.influxql.service import QueryService
from controller.newcomers.service import NewcomersService
from controller.overview.service import OverviewService
from controller.readiness.model import ReadinessSettings
from controller.readiness.service import ReadinessService
from controller.registry.database import create_engine, sqlite_url, writing
from controller.registry.enrolment import Enrolment, OrganisationEntry, SiteEntry
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.rulings.archive import Archive
from controller.rulings.docket import Docket
from controller.rulings.model import Adjustment, Place
from controller.rulings.service import RulingService
from controller.rulings.sheet import Sheet as RuleSheet
from controller.silences.model import Draft, Kind, Selector
from controller.silences.rows import columns_of
from controller.silences.service import SilenceService
from controller.silences.tables import SilenceRow
from controller.store.port import Batch, DistrictSeries, FrameMark
from controller.telemetry.service import TelemetryService
from controller.telling.model import ChannelSettings, Person, Reach, Register, WeCom
from controller.telling.service import TellingService
from controller.topology.service import TopologyService
from controller.utilisation.service import UtilisationService
from tests.fakes.fixed_register import FixedRegister
from tests.fakes.memory_store import MemoryStore
from tests.fakes.reception import StaticReception
from tests.support.district import (
    BOARD_101,
    DAY_MS,
    GATEWAY,
    MONDAY,
    NOW,
    TIMEZONE,
    UPLINK,
    FixedClock,
    address_of,
    school_facts,
)
from tests.support.district import enrolment as usual_enrolment
from tests.unit.identity import work

MINUTE_MS = 60_000
TUESDAY = date(2026, 9, 8)
RULE = "gas-leak"
TIGHTER, LOOSER = Adjustment(level=5.0), Adjustment(is_off=True)
OWN_RULE = replace(shipped_rules().rules()[0], id="own", is_cause=False)
MEASURED = (
    (GATEWAY, MetricId("if_in_bps"), Instance(UPLINK)),
    (GATEWAY, MetricId("if_out_bps"), Instance(UPLINK)),
    (BOARD_101, MetricId("power_state"), Instance("")),
    (BOARD_101, MetricId("reachable"), Instance("")),
    (GATEWAY, MetricId("service_state"), Instance("portal")),
    (GATEWAY, MetricId("service_response_ms"), Instance("portal")),
)

QUERIES = (
    'SELECT mean(value), count(value) FROM if_in_bps, power_state GROUP BY time(1d), *; SELECT * FROM "1h"./.*/',
    "SELECT sum(x) FROM (SELECT last(value) AS x FROM /in|out/ GROUP BY site, room) GROUP BY room",
    "SELECT top(value, site, 3) FROM if_in_bps; SELECT value FROM if_in_bps ORDER BY time DESC LIMIT 2 SLIMIT 1",
    "SHOW MEASUREMENTS; SHOW TAG KEYS; SHOW TAG VALUES WITH KEY =~ /.*/; SHOW FIELD KEYS; SHOW SERIES CARDINALITY",
    "SELECT * FROM campanile_alert; SELECT count(title_en) FROM campanile_maintenance GROUP BY site",
    "SHOW SERIES EXACT CARDINALITY; SHOW MEASUREMENT CARDINALITY; SHOW TAG VALUES EXACT CARDINALITY WITH KEY = site",
)
QUERIES_OF_A_SITE = (
    "SELECT last(value) FROM if_in_bps WHERE site = '{site}' OR device =~ /{site}/",
    "SHOW MEASUREMENTS WHERE site != '{site}'; SHOW TAG VALUES FROM power_state WITH KEY = device WHERE site = '{site}'",
)


@dataclass(frozen=True)
class Shape:
    """A tree: parent of each organisation by number (the first is the root), home of each site, open alerts of each."""

    parents: tuple[int, ...]
    homes: tuple[int, ...]
    alerts: tuple[int, ...]

    def organisations(self) -> tuple[OrganisationEntry, ...]:
        """``org-0`` is the root."""
        return tuple(
            OrganisationEntry(f"org-{number}", f"Org {number}", f"组织{number}", f"org-{parent}" if number else "")
            for number, parent in enumerate(self.parents)
        )

    def sites(self) -> tuple[SiteEntry, ...]:
        """``site-0`` and so on, each as large as the usual school."""
        school = usual_enrolment().sites[1]
        return tuple(
            replace(school, id=f"site-{n}", organisation=f"org-{home}", name_en=f"S{n}", agents=(f"site-{n}",))
            for n, home in enumerate(self.homes)
        )


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Up to five organisations, one to four sites."""
    parents = tuple(draw(st.integers(0, max(number - 1, 0))) for number in range(draw(st.integers(1, 5))))
    homes = tuple(draw(st.lists(st.integers(0, len(parents) - 1), min_size=1, max_size=4)))
    return Shape(parents, homes, tuple(draw(st.integers(0, 2)) for _ in homes))


class World:
    """Every service over a registry and a store that hold `sites` of a shape and nothing else."""

    def __init__(self, engine: sa.Engine, shape: Shape, sites: Sequence[SiteEntry]) -> None:
        clock = FixedClock()
        store = MemoryStore()
        self.registry = RegistryService(engine, clock)
        self.registry.start()
        calendar = CalendarService(engine, self.registry, TIMEZONE)
        self.registry.enrol(SYSTEM, Enrolment(shape.organisations(), tuple(sites)))
        for site in sites:
            _live(self.registry, store, engine, SiteId(site.id), shape.alerts[_number(site.id)])
        alerts = AlertService(engine, self.registry, clock)
        newcomers = NewcomersService(engine, self.registry, clock)
        for site in sites:
            newcomers.keep_document(address_of(SiteId(site.id)), _stranger(SiteId(site.id)), NOW)
        configurations = ConfigurationService(engine, _Unheard(), ChangeWindows((), ZoneInfo(TIMEZONE)), clock)
        for site in sites:
            for at in (MONDAY, NOW):
                configurations.keep_document(address_of(SiteId(site.id)), _configuration(site.id, at), at)
        telemetry = TelemetryService(store, self.registry)
        overview = OverviewService(telemetry, self.registry, alerts, clock, StaticReception())
        topology = TopologyService(engine, self.registry, clock)
        causes = CauseService(alerts, self.registry, topology, calendar, clock)
        silences = _silences(engine, alerts, self.registry, calendar, clock, sites)
        happenings = HappeningService(alerts, causes, silences, self.registry, clock)
        judging = AlertEngine(store, self.registry, engine, clock)
        self.services: tuple[object, ...] = (
            self.registry,
            alerts,
            telemetry,
            overview,
            CapacityService(store, self.registry, TIMEZONE, clock),
            QueryService(store, self.registry, happenings, clock),
            UtilisationService(store, self.registry, calendar, TIMEZONE, clock),
            ApplicationService(store, self.registry, judging, clock),
            newcomers,
            topology,
            causes,
            ReadinessService(
                self.registry,
                calendar,
                overview,
                telemetry,
                topology,
                alerts,
                judging,
                clock,
                ZoneInfo(TIMEZONE),
                ReadinessSettings(),
            ),
            configurations,
            *work.work_services(
                engine, alerts, self.registry, telemetry, calendar, judging, clock, [site.id for site in sites]
            ),
            calendar,
            silences,
            happenings,
            _rulings(engine, self.registry, clock, sites),
            _telling(engine, alerts, self.registry, calendar, clock, sites),
        )


@contextmanager
def world(folder: Path, name: str, shape: Shape, sites: Sequence[SiteEntry]) -> Iterator[World]:
    """A world in a database of its own."""
    path = folder / f"{name}.db"
    path.unlink(missing_ok=True)
    engine = create_engine(sqlite_url(path))
    migrate(engine)
    try:
        yield World(engine, shape, sites)
    finally:
        engine.dispose()
        path.unlink()


Question = tuple[int, str, tuple[tuple[str, Any], ...]]
"""Which service, which method, with which arguments beside the scope."""


UNASKED = ("enrol", "silence", *work.UNASKED)
"""What one is enrolled by, and what answers with a number counted over all."""


def questions(services: Sequence[object], sites: Sequence[SiteId]) -> list[Question]:
    """Every public method that takes a scope, with every sensible choice of its other arguments.

    An argument with a name unknown here is a `KeyError`: a new one must be taught below, or it would go untested.
    """
    found: list[Question] = []
    for number, service in enumerate(services):
        for name, method in inspect.getmembers(service, inspect.ismethod):
            parameters = list(inspect.signature(method).parameters.values())
            if name.startswith("_") or not parameters or parameters[0].name != "scope" or name in UNASKED:
                continue
            choices = [_choices(parameter, sites) for parameter in parameters[1:]]
            names = [parameter.name for parameter in parameters[1:]]
            found += [(number, name, tuple(zip(names, chosen, strict=True))) for chosen in product(*choices)]
    return found


def answer(services: Sequence[object], scope: Scope, question: Question) -> str:
    """What a method answers or raises, as text that two worlds can be compared by."""
    number, name, arguments = question
    try:
        return repr(getattr(services[number], name)(scope, **dict(arguments)))
    except CampusError as error:
        return f"{type(error).__name__}: {error}"


def _choices(parameter: inspect.Parameter, sites: Sequence[SiteId]) -> list[Any]:
    known: dict[str, list[Any]] = {
        "site": list(sites),
        "sites": [tuple(sites)],
        "kinds": [()],
        "device": [BOARD_101, GATEWAY],
        "kind": [DeviceKind.BOARD],
        "room": ["r101"],
        "service": ["portal", "nothing"],
        "start": [MONDAY - DAY_MS],
        "end": [NOW],
        "text": ["s", "site-1", "10.2.0.1"],
        "limit": [200],
        "keys": [[(site, device) for site in sites for device in (BOARD_101, GATEWAY)]],
        "metric": [MetricId("if_in_bps")],
        "measurement": list(MEASUREMENTS),
        "ends": [(MONDAY + DAY_MS, NOW + DAY_MS)],
        "length_ms": [DAY_MS],
        "instances": [()],
        "max_points": [600],
        "influxql": [*QUERIES, *(query.format(site=site) for query in QUERIES_OF_A_SITE for site in sites)],
        "database": ["campus"],
        "alert_id": [_alert_id(number, alert) for number in range(len(sites)) for alert in range(2)],
        "alert_ids": [tuple(_alert_id(number, alert) for number in range(len(sites)) for alert in range(2))],
        "state": [],
        "key": [f"serial SN-{number}" for number in range(len(sites))],
        "severity": [],
        "since": [0, NOW],
        "weeks": [2],
        "silence_id": [_alert_id(number, 0) for number in range(len(sites))],
        "silences": [tuple(_alert_id(number, 0) for number in range(len(sites)))],
        "draft": [_draft(site) for site in sites],
        "until": [NOW + MINUTE_MS],
        "now": [NOW],
        "person": [f"person-site-{number}" for number in range(len(sites))],
        "taken_at": [MONDAY],
        "at": [MONDAY],
        "hours": [Hours.SCHOOL],
        "marks": [(Mark(TUESDAY, DayKind.EXAM),)],
        "day": [TUESDAY],
        "first_day": [TUESDAY],
        "name": ["meals.csv"],
        "content": [b"what,from,to\nmeal,11:30,12:30\n"],
        "year": [2026],
        "told": [Sheet(meals=(Period(690, 750),))],
        "before": [MONDAY],
        "after": [NOW],
        "context": [3],
        "place": [*(Place.school(site) for site in sites[:2]), Place.organisation("org-0")],
        "rule_id": [RULE, f"{OWN_RULE.id}@site-1"],
        "rule": [OWN_RULE],
        "wanted": [TIGHTER],
        "reason": ["because"],
        "sheet": [RuleSheet({RULE: TIGHTER}, (OWN_RULE,))],
        **work.work_choices(sites),
        "names": [[DistrictSeries(site, BOARD_101, MetricId("power_state"), Instance("")) for site in sites]],
    }
    optional = [None] if parameter.default is None else []
    return optional + known[parameter.name]


class _Unheard:
    """An `EventSink` nobody listens to."""

    def note_events(self, _address: Address, _mark: FrameMark, _events: Sequence[Event]) -> None:
        return


def _configuration(site: str, at: int) -> Document:
    content = encode_configuration(ConfigurationText(f"sysname {site}\nat {at}"))
    return Document(GATEWAY, DocumentKind.CONFIGURATION, at, content)


def _live(registry: RegistryService, store: MemoryStore, engine: sa.Engine, site: SiteId, alerts: int) -> None:
    facts = [
        replace(each, device=DeviceId(site) if each.kind is DeviceKind.AGENT else each.device)
        for each in school_facts(site)
    ]
    old = [each for each in facts if each.device != BOARD_101]
    registry.learn_facts(address_of(site), old, MONDAY)
    registry.learn_facts(address_of(site), [each for each in facts if each not in old], NOW)  # a new board
    registry.note_agent(address_of(site), online=True, last_frame_at=NOW)
    ids = store.series_ids([DistrictSeries(site, *part) for part in MEASURED])
    at = np.arange(MONDAY, NOW, 5 * MINUTE_MS, dtype=np.int64)
    value = np.tile(np.array([1e8, 2e8, 1.0, 1.0, 1.0, 20.0]) + _number(site), len(at))
    mark = FrameMark(site, address_of(site).agent, 1, 1)
    store.append(Batch([mark], np.tile(ids, len(at)), np.repeat(at, len(ids)), value))
    with writing(engine) as session:
        session.add_all(_alert(site, alert) for alert in range(alerts))
        if alerts:
            hidden = _alert(site, 0)
            hidden.id, hidden.instance, hidden.cause = _alert_id(_number(site), 5), "hidden", hidden.id or 0
            session.add(hidden)


def _silences(
    engine: sa.Engine,
    alerts: AlertService,
    registry: RegistryService,
    calendar: CalendarService,
    clock: FixedClock,
    sites: Sequence[SiteEntry],
) -> SilenceService:
    """A window in each school that hid its first alert, which comes and goes."""
    with writing(engine) as session:
        for row in session.exec(select(AlertRow).where(AlertRow.instance == "hidden")).all():
            session.add(SilencedRow(alert=row.id or 0, silence=_alert_id(_number(row.site), 0), at=NOW))
            session.add(FlappingRow(alert=row.id or 0, changes=9, score=4.0, changed_at=NOW, is_bad=True))
            session.add(FlappingRow(alert=row.cause, changes=3, score=4.0, changed_at=NOW, is_bad=True, ended_at=NOW))
        for site in sites:
            columns = columns_of(dataclass_replace(_draft(SiteId(site.id)), starts_at=NOW - MINUTE_MS))
            session.add(SilenceRow(id=_alert_id(_number(site.id), 0), **columns, made_by=site.id, made_at=NOW))
    return SilenceService(engine, registry, calendar, alerts, clock)


def _draft(site: SiteId) -> Draft:
    return Draft(Kind.SILENCE, Selector(site=site), NOW, NOW + MINUTE_MS, "new floor")


def _rulings(
    engine: sa.Engine, registry: RegistryService, clock: FixedClock, sites: Sequence[SiteEntry]
) -> RulingService:
    """Each school has a rule of its own, one that is tighter, and an exception."""
    rulings = RulingService(Docket(Archive(engine)), registry, clock, shipped_rules())
    for site in sites:
        place = Place.school(SiteId(site.id))
        rulings.put_rule(SYSTEM, place, OWN_RULE)
        rulings.change(SYSTEM, place, RULE, TIGHTER)
        rulings.grant(SYSTEM, place, RULE, LOOSER, "repairs", NOW + DAY_MS)
    return rulings


def _telling(
    engine: sa.Engine,
    alerts: AlertService,
    registry: RegistryService,
    calendar: CalendarService,
    clock: FixedClock,
    sites: Sequence[SiteEntry],
) -> TellingService:
    """One person in each school, who is told what is open there, each by a channel of their own."""
    channels: dict[str, ChannelSettings] = {f"robot-{site.id}": WeCom("url") for site in sites}
    people = tuple(Person(f"person-{site.id}", site.id, (Reach(f"robot-{site.id}"),), place=site.id) for site in sites)
    register = FixedRegister(Register(channels, people))
    register.trouble = "telling.yaml:1: somebody is named here"
    telling = TellingService(engine, alerts, registry, calendar, clock, ZoneInfo(TIMEZONE), register)
    telling.tend(NOW)
    telling.tend(NOW + MINUTE_MS)
    return telling


def _stranger(site: SiteId) -> Document:
    """A newcomer of its own for each site, and more that the document omits: 2 of the first, 3 of the second."""
    told = Newcomers((Newcomer(key=f"serial SN-{_number(site)}"),), omitted=2 + _number(site))
    return Document(DeviceId(site), DocumentKind.NEWCOMERS, NOW, msgspec.json.encode(told))


def _alert(site: SiteId, number: int) -> AlertRow:
    return AlertRow(
        id=_alert_id(_number(site), number),
        rule="device-unreachable",
        site=site,
        device=(GATEWAY, BOARD_101)[number],
        metric="reachable",
        instance="",
        severity="major",
        opened_at=NOW - MINUTE_MS,
        value=0.0,
    )


def _alert_id(site: int, alert: int) -> int:
    return 100 + 10 * site + alert


def _number(site: str) -> int:
    return int(site.removeprefix("site-"))
