"""One SNMP device as a `DeviceCollector`: recognised, learnt, polled.

It never raises for what the device does. Silence is ``reachable`` 0 and nothing else; half a table is the half that was
answered; a wrong value is counted by reason.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from agent.address import HostPort
from agent.collect.completeness import Completeness, is_another_device
from agent.collect.port import Harvest
from agent.collect.snmp_dialogue import LoginRefused, SnmpDialogue, SnmpTiming
from agent.collect.snmp_learn import Columns, Learnt, learn
from agent.collect.snmp_recognise import SYS_DESCR, SYS_OBJECT_ID, identity_of, recognise
from agent.collect.snmp_refusal import Refusal, refusal_of
from agent.collect.stations import NETWORK_KINDS, StationWatch
from agent.decode.counter import has_restarted
from agent.decode.plan import Ask, due, wanted_oids
from agent.decode.snmp import SHORTEST_RATE_S, SYS_UPTIME, CounterMemory, decode_poll, merge
from agent.decode.value import settled
from agent.snmp_access import SnmpAccess, SnmpUser
from campus.errors import ConfigError, Poison, Transient
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import catalogue as metric_catalogue
from campus.samples import DeviceFacts, DeviceKind, Event, Licence, Sample, SeriesKey, Severity
from firmware_profiles.catalogue import Catalogue, Identity
from firmware_profiles.model import Cadence, PointType, Profile
from firmware_profiles.raw import Raw

AUTO = "auto"


@dataclass(frozen=True)
class DeviceTarget:
    """What the agent's configuration says of a polled device. `kind` None means what the profile says."""

    id: DeviceId
    address: HostPort
    access: SnmpAccess
    name: str = ""
    room: str = ""
    kind: DeviceKind | None = None
    profile: str = AUTO
    uplinks: tuple[str, ...] = ()
    uplink_capacity_bps: float = 0.0
    shortest_rate_s: float = SHORTEST_RATE_S
    """No rate is taken over less."""


@dataclass
class _Known:
    """What has been learnt of the device so far."""

    profile_name: str
    profile: Profile
    learnt: Learnt
    memory: CounterMemory
    completeness: Completeness = field(default_factory=Completeness)


