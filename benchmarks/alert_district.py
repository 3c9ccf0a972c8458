"""The districts that `benchmarks.alerts` judges: schools of `benchmarks.telemetry`, made larger, and rules made more.

A school of the large district has as many copies of the usual devices as its series need; gateways have a contracted
uplink, switches a neighbour. More rules than ship are variants of what ships: other ids, metrics, kinds, parts and levels,
and of every eight one about a change, one about a group, one a formula, one about what is usual.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.telemetry import POLL_MS, School, Series, schools
from campus.ids import AgentId, DeviceId, MetricId, SiteId
from campus.metrics import catalogue
from campus.samples import DeviceFacts, DeviceKind, Neighbour, PortFacts
from controller.alerts.engine import AlertEngine
from controller.alerts.model import (
    Baseline,
    Change,
    Comparison,
    Condition,
    Expression,
    Group,
    GroupOf,
    Rule,
    States,
    Threshold,
)
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.clock import utc_ms
from controller.identity.scope import SYSTEM
from controller.registry.database import create_engine, sqlite_url
from controller.registry.enrolment import Enrolment, OrganisationEntry, SiteEntry
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.store.embedded import EmbeddedStore
from controller.store.port import Batch, DistrictSeries, FrameMark, Retention

ZONE: Final = ZoneInfo("Asia/Shanghai")
PORT: Final = "GigabitEthernet0/0/{}"
PARTS: Final = ("*", "*[05]", "*[1-4]", "*1?")
"""Instance patterns of the rules beyond the shipped ones, a round each."""
HEADROOM: Final = 0.9
"""Where in a metric's range their levels lie."""


class Size(NamedTuple):
    """How large a district is."""

    rules: int
    series: int
    schools: int


@dataclass
class District:
    """Everything an engine needs, and the usual value, swing and range of each series by id."""

    store: EmbeddedStore
    registry: RegistryService
    rulebook: Rulebook
    make_engine: Callable[[], AlertEngine]
    usual: NDArray[np.float64]
    swing: NDArray[np.float64]
    ends: NDArray[np.float64]
    """Lowest and highest possible, shape (series, 2)."""


