"""What is derived of samples, the obvious way: one subject, one sample at a time. What the arrays are held against."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from controller.alerts.judging.limits import Limits, limits_of
from controller.alerts.judging.transition import Change, Judged
from controller.alerts.model import Rule
from tests.unit.alerts.naive import NaiveBinding

Key = tuple[str, str, str]
"""Device, metric, instance."""
Sample = tuple[Key, int, float]
Told = tuple[Change, Judged, int, int]
SILENT_MS = 900_000
HOUR_MS = 3_600_000


class Subject:
    """Judges what is made of it, an instant as late as those before at least."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._binding = NaiveBinding(0, 0, _limits(rule))

    def made(self, at: int, value: float) -> None:
        """A value, NaN where it is not known."""
        self._binding.last_at = 0
        self._binding.hear(at, value, at)

    def tick(self, now: int) -> None:
        """Time passes."""
        self._binding.tick(now)

    def hear(self, batch: Sequence[Sample]) -> None:
        """Samples of any series, in the order they were measured, no instant of a series twice."""
        raise NotImplementedError

    @property
    def told(self) -> list[Told]:
        """What was told so far."""
        return [(each.change, each.by, each.at, each.since) for each in self._binding.told]


def _limits(rule: Rule) -> Limits:
    return limits_of(rule)


@dataclass
class NaiveChange(Subject):
    """A rise of one series."""

    rule: Rule
    key: Key
    within_ms: int
    kept: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.rule)

    def hear(self, batch: Sequence[Sample]) -> None:
        for key, at, value in batch:
            if key != self.key:
                continue
            limit = at - self.within_ms
            older = [then for moment, then in self.kept[-16:] if limit - self.within_ms <= moment <= limit]
            self.made(at, value - older[-1] if older else math.nan)
            if not self.kept or at - self.kept[-1][0] >= self.within_ms // 8:
                self.kept.append((at, value))


@dataclass
class NaiveBaseline(Subject):
    """One series against a table by hour: what is usual, and how far from it is allowed."""

    rule: Rule
    key: Key
    usual: Mapping[int, tuple[float, float]]

    def __post_init__(self) -> None:
        super().__init__(self.rule)

    def hear(self, batch: Sequence[Sample]) -> None:
        for key, at, value in batch:
            if key == self.key:
                usual, allowed = self.usual.get(at // HOUR_MS, (math.nan, math.nan))
                self.made(at, (value - usual) / allowed)


@dataclass
class NaiveGroup(Subject):
    """The share of members that are bad."""

    rule: Rule
    members: Callable[[Key], bool]
    is_bad: Callable[[float], bool]
    least: int
    heard: dict[Key, tuple[int, bool]] = field(default_factory=dict)
    newest_at: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.rule)

    def hear(self, batch: Sequence[Sample]) -> None:
        ours = [(key, at, value) for key, at, value in batch if self.members(key)]
        newest_at = self.newest_at
        for moment in sorted({max(at, newest_at) for _, at, _ in ours}):
            for key, at, value in ours:
                if max(at, newest_at) == moment:
                    self.heard[key] = at, self.is_bad(value)
            self._look(moment)

    def tick(self, now: int) -> None:
        silent = [key for key, (at, _) in self.heard.items() if at < now - SILENT_MS]
        for key in silent:
            del self.heard[key]
        if silent:
            self._look(max(now, self.newest_at))
        super().tick(now)

    def _look(self, at: int) -> None:
        self.newest_at = at
        bad = [is_bad for _, is_bad in self.heard.values()]
        self.made(at, sum(bad) / len(bad) if len(bad) >= self.least else math.nan)


@dataclass
class NaiveExpression(Subject):
    """A formula over the newest values of a part of a device, or of the device where the part has none."""

    rule: Rule
    head: Key
    metrics: Sequence[str]
    truth: Callable[..., float]
    known: set[Key] = field(default_factory=set)
    newest: dict[Key, float] = field(default_factory=dict)
    newest_at: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.rule)

    def inputs(self) -> list[Key | None]:
        """The series it speaks of, as far as there are any."""
        device, _, part = self.head
        ways = [[(device, metric, part), (device, metric, "")] for metric in self.metrics]
        return [next((key for key in way if key in self.known), None) for way in ways]

    def hear(self, batch: Sequence[Sample]) -> None:
        inputs = self.inputs()
        begun_at = self.newest_at
        ours = [(key, at, value) for key, at, value in batch if key in inputs]
        moments = sorted({max(at, begun_at) for _, at, _ in ours})
        for moment in moments:
            for key, at, value in ours:
                if max(at, begun_at) == moment:
                    self.newest[key] = value
            self.newest_at = moment
            values = [self.newest.get(key, math.nan) if key else math.nan for key in inputs]
            self.made(moment, math.nan if any(map(math.isnan, values)) else self.truth(*values))


def in_order(batch: Iterable[Sample]) -> list[Sample]:
    """As they were measured; of two of one instant of a series the one that arrived first."""
    seen: dict[tuple[Key, int], float] = {}
    for key, at, value in batch:
        seen.setdefault((key, at), value)
    return [(key, at, value) for (key, at), value in sorted(seen.items(), key=lambda each: each[0][1])]