class SnmpCollector:
    """Polls one device. Inert until `poll`; `close` drops the socket. `ConfigError` when the target names no profile there is."""

    def __init__(
        self,
        target: DeviceTarget,
        catalogue: Catalogue,
        timing: SnmpTiming = SnmpTiming(),  # noqa: B008 - frozen
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if target.profile != AUTO and target.profile not in catalogue.profiles:
            raise ConfigError(f"device {target.id}: there is no profile {target.profile!r}: `campanile profiles list`")
        self.dialogue = SnmpDialogue(target.address, target.access, timing)
        self._target = target
        self._catalogue = catalogue
        self._monotonic = monotonic
        self._known: _Known | None = None
        self._identity = Identity("", "")
        self._half_learnt: Columns | None = None
        """What was walked before learning was broken off."""
        self._stations = StationWatch(target.id)
        self._hailed: tuple[int | None, int] = (None, 0)
        """sysUpTime in ticks and when it was read."""
        self._why_refused = ""

    @property
    def profile_name(self) -> str:
        """`vendor/family` of the profile in use, empty before the device was recognised."""
        return self._known.profile_name if self._known else ""

    @property
    def identity(self) -> Identity:
        """What the device last said of itself, empty before the first answer."""
        return self._identity

    @property
    def learnt(self) -> Learnt | None:
        """What the last round of learning gave, None before the first."""
        return self._known.learnt if self._known else None

    def port_name(self, index: str) -> str:
        """The instance of the port with this ifIndex; empty when it is not known."""
        return self._ports().get(index, "")

    def _ports(self) -> dict[str, str]:
        """Instances of the ports by ifIndex."""
        known = self._known
        if known is None or known.profile.ports is None:
            return {}
        points = {id(point) for point in known.profile.tables[known.profile.ports.table].points}
        return {ask.index: ask.instance for ask in known.learnt.asks if id(ask.point) in points}

    async def poll(self, cadences: frozenset[Cadence], now: int) -> Harvest:
        """Read the points of `cadences` once, at `now` (UTC ms). Facts come with the first poll and with every slow one.

        Where nothing of the device is due it is left in peace, and the harvest is empty.
        """
        if self._is_idle(cadences):
            return Harvest()
        self.dialogue.begin()
        harvest = Harvest()
        started = self._monotonic()
        try:
            hail = await self.dialogue.hail([SYS_UPTIME, SYS_OBJECT_ID, SYS_DESCR])
        except (Transient, Poison) as error:
            if isinstance(error, Poison):
                harvest.dropped[error.reason] += 1
            if isinstance(error, LoginRefused):
                harvest.refused = self._why_refused = self._why_refused or await self._refusal()
            harvest.samples.append(self._sample("reachable", 0.0, now))
            return harvest
        self._why_refused = ""
        took_ms = (self._monotonic() - started) * 1000
        harvest.samples.append(self._sample("reachable", 1.0, now))
        harvest.samples.append(self._sample("response_time_ms", took_ms, now))
        self._identity = identity_of(hail)
        restarted = self._note_restart(hail, now, harvest)
        if self._known is None or restarted or self._half_learnt or Cadence.SLOW in cadences:
            await self._learn(hail, now, harvest)
            self.dialogue.begin()
        await self._read(cadences, hail, now, harvest)
        if Cadence.SLOW in cadences:
            await self._look_around(now, harvest)
        return harvest

    async def close(self) -> None:
        """Release the socket; harmless when called twice."""
        await self.dialogue.close()

    async def _refusal(self) -> str:
        """Why the device does not let the SNMPv3 user in; found out once, for it takes one more attempt to log in."""
        target = self._target
        if not isinstance(target.access, SnmpUser):
            return ""
        why = await refusal_of(target.address, target.access, self.dialogue.timing.timeout_s)
        return "" if why is Refusal.NONE else f"{target.address} refuses the SNMPv3 user: {why}"

    def _is_idle(self, cadences: frozenset[Cadence]) -> bool:
        """Whether only the fast points are due and the device has none."""
        if self._known is None or self._half_learnt or cadences != {Cadence.FAST}:
            return False
        return not due(self._known.learnt.asks, cadences)

    def _sample(self, metric: str, value: float, now: int, instance: str = "") -> Sample:
        key = SeriesKey(self._target.id, MetricId(metric), Instance(instance))
        return Sample(key, now, settled(metric_catalogue()[MetricId(metric)], value))

    def _note_restart(self, hail: dict[str, Raw], now: int, harvest: Harvest) -> bool:
        raw = hail.get(SYS_UPTIME)
        uptime = raw if isinstance(raw, int) else None
        before, read_at = self._hailed
        self._hailed = (uptime, now)
        if not has_restarted(before, uptime, now - read_at):
            return False
        self._half_learnt = None  # rows may have been numbered anew
        harvest.events.append(Event(self._target.id, now, "device_restarted", severity=Severity.INFO))
        return True

    async def _learn(self, hail: dict[str, Raw], now: int, harvest: Harvest) -> None:
        """Learn the device anew. When it does not bear it, what was known stays in use, and the next round goes on from here.

        So it does when the poll took too long and was ended: a slow device with many rows is learnt over several.
        """
        columns = self._half_learnt = self._half_learnt or Columns(self.dialogue, hail)
        columns.left_out = 0
        try:
            name = await self._profile_of()
            profile = self._catalogue.profiles[name]
            self.dialogue.begin_learning(profile.get_at_once, profile.repetitions)
            learnt = await learn(profile, columns, now)
            self.dialogue.leave_out(_beyond_v1(learnt.asks))
        except (Transient, Poison):
            harvest.dropped["learning"] += 1
            return
        self._half_learnt = None
        if columns.left_out:
            harvest.dropped["too_many_rows"] += columns.left_out
        self._known = _after(self._known, _Known(name, profile, learnt, CounterMemory(self._target.shortest_rate_s)))
        harvest.facts = self._facts(self._known, now)
        harvest.samples += self._days_left(learnt.inventory.licences, now)

    def _days_left(self, licences: Iterable[Licence], now: int) -> Iterator[Sample]:
        """Of each licence that says when it ends, below 0 when it has ended; of one name the one that ends last."""
        ends = {each.name: each.expires_at for each in sorted(licences, key=lambda each: each.expires_at)}
        for name, expires_at in ends.items():
            if expires_at:
                yield self._sample("licence_days_left", (expires_at - now) / 86_400_000, now, name)

    async def _profile_of(self) -> str:
        if self._target.profile != AUTO:
            return self._target.profile
        return await recognise(self._catalogue, self._identity, self.dialogue)

    async def _read(self, cadences: frozenset[Cadence], hail: dict[str, Raw], now: int, harvest: Harvest) -> None:
        if self._known is None:
            return
        learnt, memory = self._known.learnt, self._known.memory
        asks = due(learnt.asks, cadences)
        answers = dict(hail)
        is_cut_short = False
        try:
            await self.dialogue.get([oid for oid in wanted_oids(asks) if oid not in answers], answers)
        except (Transient, Poison) as error:
            harvest.dropped[error.reason if isinstance(error, Poison) else "no_answer"] += 1
            is_cut_short = True
        # a part that was not reached is missing in its sum, where one that the device does not have is none
        answered = [ask for ask in asks if ask.choose(answers) or (is_cut_short and ask.is_part)]
        merge(harvest, decode_poll(self._target.id, answered, answers, memory, now))
        if Cadence.NORMAL in cadences:
            normal = due(answered, frozenset({Cadence.NORMAL}))
            percent = self._known.completeness.percent([ask.name for ask in normal if ask.is_given(answers)], now)
            if percent is not None:
                harvest.samples.append(self._sample("poll_complete_percent", percent, now))

    async def _look_around(self, now: int, harvest: Harvest) -> None:
        """Read who is seen on the ports of a network device."""
        known = self._known
        if known is None or (self._target.kind or known.profile.kind) not in NETWORK_KINDS:
            return
        self.dialogue.begin()
        document = await self._stations.look(known.profile, self.dialogue, self._ports(), now, harvest.dropped)
        if document is not None:
            harvest.documents.append(document)

    def _facts(self, known: _Known, now: int) -> DeviceFacts:
        target, facts = self._target, known.learnt.facts
        return DeviceFacts(
            target.id,
            target.kind or known.profile.kind,
            now,
            name=target.name or facts["name"],
            room=target.room,
            profile=known.profile_name,
            vendor=facts["vendor"],
            model=facts["model"],
            serial=facts["serial"],
            firmware=facts["firmware"],
            hardware=facts["hardware"],
            address=str(target.address),
            uplinks=target.uplinks,
            uplink_capacity_bps=target.uplink_capacity_bps,
            ports=known.learnt.ports,
            neighbours=known.learnt.neighbours,
            system_name=known.learnt.system_name,
            macs=known.learnt.macs,
            **known.learnt.inventory._asdict(),
        )


def _beyond_v1(asks: Iterable[Ask]) -> Iterator[str]:
    """The OIDs that version 1 has no type for (RFC 3584, section 4.2)."""
    return (ask.at(r.oid) for ask in asks for r in ask.readings() if r.type is PointType.COUNTER64)


def _after(before: _Known | None, fresh: _Known) -> _Known:
    """`fresh` with what still holds of what was known before."""
    if before is None or before.profile_name != fresh.profile_name:
        return fresh
    before.memory.forget_all_but({ask.instance for ask in fresh.learnt.asks})
    is_another = is_another_device(before.learnt.facts, fresh.learnt.facts)
    completeness = fresh.completeness if is_another else before.completeness
    return replace(fresh, memory=before.memory, completeness=completeness)
