"""A simulated week without faults through the real rules and their cores: at no hour does one of them find anything wrong.

But for what is meant to be seen, and planned for: lines of a gigabit and less that are full in lesson hours.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from campanile.demo.rules import write_rules
from campus.ids import AgentId, DeviceId, SiteId
from campus.topics import Address
from controller.alerts.judging.columns import Rows
from controller.alerts.judging.selection import Selection
from controller.alerts.judging.transition import Change
from controller.alerts.judging.watch import Watch
from controller.alerts.rulebook import Rulebook, load_rules, shipped_rules
from controller.identity.scope import SYSTEM
from controller.registry.database import create_engine, sqlite_url
from controller.registry.enrolment_file import load_enrolment
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.store.port import DistrictSeries
from controller.store.series_index import SeriesIndex
from simulator.history.past import Past
from simulator.life.fault import Fault, FaultName, FaultSet
from simulator.life.moment import DAY_MS, MINUTE_MS
from simulator.plan.write import write_plan
from tests.support.district import FixedClock

pytestmark = pytest.mark.slow
SCHOOLS, SEED, SCHOOL = 8, 1, SiteId("no-1-primary")
STEP_MS = 2 * MINUTE_MS
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = int(datetime(2026, 11, 16, tzinfo=SHANGHAI).timestamp() * 1000)
OF_FULL_LINES = {"uplink-in-filling", "uplink-out-filling", "uplink-in-full", "uplink-out-full"}
GIGABIT_BPS = 1e9
Found = Counter[tuple[str, str, DeviceId]]
"""How often a rule opened, by rule id, site and device."""


class Replay:
    """A simulated district's live values, a row every `STEP_MS`, before any number of rulebooks."""

    def __init__(self, folder: Path, rulebooks: dict[str, Rulebook]) -> None:
        plan = write_plan(folder, SEED, SCHOOLS, 1, datetime(2026, 11, 16, tzinfo=UTC).date())
        self.past = Past(plan, MONDAY, MONDAY, STEP_MS, MONDAY)
        self._database = create_engine(sqlite_url(folder / "registry.db"))
        migrate(self._database)
        registry = RegistryService(self._database, FixedClock(MONDAY))
        registry.start()
        registry.enrol(SYSTEM, load_enrolment(folder / "district.yaml"))
        self._names: list[DistrictSeries] = []
        for site, series in self.past.series.items():
            registry.learn_facts(Address(SiteId(site), AgentId(site)), self.past.facts(site), MONDAY)
            self._names += [DistrictSeries(SiteId(site), *formula.key) for formula in series.formulas]
        self.watches = {name: Watch(Selection(rulebook, registry)) for name, rulebook in rulebooks.items()}
        index = SeriesIndex()
        index.ids(self._names)
        for watch in self.watches.values():
            while watch.learn(index.columns(0), MONDAY):
                pass

    def __enter__(self) -> "Replay":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.dispose()

    def play(self, duration_ms: int, faults: dict[str, FaultSet]) -> dict[str, Found]:
        """What each rulebook finds from Monday midnight on."""
        found: dict[str, Found] = {name: Counter() for name in self.watches}
        for rows, at in self._rows(MONDAY, MONDAY + duration_ms, faults):
            for name, watch in self.watches.items():
                for each in watch.judge(rows, at) + watch.tick(at):
                    if each.change is Change.OPENED:
                        series = watch.name(each.series)
                        found[name][watch.rule(each.rule).id, series.site, series.device] += 1
        return found

    def _rows(self, begin: int, end: int, faults: dict[str, FaultSet]) -> Iterator[tuple[Rows, int]]:
        """The samples of all sites at each instant."""
        ids = np.arange(len(self._names), dtype=np.int32)
        for first in range(begin, end, DAY_MS):
            at = np.arange(first, min(first + DAY_MS, end), STEP_MS, dtype=np.int64)
            matrices = self.past.life.evaluate(at, faults)
            values = np.vstack([table.values(at, matrices[site]) for site, table in self.past.tables.items()])
            present = np.vstack([table.present(matrices[site]) for site, table in self.past.tables.items()])
            for place, instant in enumerate(at.tolist()):
                told = present[:, place]
                yield Rows(ids[told], np.full(told.sum(), instant, dtype=np.int64), values[told, place]), instant


def test_no_rule_finds_anything_in_a_week_without_faults(tmp_path: Path) -> None:
    write_rules(tmp_path / "rules")
    books = {"shipped": shipped_rules(), "of the demo": load_rules(tmp_path / "rules")}
    with Replay(tmp_path, books) as replay:
        bindings = {name: len(watch) for name, watch in replay.watches.items()}
        week = replay.play(7 * DAY_MS, {})
        narrow = {s.id: s.gateway.uplink_capacity_bps <= GIGABIT_BPS for s in replay.past.district.schools}
    assert min(bindings.values()) > 1_000
    assert set(narrow.values()) == {True, False}
    for name, found in week.items():
        crowded = {site for rule, site, _ in found if rule in OF_FULL_LINES}
        assert crowded, name
        assert all(narrow[site] for site in crowded), name
        # The core drops what does not fit into those lines.
        expected = OF_FULL_LINES | {"port-drops-packets"}
        assert {key: count for key, count in found.items() if key[0] not in expected} == {}, name
        assert {site for rule, site, _ in found if rule == "port-drops-packets"} <= {"centre"}, name


def test_the_same_replay_finds_what_is_broken(tmp_path: Path) -> None:
    with Replay(tmp_path, {"shipped": shipped_rules()}) as replay:
        devices = replay.past.district.site(SCHOOL).devices
        monitor = next(DeviceId(device.id) for device in devices if device.kind == "kitchen_monitor")
        hour = 60 * MINUTE_MS
        fault = Fault(FaultName.WARM_FREEZER, SCHOOL, monitor, MONDAY + hour, MONDAY + 3 * hour)
        found = replay.play(4 * hour, {SCHOOL: FaultSet((fault,))})
    assert found == {"shipped": {("freezer-warm", SCHOOL, monitor): 1, ("freezer-thawing", SCHOOL, monitor): 1}}
