"""One poll's answers to samples. Pure but for `CounterMemory`, which holds the readings before."""

from collections import Counter
from collections.abc import Iterable

from agent.collect.port import Harvest
from agent.decode.counter import CounterReading, Rate, Step, rate_between
from agent.decode.plan import Ask
from agent.decode.value import bits_of, is_ignored, mapped, number_of, settled, si_factor, state_of
from campus.errors import Poison
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import catalogue
from campus.samples import Sample, SeriesKey
from firmware_profiles.model import PointType, Reading
from firmware_profiles.raw import Raw, text_of
from firmware_profiles.select import taken

SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
_SPEED = MetricId("if_speed_bps")
SHORTEST_RATE_S = 8.0
"""Devices refresh counters every 5 to 10 s: over less than that a rate is nothing, or all that was counted since."""
_NOT_WRONG = frozenset({Step.FIRST, Step.TOO_SOON})
_SPARE = 4
"""A busy port may seem to carry more than its speed: devices refresh counters every few seconds, and two refreshes may fall
between two polls. What is beyond this never happened."""


class CounterMemory:
    """The reading of each counter of one device that the next rate begins at, and the speed of its ports."""

    def __init__(self, shortest_s: float = SHORTEST_RATE_S) -> None:
        """`shortest_s`: no rate is taken over less."""
        self._shortest_ms = shortest_s * 1000
        self._last: dict[tuple[str, str, str], CounterReading] = {}
        self.speed_bps: dict[str, float] = {}

    def step(self, key: tuple[str, str, str], now: CounterReading, kind: PointType, most_per_s: float) -> Rate:
        """The rate since the last reading, which `now` replaces; one that comes too soon after it leaves it in its place.

        So a reading out of turn takes nothing from the next regular one, whose rate spans the whole interval.
        """
        before = self._last.get(key)
        rate = rate_between(before, now, kind, most_per_s)
        if before is not None and rate.per_s is not None and now.read_at - before.read_at < self._shortest_ms:
            return Rate(Step.TOO_SOON)
        self._last[key] = now
        return rate

    def forget_all_but(self, instances: set[str]) -> None:
        """Drop what belongs to rows that are gone."""
        self._last = {key: reading for key, reading in self._last.items() if key[1] in instances}
        self.speed_bps = {name: speed for name, speed in self.speed_bps.items() if name in instances}


def decode_poll(
    device: DeviceId, asks: Iterable[Ask], answers: dict[str, Raw], memory: CounterMemory, measured_at: int
) -> Harvest:
    """Samples of the asks that were answered. One that was not, or is wrong, is left out and counted by reason.

    A counter's first reading, and one too soon after another, give nothing and are not counted as dropped: nothing is wrong
    with them. Parts of one value are added up; when one of them gives none there is no sum.
    """
    harvest = Harvest()
    sums: dict[SeriesKey, float] = {}
    broken: set[SeriesKey] = set()
    uptime = answers.get(SYS_UPTIME)
    uptime_ticks = uptime if isinstance(uptime, int) else None
    for ask in asks:
        try:
            value = _value(ask, answers, memory, measured_at, uptime_ticks)
        except Poison as poison:
            if poison.reason not in _NOT_WRONG:
                harvest.dropped[poison.reason] += 1
            if ask.is_part:
                broken.add(_key(device, ask))
            continue
        if value is None:
            continue
        if ask.point.metric == _SPEED:
            memory.speed_bps[ask.instance] = value
        key = _key(device, ask)
        if ask.is_part:
            sums[key] = sums.get(key, 0.0) + value
        else:
            harvest.samples.append(Sample(key, measured_at, value))
    harvest.samples += [Sample(key, measured_at, value) for key, value in sums.items() if key not in broken]
    return harvest


def _key(device: DeviceId, ask: Ask) -> SeriesKey:
    return SeriesKey(device, MetricId(ask.point.metric), Instance(ask.instance))


def _value(
    ask: Ask, answers: dict[str, Raw], memory: CounterMemory, measured_at: int, uptime_ticks: int | None
) -> float | None:
    """The value, None where there rightly is none."""
    reading = ask.chosen
    raw = answers.get(ask.at(reading.oid)) if reading else None
    if reading is None or raw is None:
        raise Poison("missing", "the device does not answer this, or no longer")
    if is_ignored(raw, reading.ignore):
        return None
    metric = catalogue()[MetricId(ask.point.metric)]
    if reading.joined:
        raw = " ".join(text_of(answers.get(ask.at(oid))) for oid in (reading.oid, *reading.joined)).strip()
    if reading.pattern:
        raw = taken(reading.pattern, text_of(raw))
    if reading.type is PointType.STATE:
        return state_of(metric, raw, ask.point.states)
    if reading.type is PointType.BITS:
        return bits_of(metric, raw, ask.point.states)
    if reading.type.counts:
        return _rate(ask, reading, raw, answers, memory, measured_at, uptime_ticks)
    return settled(metric, reading.scaled(_number(ask, reading, raw, answers)) + reading.offset)


def _number(ask: Ask, reading: Reading, raw: Raw, answers: dict[str, Raw]) -> float:
    def at(oid: str) -> float:
        return number_of(answers.get(ask.at(oid)))

    number = mapped(raw, reading.values) * (0.01 if reading.type is PointType.TIMETICKS else 1.0)
    number += sum(at(oid) for oid in reading.plus) - sum(at(oid) for oid in reading.minus)
    if reading.prefix:
        number *= si_factor(at(reading.prefix))
    if reading.precision:
        number /= 10 ** max(at(reading.precision), 0)  # below 0 it tells how exact floating point numbers are
    if not reading.of:
        return number
    whole = sum(at(oid) for oid in reading.whole)
    if whole <= 0:
        raise Poison("no_whole", "a part of nothing")
    return number / whole


def _rate(
    ask: Ask,
    reading: Reading,
    raw: Raw,
    answers: dict[str, Raw],
    memory: CounterMemory,
    measured_at: int,
    uptime_ticks: int | None,
) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise Poison("not_a_number", "a counter that is no whole number")
    jumped = answers.get(ask.discontinuity) if ask.discontinuity else None
    now = CounterReading(raw, measured_at, uptime_ticks, jumped if isinstance(jumped, int) else None)
    speed = memory.speed_bps.get(ask.instance, 0.0)
    most_per_s = speed * _SPARE / abs(reading.scale) if speed and ask.point.metric.endswith("_bps") else float("inf")
    where = ask.at(reading.oid) if ask.is_part else reading.oid  # rows may be numbered anew, but parts share a name
    rate = memory.step((ask.point.metric, ask.instance, where), now, reading.type, most_per_s)
    if rate.per_s is None:
        raise Poison(rate.step, "no rate between these readings")
    if rate.per_s > most_per_s:
        raise Poison("out_of_range", "more than the port can carry")
    return settled(catalogue()[MetricId(ask.point.metric)], rate.per_s * reading.scale + reading.offset)


def merge(into: Harvest, other: Harvest) -> None:
    """Add what `other` gave."""
    into.samples += other.samples
    into.events += other.events
    into.dropped += Counter(other.dropped)
    into.facts = other.facts or into.facts
