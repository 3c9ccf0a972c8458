"""A district that is there already when a benchmark begins: enrolled, its devices and series known, rules over them.

`prepare` writes it into a directory as the controller's own `data_dir`; `open_district` opens that directory's rooms in
this process, and the large benchmarks start a whole controller on it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from benchmarks.telemetry import LARGE, School, schools
from controller.alerts.engine import AlertEngine
from controller.alerts.model import Rule, States, Threshold
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.calendar.service import CalendarService
from controller.identity.scope import SYSTEM
from controller.registry.database import create_engine, sqlite_url
from controller.registry.enrolment import Enrolment, OrganisationEntry, SiteEntry
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.store.embedded import EmbeddedStore
from controller.store.port import Batch, DistrictSeries, FrameMark, Retention

ZONE: Final = ZoneInfo("Asia/Shanghai")
KNOWN_BEFORE_MS: Final = 3_600_000
"""The one sample of every series that is there at the beginning is so old."""


@dataclass(frozen=True)
class District:
    """The rooms of a controller over a prepared directory."""

    store: EmbeddedStore
    registry: RegistryService
    calendar: CalendarService
    alerts: AlertEngine


def many_schools(series: int, now: int) -> list[School]:
    """Schools of 125 devices, as many as have `series` series together, or a few more."""
    each = len(schools(1, now, LARGE)[0].series)
    return schools(-(-series // each), now, LARGE)


def many_rules(quantity: int) -> Rulebook:
    """The shipped rules, and so many more of a district's own that there are `quantity`: theirs again, under other ids."""
    shipped = shipped_rules().rules()
    again = [rule for rule in shipped if isinstance(rule.condition, Threshold | States)]
    more: list[Rule] = []
    while len(shipped) + len(more) < quantity:
        turn, place = divmod(len(more), len(again))
        more.append(msgspec.structs.replace(again[place], id=f"{again[place].id}-{turn + 2}"))
    return Rulebook([*shipped, *more][:quantity])


def prepare(directory: Path, owned: Sequence[School], now: int) -> None:
    """Enrol the schools, learn their devices, and store one sample of each of their series."""
    register(directory, owned, now)
    remember(directory, owned, now)


def remember(directory: Path, owned: Sequence[School], now: int) -> None:
    """Store one sample of each series of the schools."""
    store = EmbeddedStore(directory / "samples", timezone=ZONE, retention=Retention())
    store.start()
    for school in owned:
        ids = store.series_ids([DistrictSeries(school.address.site, *one.key) for one in school.series])
        value = np.array([one.shape.level for one in school.series], np.float64)
        mark = FrameMark(school.address.site, school.address.agent, 0, 1)
        store.append(Batch([mark], ids, np.full(len(ids), now - KNOWN_BEFORE_MS, np.int64), value))
    store.close()


@contextmanager
def open_district(directory: Path, rules: Rulebook, clock: Callable[[], int]) -> Iterator[District]:
    """The district of a prepared directory, its alert engine restored."""
    engine = create_engine(sqlite_url(directory / "registry.db"))
    store = EmbeddedStore(directory / "samples", timezone=ZONE, retention=Retention())
    try:
        registry = RegistryService(engine, clock)
        registry.start()
        store.start()
        alerts = AlertEngine(store, registry, engine, clock, rules)
        alerts.restore()
        yield District(store, registry, CalendarService(engine, registry, ZONE.key), alerts)
    finally:
        store.close()
        engine.dispose()


def register(directory: Path, owned: Sequence[School], now: int) -> None:
    """Enrol the schools and learn their devices."""
    engine = create_engine(sqlite_url(directory / "registry.db"))
    migrate(engine)
    registry = RegistryService(engine, lambda: now)
    registry.start()
    sites = tuple(
        SiteEntry(
            id=school.address.site,
            organisation="district",
            name_en=school.address.site,
            name_zh=school.address.site,
            agents=(school.address.agent,),
        )
        for school in owned
    )
    organisations = (OrganisationEntry(id="district", name_en="District", name_zh="学区"),)
    registry.enrol(SYSTEM, Enrolment(organisations=organisations, sites=sites))
    for school in owned:
        registry.learn_facts(school.address, school.facts, now)
    engine.dispose()
