"""The alert engine's core written the obvious way: one object per rule and series, one sample at a time."""

import math
from dataclasses import dataclass, field

from campus.delivery import LATE_AFTER_MS
from controller.alerts.judging.limits import Limits
from controller.alerts.judging.timing import TICK_SLACK_MS
from controller.alerts.judging.transition import Change, Judged, Transition


@dataclass
class NaiveBinding:
    """One rule over one series."""

    series: int
    rule: int
    limits: Limits
    phase: str = "good"
    since: int = 0
    last_at: int = 0
    value: float = 0.0
    told: list[Transition] = field(default_factory=list)

    def _is_bad(self, value: float) -> bool:
        if self.limits.states:
            return bool(self.limits.states >> int(value) & 1)
        return self.limits.sign * value > self.limits.level

    def _is_good(self, value: float) -> bool:
        if self.limits.states:
            return not self._is_bad(value)
        return self.limits.sign * value <= self.limits.clear

    def hear(self, at: int, value: float, received_at: int) -> None:
        """One sample, in the order it was measured."""
        if at < received_at - LATE_AFTER_MS or at <= self.last_at:
            return
        self.last_at = at
        bad, good = self._is_bad(value), self._is_good(value)
        if self.phase == "pending" and not bad:
            self.phase = "good"
        elif self.phase == "clearing" and not good:
            self.phase = "open"
        elif self.phase == "good" and bad:
            self.phase, self.since = "pending", at
        elif self.phase == "open" and good:
            self.phase, self.since = "clearing", at
        self.value = value
        if self.phase == "pending" and at - self.since >= self.limits.hold_ms:
            self._tell("open", Change.OPENED, Judged.SAMPLE, at, value)
        elif self.phase == "clearing" and at - self.since >= self.limits.clear_hold_ms:
            self._tell("good", Change.CLEARED, Judged.SAMPLE, at, value)

    def tick(self, now: int) -> None:
        """Time passes."""
        waited = now - TICK_SLACK_MS - self.since
        if self.phase == "pending" and waited >= self.limits.hold_ms:
            self._tell("open", Change.OPENED, Judged.TICK, now, self.value)
        elif self.phase == "clearing" and waited >= self.limits.clear_hold_ms:
            self._tell("good", Change.CLEARED, Judged.TICK, now, self.value)

    def _tell(self, phase: str, change: Change, by: Judged, at: int, value: float) -> None:
        self.phase = phase
        self.told.append(Transition(self.rule, self.series, change, by, at, self.since, value))


@dataclass
class NaiveSilence:
    """One absence rule over one series."""

    series: int
    rule: int
    after_ms: int
    heard_at: int
    is_open: bool = False
    told: list[Transition] = field(default_factory=list)

    def hear(self, at: int, received_at: int) -> None:
        """One sample."""
        late = at < received_at - LATE_AFTER_MS
        self.heard_at = max(self.heard_at, at if late else received_at)
        if self.is_open and not late:
            self.is_open = False
            self._tell(Change.CLEARED, Judged.SAMPLE, received_at)

    def tick(self, now: int) -> None:
        """Time passes."""
        if not self.is_open and now - self.heard_at > self.after_ms:
            self.is_open = True
            self._tell(Change.OPENED, Judged.TICK, now)

    def _tell(self, change: Change, by: Judged, at: int) -> None:
        self.told.append(Transition(self.rule, self.series, change, by, at, self.heard_at, math.nan))
