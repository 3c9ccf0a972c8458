"""Counters to rates: a reset, a wrap, a reboot and a discontinuity told apart. Pure.

Both readings, the width, sysUpTime and ifCounterDiscontinuityTime (RFC 2863) are known here and nowhere downstream.
"""

from enum import StrEnum
from typing import NamedTuple

from firmware_profiles.model import PointType

UPTIME_WRAP_TICKS = 1 << 32
UPTIME_SLACK_TICKS = 3000
"""30 s: how far sysUpTime may lag behind the agent's clock before a lower value means a restart."""


class CounterReading(NamedTuple):
    """One reading. `uptime_ticks` and `discontinuity_ticks` are None where the device does not tell them."""

    raw: int
    read_at: int
    uptime_ticks: int | None = None
    discontinuity_ticks: int | None = None


class Step(StrEnum):
    """What lies between two readings. Only `MOVED` and `WRAPPED` give a rate."""

    FIRST = "counter_first"
    TOO_SOON = "counter_too_soon"
    MOVED = "moved"
    WRAPPED = "wrapped"
    RESET = "counter_reset"
    RESTARTED = "device_restarted"
    DISCONTINUITY = "counter_discontinuity"
    NO_TIME = "counter_no_time"


class Rate(NamedTuple):
    """How many per second, and how that was found; `per_s` is None when there is none."""

    step: Step
    per_s: float | None = None


def has_restarted(before: int | None, now: int | None, elapsed_ms: int) -> bool:
    """Whether sysUpTime (1/100 s) says that the device restarted between two readings.

    It goes back to 0 after 497 days without any restart: where it would have, and stands where it then should, nothing happened.

    >>> has_restarted(360_000, 500, 60_000), has_restarted(4_294_966_000, 4_704, 60_000)
    (True, False)
    """
    if before is None or now is None or now >= before:
        return False
    expected = before + elapsed_ms // 10
    return expected < UPTIME_WRAP_TICKS or abs(now - (expected - UPTIME_WRAP_TICKS)) > UPTIME_SLACK_TICKS


def rate_between(
    before: CounterReading | None, now: CounterReading, kind: PointType, most_per_s: float = float("inf")
) -> Rate:
    """The rate between two readings of a counter; `most_per_s` is what the port can carry at all.

    A 32-bit counter that stands lower has wrapped once if that leaves a rate that is possible, and less than half its
    range passed; otherwise it was reset. A 64-bit counter that stands lower was reset: it takes centuries to wrap.

    >>> a, b = CounterReading(4_294_967_000, 0), CounterReading(704, 10_000)
    >>> rate_between(a, b, PointType.COUNTER32)
    Rate(step=<Step.WRAPPED: 'wrapped'>, per_s=100.0)
    """
    if before is None:
        return Rate(Step.FIRST)
    elapsed_ms = now.read_at - before.read_at
    if elapsed_ms <= 0:
        return Rate(Step.NO_TIME)
    if has_restarted(before.uptime_ticks, now.uptime_ticks, elapsed_ms):
        return Rate(Step.RESTARTED)
    if None not in (jumped := (before.discontinuity_ticks, now.discontinuity_ticks)) and jumped[0] != jumped[1]:
        return Rate(Step.DISCONTINUITY)
    if now.raw >= before.raw:
        return Rate(Step.MOVED, (now.raw - before.raw) * 1000 / elapsed_ms)
    if kind is PointType.COUNTER64:
        return Rate(Step.RESET)
    moved = now.raw + (1 << 32) - before.raw
    per_s = moved * 1000 / elapsed_ms
    if moved < 1 << 31 and per_s <= most_per_s:
        return Rate(Step.WRAPPED, per_s)
    return Rate(Step.RESET)
