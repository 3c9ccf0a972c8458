"""The district that `benchmarks.root_cause` breaks: simulated schools, asked by the agent's own schedule, told to a real engine.

What falls silent and which ports go dark is the simulator's to say (`simulator.life`), when a device is asked is the agent's
(`agent.schedule`, `agent.presence`). Nothing here knows what the code under test concludes.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from agent.collect.port import Cadence
from agent.presence import Presence, Sign
from agent.schedule import Outcome, Turns
from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, Neighbour
from campus.topics import Address
from controller.alerts.causes.finder import Causes
from controller.alerts.causes.model import HOLD_MS
from controller.alerts.engine import AlertEngine
from controller.alerts.rulebook import shipped_rules
from controller.alerts.service import AlertService
from controller.identity.scope import SYSTEM
from controller.ingest.port import Committed
from controller.registry.database import create_engine, sqlite_url
from controller.registry.enrolment import Enrolment, OrganisationEntry, RoomEntry, SiteEntry
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.store.embedded import EmbeddedStore
from controller.store.port import Batch, DistrictSeries, FrameMark, Retention
from controller.topology.service import TopologyService
from firmware_profiles.load import load_catalogue
from simulator.district.district import District, build_district
from simulator.district.site import SimSite
from simulator.district.timetable import holidays
from simulator.history.formula import Formula
from simulator.history.series import site_series
from simulator.history.table import SeriesTable
from simulator.life.fault import Fault, FaultName, FaultSet
from simulator.life.moment import day_numbers
from simulator.life.noise import Floats
from simulator.life.scene import BATTERY_S
from simulator.life.site_life import DistrictLife
from simulator.mib.bridge import place_of

MONDAY_9: Final = 1_795_395_600_000
"""2026-11-23 09:00 in Asia/Shanghai: a school day, and the lines carry lessons."""
STEP_MS: Final = 2_000
PUBLISH_S: Final = 7
SILENCE_S: Final = 30.0
HEARTBEAT_S: Final = 15
NO_ANSWER_S: Final = 6
"""Three tries of two seconds."""
CADENCES: Final = ({Cadence.FAST: 5.0, Cadence.NORMAL: 15.0}, {Cadence.FAST: 30.0, Cadence.NORMAL: 60.0})
"""The demo's, and what an agent has that was told nothing."""
KEEPALIVE_S: Final = 90
UNKNOWN_SHARE: Final = 0.05
"""So many end devices stand in nobody's forwarding table."""
WATCHED: Final = frozenset(
    {
        "reachable", "if_oper_state", "if_in_bps", "ups_source_state", "battery_state", "battery_percent", "stream_state",
        "recording_state", "gate_state", "power_state", "temperature_cel",
    }
)  # fmt: skip
_OF_THE_WAY: Final = (
    FaultName.CUT_UPLINK,
    FaultName.GATEWAY_DEAD,
    FaultName.GATEWAY_HANGS,
    FaultName.AGENT_STOPS,
)


class Told(NamedTuple):
    """One sample on its way."""

    name: DistrictSeries
    at: int
    value: float


@dataclass
class Clock:
    """Time as the benchmark moves it."""

    now: int = MONDAY_9

    def __call__(self) -> int:
        """UTC milliseconds."""
        return self.now


