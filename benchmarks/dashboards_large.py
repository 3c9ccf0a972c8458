"""A district of the large tier under two controllers, one with its own store and one with InfluxDB, for taking times.

Nothing is imported here: a day of such a district has 1.4 thousand million samples. Its schools are modelled on those of a
small district (`benchmarks.dashboards_variants`), their past is dense where dashboards look (`benchmarks.dashboards_density`),
alerts are those of the small district again and again. Time stands at the end of the last hour, up to which all is told.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import numpy as np
import psutil
import sqlalchemy as sa
from sqlmodel import Session, select

from benchmarks.dashboards_asking import Endpoint, answering
from benchmarks.dashboards_density import Density, buckets, columns_of, samples
from benchmarks.dashboards_district import ASKED_UNTIL, NOW, SEED, District
from benchmarks.dashboards_filling import Filled, copy_registry
from benchmarks.dashboards_questions import open_alert
from benchmarks.dashboards_reads import Reads
from benchmarks.dashboards_sides import DATABASE, Side, own_endpoint
from benchmarks.dashboards_variants import HOUR_MS, Variant, variants
from benchmarks.influxdb_store import come_to_rest
from benchmarks.telemetry import LARGE
from benchmarks.telemetry import schools as planned_schools
from campus.errors import Transient
from campus.ids import AgentId, SiteId
from campus.topics import Address
from campus.version import VERSION
from controller.alerts.tables import AlertRow
from controller.history import PastClock
from controller.identity.scope import SYSTEM
from controller.main import Controller
from controller.silences.model import Draft, Kind, Selector
from controller.store.days import DayCutter
from controller.store.moving import MovableStore
from controller.store.port import Batch, DistrictSeries, Level
from simulator.district.district import build_district
from simulator.plan.enrolment import enrolment_text

LARGE_NOW: Final = ASKED_UNTIL + 1
_TIMEOUT_S: Final = 120
_PAUSE_S: Final = 5.0
_TRIES: Final = 20
_NO_TIMES: Final = np.empty(0, np.int64)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Models:
    """What is taken over from a small district: its centre and schools, first of them the one that dashboards open with."""

    centre: Variant
    plain: Sequence[Variant]
    rich: Sequence[Variant]
    """The same schools, but the devices added have all series that dashboards name."""
    alerts: Mapping[str, Sequence[AlertRow]]
    """By the small district's name of the site."""
    reads: Reads


def models(small: Side, sites: Sequence[SiteId], reads: Reads) -> Models:
    """Of a small district's sites, the centre first, filled with a week of history."""
    clicked = open_alert(small.endpoint, ASKED_UNTIL).get("site", sites[1])
    at = sites.index(SiteId(clicked))
    of_all = frozenset(read.metric for read in reads.whole)
    ordered = [sites[0], *sites[at:], *sites[1:at]]
    centre, *plain = variants(small.held, ordered, of_all)
    rich = variants(small.held, ordered[1:], reads.metrics)
    alerts: dict[str, list[AlertRow]] = {}
    with Session(small.held.controller.engine) as session:
        for row in session.exec(select(AlertRow).order_by(sa.text("id"))):
            alerts.setdefault(row.site, []).append(row)
    return Models(centre, plain, rich, alerts, reads)


class Stopwatch:
    """Says of each phase that it is over, and how long it took."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._since_s = time.monotonic()

    def __call__(self, what: str) -> None:
        """`what` has just ended."""
        now_s = time.monotonic()
        self._say(f"{now_s - self._since_s:6.0f} s  {what}")
        self._since_s = now_s


def _as_many_series_as_planned(made_like: Models, schools: int) -> Iterator[Variant]:
    """Rich schools, the first is one, and plain ones between them, so that all have the design's series together."""
    planned = len(planned_schools(1, NOW, LARGE)[0].series)
    series = 0
    for place in range(schools):
        several = made_like.rich if series <= place * planned else made_like.plain
        variant = several[place % len(several)]
        series += len(variant.lines)
        yield variant


def _patiently(write: Callable[[], None]) -> None:
    """Write what a server that merges its files may refuse for a while; written again it is the same."""
    for tries in range(1, _TRIES + 1):
        try:
            write()
            return
        except Transient:
            if tries == _TRIES:
                raise
            time.sleep(_PAUSE_S)


