"""All series and facts of a site, as its agent would find them with the shipped profiles.

Only what the simulator's devices need is understood: a profile that says more of something a device answers is refused with
`ConfigError`, for its history would not be what its agent sees.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from campus.errors import ConfigError
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import catalogue as metric_catalogue
from campus.samples import DeviceFacts, SeriesKey
from campus.stations import mac_of
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.model import Cadence, Message, MessagePoint, Point, PointType, Profile, Reading
from firmware_profiles.raw import instance_of, text_of
from simulator.district.device import SimDevice
from simulator.district.dice import key_of
from simulator.district.district import District
from simulator.history.formula import Constant, Formula, Jitter, Linear, Lookup, Rule, Running
from simulator.history.select import facts_of, is_kept, kept, neighbours_of, ports_of, recognised, table_rows
from simulator.history.snapshot import Snapshot
from simulator.life.columns import Columns
from simulator.life.noise import Floats
from simulator.life.site_life import SiteLife
from simulator.mib.build import site_mibs
from simulator.mib.leaf import Fixed, Gauge, Leaf, Sum, Uptime
from simulator.mqtt.message import Number, Word, shape_of
from simulator.pjlink.appearance import pjlink_facts, pjlink_formulas

_ALWAYS = -1
_NOT_UNDERSTOOD = ("joined", "pattern", "values", "prefix", "precision", "scale_from")
"""Keys of a reading that the agent obeys and this module does not."""


@dataclass(frozen=True)
class SiteSeries:
    """Formulas in the order of their keys, and the facts of every device (`address`, names and rooms are the plan's to add)."""

    formulas: tuple[Formula, ...]
    facts: tuple[DeviceFacts, ...]


def site_series(district: District, life: SiteLife, profiles: Catalogue, row: Floats, at: int) -> SiteSeries:
    """Read every device once; `row` are the site's quantities at `at`, which decide rows that depend on a value."""
    formulas: list[Formula] = []
    facts: list[DeviceFacts] = []
    mibs = site_mibs(district, life.site)
    for device in life.site.devices:
        if device.family.speaks_http:
            continue  # installed today: it has no past
        column = life.alive_column(device.id)
        if device.id in mibs:
            reader = _SnmpReader(device, Snapshot(mibs[device.id], life.columns, row), life.columns, profiles)
            formulas += reader.formulas(column, key_of(district.seed, life.site.id, device.id, "response"))
            facts.append(reader.facts(at))
        elif device.family.speaks_pjlink:
            key = key_of(district.seed, life.site.id, device.id, "response")
            formulas += pjlink_formulas(device, life.columns, column, key)
            facts.append(pjlink_facts(device, at))
        else:
            reader_mqtt = _MessageReader(device, life.columns, profiles)
            formulas += reader_mqtt.formulas(column)
            facts.append(reader_mqtt.facts(at))
    return SiteSeries(tuple(sorted(formulas, key=lambda formula: formula.key)), tuple(facts))


class _SnmpReader:
    def __init__(self, device: SimDevice, snapshot: Snapshot, columns: Columns, profiles: Catalogue) -> None:
        self._device = device
        self._snapshot = snapshot
        self._columns = columns
        self._name = recognised(profiles, snapshot)
        self._profile: Profile = profiles.profiles[self._name]
        self._rows = {name: table_rows(table, snapshot) for name, table in self._profile.tables.items()}

    def formulas(self, alive: int, key: int) -> list[Formula]:
        found = _reachable(self._device.id, alive)
        found.append(_formula(self._device.id, "response_time_ms", "", Jitter(key), alive))
        asks = [(p, "", p.instance) for p in self._profile.points if is_kept(p, self._snapshot)]
        for name, table in self._profile.tables.items():
            rows = self._rows[name]
            for point in table.points:
                there = set(kept([index for index, _ in rows], point.where, self._snapshot))
                asks += [(point, i, instance_of(f"{row} {point.instance}")) for i, row in rows if i in there]
        has_normal = False
        for point, index, instance in asks:
            rule = self._rule(point, index)
            if rule is not None:
                self._refuse_if(point.metric, {"named_by": point.named_by})
                found.append(_formula(self._device.id, point.metric, instance, rule, alive))
                has_normal = has_normal or point.cadence is Cadence.NORMAL
        if has_normal:
            found.append(_formula(self._device.id, "poll_complete_percent", "", Constant(100.0), alive))
        for series, times in Counter(formula.key for formula in found).items():
            self._refuse_if(series.metric, {f"two readings of {series.instance!r}": times > 1})
        return found

    def _refuse_if(self, metric: str, said: dict[str, object]) -> None:
        """`ConfigError` when the profile says any of these things."""
        if beyond := [word for word, value in said.items() if value]:
            raise ConfigError(
                f"profile {self._name}, {metric}: {', '.join(beyond)} is beyond what the simulated history of "
                f"{self._device.id} understands: teach simulator/history/series.py, or simulate the device without it"
            )

    def facts(self, at: int) -> DeviceFacts:
        said: dict[str, Any] = dict(facts_of(self._profile, self._snapshot))
        ports = ports_of(self._profile, self._rows, self._snapshot)
        device = self._device
        return DeviceFacts(
            DeviceId(device.id),
            device.kind,
            at,
            name=said.pop("name"),
            profile=self._name,
            ports=ports,
            neighbours=neighbours_of(self._profile, {port.instance for port in ports}, self._snapshot),
            **said,
        )

    def _rule(self, point: Point, index: str) -> Rule | None:
        """The first way to read it that gives a value; None when the device has none."""
        for reading in (point, *point.otherwise):
            leaf = self._leaf(reading.oid, index)
            if leaf is None or (
                isinstance(leaf, Fixed) and text_of(leaf.text) in {str(word) for word in reading.ignore}
            ):
                continue
            self._refuse_if(point.metric, {key: getattr(reading, key) for key in _NOT_UNDERSTOOD})
            self._refuse_if(point.metric, {"type: bits": reading.type is PointType.BITS})
            if reading.type is PointType.STATE:
                return _state_rule(leaf, point, self._columns)
            return self._number_rule(leaf, reading, index)
        return None

    def _number_rule(self, leaf: Leaf, reading: Reading, index: str) -> Rule | None:
        if isinstance(leaf, Uptime):
            return Running()
        if isinstance(leaf, Sum):
            return Linear(self._columns[leaf.column], leaf.share, 0.0, reading.scale, reading.offset, is_whole=False)
        whole = 1.0
        if reading.of:
            whole = sum(self._constant(oid, index) for oid in reading.whole)
            if whole <= 0:
                return None
        moving = [(1.0, leaf), *((1.0, self._leaf(oid, index)) for oid in reading.plus)]
        moving += [(-1.0, self._leaf(oid, index)) for oid in reading.minus]
        return _summed(moving, reading.scale / whole, reading.offset, self._columns)

    def _constant(self, oid: str, index: str) -> float:
        leaf = self._leaf(oid, index)
        return float(leaf.text) if isinstance(leaf, Fixed) else 0.0

    def _leaf(self, oid: str, index: str) -> Leaf | None:
        return self._snapshot.leaf(f"{oid}.{index}" if index else oid)


class _MessageReader:
    def __init__(self, device: SimDevice, columns: Columns, profiles: Catalogue) -> None:
        self._device = device
        self._columns = columns
        self._shape = shape_of(device)
        self._heard = list(profiles.heard_on(self._shape.topic))

    def formulas(self, alive: int) -> list[Formula]:
        found = _reachable(self._device.id, alive)
        for _, message, _ in self._heard:
            for point in message.points:
                found += self._point(point, alive)
        return found

    def facts(self, at: int) -> DeviceFacts:
        name, message, _ = self._heard[0]
        words: dict[str, Any] = {fact: self._fact(message, fact) for fact in message.facts.__struct_fields__}
        mac = mac_of(words.pop("mac"))
        return DeviceFacts(
            DeviceId(self._device.id), self._device.kind, at, profile=name, macs=(mac,) if mac else (), **words
        )

    def _fact(self, message: Message, fact: str) -> str:
        source: str = getattr(message.facts, fact)
        if not source.startswith("/"):
            return source
        return text_of(_resolved(self._shape.body, source) or "")

    def _point(self, point: MessagePoint, alive: int) -> list[Formula]:
        elements = _resolved(self._shape.body, point.each) if point.each else [self._shape.body]
        found = []
        for element in elements or []:
            rule = self._rule(point, _resolved(element, point.pointer))
            instance = point.instance
            if instance.startswith("/"):
                instance = str(_resolved(element, point.instance))
            if rule is not None:
                found.append(_formula(self._device.id, point.metric, instance, rule, alive))
        return found

    def _rule(self, point: MessagePoint, part: Any) -> Rule | None:
        match part:
            case Number(column=column, digits=digits):
                step = 10.0**digits
                return Linear(self._columns[column], step, 0.0, point.scale / step, point.offset)
            case Word(column=column, words=words):
                metric = metric_catalogue()[MetricId(point.metric)]
                numbers = {
                    raw: metric.state_value(point.states[word]) for raw, word in words.items() if word in point.states
                }
                return Lookup(self._columns[column], tuple(sorted((raw, float(n)) for raw, n in numbers.items())))
            case _:
                return None


def _reachable(device: str, alive: int) -> list[Formula]:
    return [_formula(device, "reachable", "", Linear(alive), _ALWAYS)]


def _formula(device: str, metric: str, instance: str, rule: Rule, alive: int) -> Formula:
    key = SeriesKey(DeviceId(device), MetricId(metric), Instance(instance))
    return Formula(key, rule, metric_catalogue()[key.metric].resolution, alive)


def _state_rule(leaf: Leaf, point: Point, columns: Columns) -> Rule | None:
    metric = metric_catalogue()[MetricId(point.metric)]
    numbers = {int(raw): float(metric.state_value(name)) for raw, name in point.states.items()}
    match leaf:
        case Fixed(text=text):
            return Constant(numbers[int(text)])
        case Gauge(column=column):
            return Lookup(columns[column], tuple(sorted(numbers.items())))
        case _:
            return None


def _summed(parts: list[tuple[float, Leaf | None]], scale: float, offset: float, columns: Columns) -> Rule | None:
    """Constants and at most one moving part, summed with their signs."""
    fixed, moving = 0.0, None
    for sign, leaf in parts:
        match leaf:
            case Fixed(text=text):
                fixed += sign * float(text)
            case Gauge() if moving is None:
                moving = (sign, leaf)
            case _:
                return None
    if moving is None:
        return Constant(fixed * scale + offset)
    sign, gauge = moving
    return Linear(columns[gauge.column], gauge.scale, gauge.offset, sign * scale, fixed * scale + offset)


def _resolved(body: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) leads to, None where it leads nowhere."""
    for step in pointer.split("/")[1:]:
        if isinstance(body, dict):
            body = body.get(step)
        elif isinstance(body, list) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        else:
            return None
    return body