class SiteAgent:
    """The agent of one site: asks, hears, spools."""

    def __init__(self, site: SimSite, formulas: Sequence[Formula], life_columns: dict[str, int], chance: random.Random):
        self.site = site
        self.name = SiteId(site.id)
        self._alive = life_columns
        self._chance = chance
        self._intervals = CADENCES[chance.randrange(len(CADENCES))]
        self.kept = [each for each in formulas if each.key.metric in WATCHED]
        self.table = SeriesTable(tuple(self.kept), lambda _, at: np.zeros(len(at)))
        self._of: dict[str, list[int]] = {}
        for place, each in enumerate(self.kept):
            if each.key.metric != "reachable":
                self._of.setdefault(each.key.device, []).append(place)
        self._asked = {
            each.id: Turns(each.id, self._intervals, 2 * self._intervals[Cadence.NORMAL], 0.0)
            for each in site.devices
            if not each.family.publishes and not each.family.speaks_http
        }
        self._heard = [each.id for each in site.devices if each.family.publishes]
        self._presence = Presence(map(DeviceId, self._heard), SILENCE_S, self._intervals[Cadence.NORMAL])
        self._presence.connected("broker", 0.0)
        self._phase = {device: chance.randrange(PUBLISH_S) for device in self._heard}
        self._beat = chance.randrange(HEARTBEAT_S)
        self.spool: list[Told] = []
        self.delay_s = chance.randint(1, 3)
        self.cut_since_s: int | None = None

    def second(self, second: int, now: int, values: Floats, row: Floats, faults: FaultSet) -> None:
        """Do what is due, into the spool. `values` are those of `kept` now."""
        at = np.array([now])
        if row[self._alive[self.site.devices[0].id]] == 0 and self._is_dark(faults, now):
            return
        for device, turns in self._asked.items():
            if turns.next.due_s <= second:
                self._ask(
                    device,
                    turns,
                    second,
                    now,
                    values,
                    is_there=row[self._alive[device]] > 0 and not faults.during(FaultName.SILENT, at, device)[0],
                )
        for device in self._heard:
            is_silent = row[self._alive[device]] == 0 or bool(faults.during(FaultName.SILENT, at, device)[0])
            if second % PUBLISH_S == self._phase[device] and not is_silent:
                said = self._presence.note(DeviceId(device), Sign.SPOKE, "broker", second, now)
                self.spool += [Told(DistrictSeries(self.name, *each.key), now, each.value) for each in said]
                self._say(device, now, values)
        self.spool += [
            Told(DistrictSeries(self.name, *each.key), now, each.value) for each in self._presence.due(second, now)
        ]
        if second % HEARTBEAT_S == self._beat:
            self.spool.append(Told(_name(self.site.id, self.site.id, "agent_spool_bytes"), now, float(len(self.spool))))

    def _is_dark(self, faults: FaultSet, now: int) -> bool:
        return float(faults.since(FaultName.POWER_LOSS, np.array([now]))[0]) >= BATTERY_S

    def _ask(self, device: str, turns: Turns, second: int, now: int, values: Floats, *, is_there: bool) -> None:
        took_s = 0 if is_there else NO_ANSWER_S
        self.spool.append(Told(_name(self.site.id, device, "reachable"), now + took_s * 1000, float(is_there)))
        if is_there and Cadence.NORMAL in turns.next.cadences:
            self._say(device, now, values)
        elif is_there:
            self._say(device, now, values, "ups_source_state")
        turns.finish(Outcome.ANSWERED if is_there else Outcome.UNREACHABLE, second + took_s)

    def _say(self, device: str, now: int, values: Floats, only: str = "") -> None:
        for place in self._of.get(device, ()):
            key = self.kept[place].key
            if not only or key.metric == only:
                self.spool.append(Told(DistrictSeries(self.name, *key), now, float(values[place])))


def _name(site: str, device: str, metric: str, instance: str = "") -> DistrictSeries:
    return DistrictSeries(SiteId(site), DeviceId(device), MetricId(metric), Instance(instance))


