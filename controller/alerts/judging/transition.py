"""What judgement says when something changes. Plain values between the engine's core and its recorder."""

from enum import StrEnum
from typing import NamedTuple


class Change(StrEnum):
    """Which way."""

    OPENED = "opened"
    CLEARED = "cleared"


class Judged(StrEnum):
    """What decided it."""

    SAMPLE = "sample"
    """A reading."""
    TICK = "tick"
    """Time passed with no other reading."""
    HOURS = "hours"
    """The hours its rule is bound to ended."""
    RULES = "rules"
    """The rule holds there no more."""


class Transition(NamedTuple):
    """One rule over one series changed its mind at `at` (UTC ms).

    `since` is when the condition began to hold (for an absence: when the series last spoke); `value` is the reading that
    decided, NaN for an absence. Of a group `series` is one of its members and `value` the share of them that is bad. `beside`
    is what a derived value was made of, by its kind as `controller.alerts.judging.derived.making` says.
    """

    rule: int
    series: int
    change: Change
    by: Judged
    at: int
    since: int
    value: float
    beside: tuple[float, ...] = ()


class Counts:
    """What a judgement did with the samples that concern it; only ever grows."""

    def __init__(self) -> None:
        self.judged = 0
        self.late = 0
        """Measured too long before they arrived: out of a spool."""
        self.superseded = 0
        """Not newer than what was judged already."""
