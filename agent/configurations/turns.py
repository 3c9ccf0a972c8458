"""When each configuration is fetched: nightly at its own time, soon after a sign of change, later after a failure. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from agent.configurations.port import Problem
from agent.schedule import stable_share
from agent.traps.storm import SAME_WITHIN_S

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
RETRY_MS = 10 * _MINUTE_MS
RETRY_MAX_MS = 6 * _HOUR_MS
AFTER_REFUSAL_MS = 6 * _HOUR_MS
"""A wrong password is tried once; a device that counts wrong ones forgets them in this time."""
AFTER_REFUSAL_MAX_MS = 48 * _HOUR_MS
NEEDS_PERSON_MS = _HOUR_MS
NEEDS_PERSON_MAX_MS = 24 * _HOUR_MS
SETTLE_AT_MOST = 10


@dataclass(frozen=True)
class Night:
    """The time of day in which configurations are fetched: minutes after midnight, and how long."""

    start_min: int
    length_min: int

    def next(self, device: str, after: int, zone: tzinfo | None = None) -> int:
        """The device's first moment in this window after `after` (UTC ms); `zone` None is the machine's own.

        >>> Night(60, 240).next("sw-1", 0, UTC) < 5 * 3_600_000
        True
        """
        local = datetime.fromtimestamp(after / 1000, tz=UTC).astimezone(zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        own = timedelta(minutes=self.start_min, seconds=stable_share(device, self.length_min * 60))
        for day in (-1, 0, 1, 2):
            at = round((midnight + timedelta(days=day) + own).timestamp() * 1000)
            if at > after:
                return at
        raise AssertionError("a window comes every day")


def parse_night(text: str) -> Night | None:
    """A window from ``01:00-05:00``, which may pass midnight; None when it is none.

    >>> parse_night("23:00-02:30")
    Night(start_min=1380, length_min=210)
    """
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if found is None:
        return None
    start, end = (60 * int(found[place]) + int(found[place + 1]) for place in (1, 3))
    return Night(start, (end - start) % 1440 or 1440)


class Standing(msgspec.Struct):
    """How one device's snapshots stand; remembered over restarts. Instants in UTC ms, 0 for never."""

    wanted_since: int = 0
    read_at: int = 0
    not_before: int = 0
    failures: int = 0
    """In a row."""
    told: str = ""
    """The problem that was told as an event and has not ended."""
    proof: str = ""
    """What the device was shown last, as a keyed digest."""
    is_saved: bool | None = None

    def meet(self, proof: str) -> None:
        """At a start: what the device will be shown. When that was mended, nothing is waited for."""
        if proof != self.proof:
            self.not_before, self.failures = 0, 0
        self.proof = proof

    def succeeded(self, now: int) -> None:
        """A snapshot was taken."""
        self.read_at, self.not_before, self.failures, self.told = now, 0, 0, ""

    def failed(self, problem: Problem, now: int) -> None:
        """None was taken; try again later, and later each time."""
        first, most = RETRY_MS, RETRY_MAX_MS
        if problem.counts_as_attack:
            first, most = AFTER_REFUSAL_MS, AFTER_REFUSAL_MAX_MS
        elif problem.needs_person:
            first, most = NEEDS_PERSON_MS, NEEDS_PERSON_MAX_MS
        self.not_before = now + min(first << min(self.failures, 16), most)
        self.failures += 1


@dataclass
class Signs:
    """What a device told of changes since its configuration was read last."""

    first_at: int = 0
    last_at: int = 0
    again_at: int = 0
    """When to look once more: a trap that says the same as one a minute before is taken for a repetition and not told."""

    def note(self, now: int) -> None:
        """It told of another one."""
        self.first_at = self.first_at or now
        self.last_at = now

    def due(self, settle_s: float) -> int | None:
        """When to read after them, None when there are none: changes come in rows, but waiting has an end."""
        if not self.last_at:
            return self.again_at or None
        settle_ms = round(settle_s * 1000)
        return min(self.last_at + settle_ms, self.first_at + SETTLE_AT_MOST * settle_ms)

    def after_reading(self, settle_s: float) -> "Signs":
        """What is left of them once the configuration was read: to look again when a repetition counts as news."""
        return Signs(again_at=self.last_at + round((SAME_WITHIN_S + settle_s) * 1000) if self.last_at else 0)


def due_at(standing: Standing, signs: Signs, night: Night, device: str, earliest: int, settle_s: float) -> int:
    """When to fetch next (UTC ms); `earliest`: not before, so that after a start not all devices are asked at once."""
    usual = max(earliest, night.next(device, standing.read_at)) if standing.read_at else earliest
    wanted = signs.due(settle_s)
    return max(standing.not_before, usual if wanted is None else min(usual, wanted))