class World:
    """A district with its controller. `close` it."""

    def __init__(self, folder: Path, seed: int, sizes: dict[int, int], schools: int) -> None:
        self.chance = random.Random(seed)
        self.district: District = build_district(seed, schools, sizes)
        self.life = DistrictLife(self.district, day_numbers(holidays(2026)))
        self.clock = Clock()
        self.database = create_engine(sqlite_url(folder / "registry.db"))
        migrate(self.database)
        self.registry = RegistryService(self.database, self.clock)
        self.registry.start()
        self.store = EmbeddedStore(folder / "samples", timezone=ZoneInfo("Asia/Shanghai"), retention=Retention())
        self.store.start()
        self.agents = self._enrolled()
        topology = TopologyService(self.database, self.registry, self.clock)
        self.alerts = AlertService(self.database, self.registry, self.clock, shipped_rules())
        causes = Causes(self.store, self.registry, topology, self.alerts)
        self.engine = AlertEngine(
            self.store, self.registry, self.database, self.clock, shipped_rules(), passes=(causes,), hold_ms=HOLD_MS
        )
        causes.tell = self.engine.note_verdicts
        self.engine.restore()
        self.second = 0
        self._frames = 0
        self._late: list[Told] = []

    def close(self) -> None:
        """Let go of files."""
        self.store.close()
        self.database.dispose()

    def _enrolled(self) -> list[SiteAgent]:
        sites = self.district.sites
        self.registry.enrol(
            SYSTEM, Enrolment((OrganisationEntry("district", "District", "区"),), tuple(map(_entry, sites)))
        )
        profiles = load_catalogue()
        rows = self.life.evaluate(np.array([self.clock.now]), {})
        agents = []
        for site in sites:
            life = self.life.sites[site.id]
            series = site_series(self.district, life, profiles, rows[site.id][0], self.clock.now)
            facts = [self._registered(site, each) for each in series.facts]
            facts.append(
                DeviceFacts(
                    DeviceId(site.id), DeviceKind.AGENT, self.clock.now, room=site.gateway.room if site.stage else ""
                )
            )
            self.registry.learn_facts(Address(SiteId(site.id), AgentId(site.id)), facts, self.clock.now)
            columns = {each.id: life.alive_column(each.id) for each in site.devices}
            agents.append(SiteAgent(site, series.formulas, columns, self.chance))
        return agents

    def _registered(self, site: SimSite, facts: DeviceFacts) -> DeviceFacts:
        """Facts with names and rooms, uplinks, and for a switch whom it hears behind its ports, as its tables would tell."""
        device = site.device(facts.device)
        more: dict[str, object] = {"name": device.name_zh, "room": device.room, "system_name": device.system_name}
        if device.leads_out:
            more |= {"uplinks": (device.uplink,), "uplink_capacity_bps": float(device.uplink_capacity_bps)}
        heard = [(each, place) for each in site.devices if (place := place_of(site, each)) and place[0] == device.id]
        told = {each.remote_name for each in facts.neighbours}
        more["neighbours"] = (
            *facts.neighbours,
            *(
                Neighbour(place[1], each.id)
                for each, place in heard
                if each.system_name not in told and self.chance.random() >= UNKNOWN_SHARE
            ),
        )
        return msgspec.structs.replace(facts, **more)

    # Time.

    def play(self, seconds: int, faults: dict[str, FaultSet]) -> Iterator[int]:
        """Let time pass second by second; gives each instant once all that came by then was judged."""
        start = self.clock.now
        at = np.arange(start, start + seconds * 1000 + STEP_MS, STEP_MS, dtype=np.int64)
        rows = self.life.evaluate(at, faults)
        values = {agent.site.id: agent.table.values(at, rows[agent.site.id]) for agent in self.agents}
        for second in range(seconds):
            now = start + second * 1000
            self.clock.now = now
            place = second * 1000 // STEP_MS
            for agent in self.agents:
                site = agent.site.id
                of_site = faults.get(site, _NONE)
                agent.second(self.second, now, values[site][:, place], rows[site][place], of_site)
            self._deliver(now, faults)
            self.engine.tick(now)
            self.second += 1
            yield now

    def _deliver(self, now: int, faults: dict[str, FaultSet]) -> None:
        told: list[Told] = []
        heard: list[Address] = []
        for agent in self.agents:
            address = Address(agent.name, AgentId(agent.site.id))
            if self._is_cut(faults.get(agent.site.id, _NONE), now):
                agent.cut_since_s = self.second if agent.cut_since_s is None else agent.cut_since_s
                if self.second - agent.cut_since_s == KEEPALIVE_S:
                    self.registry.note_agent(address, online=False)
                continue
            if agent.cut_since_s is not None or not self.second:
                self.registry.note_agent(address, online=True)
            agent.cut_since_s = None
            ready = [each for each in agent.spool if each.at <= now - agent.delay_s * 1000]
            if ready:
                agent.spool = [each for each in agent.spool if each.at > now - agent.delay_s * 1000]
                heard.append(address)
                told += ready
        if self._late and self._late[0].at < now - 150_000:  # stragglers: kept, never judged as live
            told += self._late
            self._late = []
        elif not self._late and told and self.chance.random() < 0.02:
            self._late = [each._replace(value=0.0) for each in told[:3] if each.name.metric == "reachable"]
        if told:
            self._commit(told, now)
            self.registry.note_frames(heard, now)

    def _commit(self, told: list[Told], now: int) -> None:
        live = [each for each in told if each.at >= now - 100_000]
        for some in (live, [each for each in told if each.at < now - 100_000]):
            if some:
                self._frames += 1
                ids = self.store.series_ids([each.name for each in some])
                at = np.array([each.at for each in some], dtype=np.int64)
                values = np.array([each.value for each in some])
                mark = FrameMark(some[0].name.site, AgentId(some[0].name.site), 1, self._frames)
                self.store.append(Batch([mark], ids, at, values))
                self.engine.judge(Committed(ids, at, values, now))

    @staticmethod
    def _is_cut(faults: FaultSet, now: int) -> bool:
        at = np.array([now])
        on = [each for each in faults.faults if each.name in _OF_THE_WAY and each.start <= now < each.end]
        return bool(on) or float(faults.since(FaultName.POWER_LOSS, at)[0]) >= BATTERY_S


_NONE: Final = FaultSet()


def _entry(site: SimSite) -> SiteEntry:
    rooms = tuple(RoomEntry(each.id, each.name_en, each.name_zh, each.floor) for each in site.rooms)
    return SiteEntry(site.id, "district", site.name_en, site.name_zh, (site.id,), centre=not site.stage, rooms=rooms)


def fault(name: FaultName, site: str, device: str, start: int, end: int) -> Fault:
    """One fault, from when to when (UTC ms)."""
    return Fault(name, site, device, start, end)