class LargeDistrict:
    """So many schools, planned in `folder`."""

    def __init__(self, folder: Path, schools: int, made_like: Models, done: Stopwatch) -> None:
        self._models = made_like
        self._say = done
        today = datetime.fromtimestamp(NOW / 1000, UTC).date()
        planned = build_district(SEED, schools)
        (folder / "district.yaml").write_text(enrolment_text(planned, today), encoding="utf-8")
        self.sites = tuple(SiteId(site.id) for site in planned.sites)
        self._district = District(folder, self.sites, _NO_TIMES, _NO_TIMES, b"")
        self._variants = [made_like.centre, *_as_many_series_as_planned(made_like, schools)]
        self.columns = columns_of([variant.lines for variant in self._variants], frozenset({0, 1}))
        self.devices = sum(len(variant.facts) for variant in self._variants)
        self._say(f"{schools} schools are planned: {self.devices:,} devices, {len(self.columns):,} series")

    @contextmanager
    def over_own_store(self) -> Iterator[Side]:
        """A controller with its own store, asked through its `/query`."""
        with ExitStack() as stack:
            controller = self._opened("own", {})
            held = Filled(controller, 0, ())
            stack.callback(held.close)
            self._enrol(controller)
            # Roll-ups of a day that runs are worked out of its samples, which are there from its beginning.
            today = DayCutter(ZoneInfo(controller.district.timezone)).day_of(LARGE_NOW)
            self._fill(controller, today)
            url = stack.enter_context(answering(controller))
            yield Side(held, stack.enter_context(own_endpoint(held, url)))

    @contextmanager
    def over_influxdb(self, first: Filled, url: str, process: psutil.Process) -> Iterator[Side]:
        """One with the registry of `first`, over the InfluxDB at `url`, which is asked directly once it has come to rest."""
        with ExitStack() as stack:
            store = {"store": "influxdb", "influxdb": {"url": url, "database": DATABASE, "timeout_s": _TIMEOUT_S}}
            copy_registry(first.controller.config, self._district.config("alike", store))
            controller = self._opened("alike", store)
            held = Filled(controller, 0, ())
            stack.callback(held.close)
            controller.store.maintain(LARGE_NOW)  # tells the levels
            self._fill(controller, LARGE_NOW)
            if controller.posting is not None:
                controller.posting.tend(LARGE_NOW)
            self._say("annotations are written")
            come_to_rest(process)
            self._say("InfluxDB has come to rest")
            yield Side(held, stack.enter_context(Endpoint(url, DATABASE)))

    def _opened(self, name: str, store: Mapping[str, Any]) -> Controller:
        controller = Controller(self._district.config(name, store), PastClock(LARGE_NOW))
        controller.open_registry()
        controller.store.start()
        return controller

    def _enrol(self, controller: Controller) -> None:
        """Devices, agents, alerts and maintenance."""
        registry = controller.registry
        for site, variant in zip(self.sites, self._variants, strict=True):
            address = Address(site, AgentId(site))
            registry.learn_facts(address, variant.facts, LARGE_NOW)
            registry.note_agent(address, online=True, version=VERSION, last_frame_at=LARGE_NOW)
        registry.save_agents()
        self._say("the registry knows all devices")
        for selector in (Selector(), Selector(site=self.sites[-1])):
            draft = Draft(Kind.MAINTENANCE, selector, LARGE_NOW - 2 * HOUR_MS, LARGE_NOW + HOUR_MS, "new fibre")
            controller.silences.silence(SYSTEM, draft)
        with Session(controller.engine) as session:
            rows = list(self._alerts())
            session.execute(sa.insert(AlertRow), rows)
            session.commit()
        self._say(f"{len(rows):,} alerts of a week are noted")

    def _alerts(self) -> Iterator[dict[str, object]]:
        """Those of each site's model; the newest is the first school's."""
        number = 0
        for place, (site, variant) in enumerate(zip(self.sites, self._variants, strict=True)):
            ids = {}
            for row in self._models.alerts.get(variant.site, ()):
                number += 1
                ids[row.id] = number
                times = {name: getattr(row, name) for name in ("opened_at", "cleared_at", "flapping_since")}
                moved = {name: at - (NOW - LARGE_NOW) - place if at else 0 for name, at in times.items()}
                yield (
                    row.model_dump()
                    | moved
                    | {"id": number, "site": site, "cause": ids.get(row.cause, 0), "silence": 0}
                )

    def _fill(self, controller: Controller, rolled_until: int) -> None:
        """Names, roll-ups until an instant, samples. Rolled up is only what queries read of roll-ups."""
        store = cast(MovableStore, controller.store)
        for site, variant in zip(self.sites, self._variants, strict=True):
            store.series_ids([DistrictSeries(site, *line.key) for line in variant.lines])
        self._say("all series have names")
        density = Density(self.columns, self._models.reads, LARGE_NOW)
        since = density.since(Level.RAW)
        rolled = {level: density.since(level) for level in density.rolled()}
        for each in rolled.values():
            since[each < LARGE_NOW] = np.minimum(since, rolled_until)[each < LARGE_NOW]
        written = 0
        for rows in samples(self.columns, since, LARGE_NOW):
            _patiently(partial(store.append, Batch([], rows.series, rows.measured_at, rows.value)))
            written += len(rows.series)
        self._say(f"{written:,} samples are written")
        cutter = DayCutter(ZoneInfo(controller.district.timezone))
        for level, begins in rolled.items():
            edges = cutter.edges(int(begins.min()), LARGE_NOW - 1).tolist()
            written = 0
            for some in buckets(self.columns, level, begins, LARGE_NOW, list(pairwise(edges)), rolled_until):
                _patiently(partial(store.append_buckets, level, some, []))
                written += len(some.series)
            self._say(f"{written:,} roll-ups of {level} are written")
        if rolled_until < LARGE_NOW:
            store.maintain(LARGE_NOW)
            self._say("upkeep is done")

    def description(self) -> list[str]:
        """What there is, for readers of the times."""
        return [
            f"{len(self.sites) - 1:,} schools with {self.devices:,} devices and {len(self.columns):,} series, modelled on the "
            "simulator's and made as large as the design's.",
            "Dense, as agents with their usual cadence (60 s, 15 min) and the controller (a minute, an hour) tell it: roll-ups "
            "of all that a query reads of the whole district, over the whole range; raw samples of it over ranges below 4 "
            "hours, and where a query wants the newest over a longer range the last hour of them; all of one school and of "
            "the centre (raw: 4 hours).",
            "Every other series has one sample and one bucket of each level.",
        ]