def build(folder: Path, size: Size) -> None:
    """Enrol the schools, tell their facts, and store one sample of each series."""
    now = utc_ms()
    registry = _registry(folder)
    store = _store(folder)
    shapes: list[NDArray[np.float64]] = []
    owned = [_enlarged(school, size.series // size.schools) for school in schools(size.schools, now)]
    names = [str(school.address.site) for school in owned]
    sites = tuple(SiteEntry(name, "district", "School", "学校", agents=(name,)) for name in names)
    registry.enrol(SYSTEM, Enrolment((OrganisationEntry("district", "District", "区"),), sites))
    for number, school in enumerate(owned, start=1):
        registry.learn_facts(school.address, school.facts, now)
        ids = store.series_ids([DistrictSeries(school.address.site, *one.key) for one in school.series])
        shapes.append(_columns(school))
        mark = FrameMark(SiteId(school.address.site), AgentId(school.address.agent), 1, number)
        store.append(Batch([mark], ids, np.full(len(ids), now - POLL_MS, dtype=np.int64), shapes[-1][:, 0].copy()))
    np.save(folder / "shapes.npy", np.concatenate(shapes))
    store.close()


def opened(folder: Path, size: Size) -> District:
    """A district that was built, its store and its registry started."""
    registry, store, rulebook = _registry(folder), _store(folder), more_rules(size.rules)
    database = create_engine(sqlite_url(folder / "registry.db"))
    shapes = np.load(folder / "shapes.npy")
    return District(
        store=store,
        registry=registry,
        rulebook=rulebook,
        make_engine=lambda: AlertEngine(store, registry, database, utc_ms, rulebook),
        usual=shapes[:, 0],
        swing=shapes[:, 1],
        ends=shapes[:, 2:],
    )


def more_rules(quantity: int) -> Rulebook:
    """The shipped rules, and variants until there are so many."""
    shipped = shipped_rules().rules()
    made = _variants(shipped[0])
    return Rulebook([*shipped, *(next(made) for _ in range(quantity - len(shipped)))])


def _variants(pattern: Rule) -> Iterator[Rule]:
    (school,) = schools(1, 0)
    kinds = {facts.device: facts.kind for facts in school.facts}
    aims = sorted({(one.key.metric, kinds[one.key.device]) for one in school.series})
    for number in count():
        metric, kind = aims[number % len(aims)]
        yield msgspec.structs.replace(
            pattern,
            id=f"variant-{number}",
            metric=metric,
            kinds=(kind,),
            instance=PARTS[number // len(aims) % len(PARTS)],
            condition=_condition(number, metric, [other for other, of in aims if of == kind]),
            is_cause=False,
        )


def _condition(number: int, name: MetricId, beside: Sequence[MetricId]) -> Condition:
    """Of a variant; `beside` are metrics of the same kind of device."""
    metric = catalogue()[name]
    if metric.states:
        bad = ("no",) if name == "reachable" else (metric.states[-1].name,)
        return Group(GroupOf.SITE, 0.5, bad=bad, hold_s=30) if number % 8 == 3 else States(bad=bad, hold_s=30)
    level = metric.minimum + HEADROOM * (metric.maximum - metric.minimum)
    match number % 8:
        case 1:
            return Change(Comparison.ABOVE, 0.5 * (metric.maximum - metric.minimum), within_s=600, hold_s=30)
        case 3:
            return Group(GroupOf.SITE, 0.5, member_level=level, hold_s=30)
        case 5:
            others = [each for each in beside if not catalogue()[each].states and each != name]
            return Expression(
                " and ".join([f"{name} > {level:.0f}", *(f"{each} >= 0" for each in others[:1])]), hold_s=30
            )
        case 7:
            return Baseline(Comparison.ABOVE, least=0.5 * (metric.maximum - metric.minimum), hold_s=30)
        case _:
            return Threshold(Comparison.ABOVE, level=level, hold_s=30)


def _enlarged(school: School, series: int) -> School:
    """The school with so many series: copies of all its devices, the last copy cut."""
    copies = range(-(-series // len(school.series)))
    facts = [_facts(each, copy) for copy in copies for each in school.facts]
    named = [
        Series(one.key._replace(device=_copy(one.key.device, copy)), one.shape)
        for copy in copies
        for one in school.series
    ]
    kept = named[:series]
    devices = {one.key.device for one in kept}
    return School(school.address, [each for each in facts if each.device in devices], kept)


def _copy(device: DeviceId, copy: int) -> DeviceId:
    return DeviceId(f"{device}-{copy}") if copy else device


def _facts(facts: DeviceFacts, copy: int) -> DeviceFacts:
    told = msgspec.structs.replace(facts, device=_copy(facts.device, copy))
    if facts.kind is DeviceKind.GATEWAY:
        return msgspec.structs.replace(told, uplinks=(PORT.format(1),), uplink_capacity_bps=1e9)
    if facts.kind is DeviceKind.SWITCH:
        ports = tuple(PortFacts(PORT.format(port)) for port in range(1, 25))
        return msgspec.structs.replace(told, ports=ports, neighbours=(Neighbour(PORT.format(24), "core"),))
    return told


def _columns(school: School) -> NDArray[np.float64]:
    """Usual value, swing, lowest and highest of each series."""
    metrics = catalogue()
    return np.array(
        [
            (one.shape.level, one.shape.swing, metrics[one.key.metric].minimum, metrics[one.key.metric].maximum)
            for one in school.series
        ]
    )


def _registry(folder: Path) -> RegistryService:
    engine = create_engine(sqlite_url(folder / "registry.db"))
    migrate(engine)
    registry = RegistryService(engine, utc_ms)
    registry.start()
    return registry


def _store(folder: Path) -> EmbeddedStore:
    store = EmbeddedStore(folder / "samples", timezone=ZONE, retention=Retention())
    store.start()
    return store
