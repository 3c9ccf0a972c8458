"""A fault and what followed from it as bars over one stretch of time. Pure: gives places in percent, the template draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from controller.alerts.model import Alert, AlertState
from controller.console.stories import Story

MOST_BARS: Final = 60
LEAST_WIDTH: Final = 0.6
"""Percent: what lasted a moment is still seen."""
_MARGIN: Final = 0.02


@dataclass(frozen=True)
class Bar:
    """One alert: where it begins and how long it lasted, in percent of the whole; `is_cause` of the first one."""

    story: Story
    left: float
    width: float
    is_cause: bool

    @property
    def is_open(self) -> bool:
        """Whether it still lasts."""
        return self.story.alert.state is AlertState.OPEN


@dataclass(frozen=True)
class Timeline:
    """Bars from `start` to `end` (UTC ms), the cause first, the others by when they began; `omitted` of them are not drawn."""

    start: int
    end: int
    bars: tuple[Bar, ...]
    omitted: int


def timeline(cause: Story, followers: Sequence[Story], now: int) -> Timeline:
    """The time line of one fault."""
    ordered = [cause, *sorted(followers, key=lambda story: (story.alert.opened_at, story.alert.id))]
    shown = ordered[: MOST_BARS + 1]
    first = min(story.alert.opened_at for story in shown)
    last = max(_end(story.alert, now) for story in shown)
    margin = max(1000, round((last - first) * _MARGIN))
    start, length = first - margin, last - first + 2 * margin
    bars = [
        Bar(
            story,
            100 * (story.alert.opened_at - start) / length,
            max(LEAST_WIDTH, 100 * (_end(story.alert, now) - story.alert.opened_at) / length),
            is_cause=story is cause,
        )
        for story in shown
    ]
    return Timeline(start, start + length, tuple(bars), len(ordered) - len(shown))


def _end(alert: Alert, now: int) -> int:
    return max(alert.opened_at, alert.cleared_at or now)
