"""What comes and goes: one alert that stands while it does, told once, and once more when it is steady. Pure.

Each opening of the same fault adds 1 to its score, which halves every hour; above `OVER` it is flapping. That is route-flap
damping (RFC 2439: a penalty with exponential decay, and a ceiling), rather than a window over the last checks as Nagios
has it: what comes here are changes, not checks, a key costs two numbers however often it changes, and both are found again
in the alerts themselves after a restart. Four openings within half an hour are too many, and so is one each half hour
for three hours; one an hour is not.

While it flaps the alert stays open, whatever is judged, so that whoever follows alerts sees one. It is over when nothing
has changed for `QUIET_MS`: then the alert is steadily bad and goes on, or is closed as of when it was good. The score is
left as it is: a fault that has just been steady for half an hour and comes again is flapping at once.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from controller.alerts.model import AlertKey, TrailStep
from controller.alerts.reasons import lasting

HALF_LIFE_MS: Final = 3_600_000
OVER: Final = 3.0
CEILING: Final = 6.0
"""No score is higher, so that nothing is flapping for ever."""
QUIET_MS: Final = 1_800_000
REMEMBERED_MS: Final = 6 * HALF_LIFE_MS
"""A score of so long ago counts for nothing any more."""
FLAPPING: Final = "flapping"


class Score(NamedTuple):
    """How often a fault opened lately, as of `at` (UTC ms)."""

    value: float
    at: int


class Restless(NamedTuple):
    """An alert that comes and goes. `is_bad` is what was judged last, at `changed_at` (UTC ms)."""

    alert: int
    changes: int
    score: Score
    changed_at: int
    is_bad: bool

    def after(self, at: int, *, is_bad: bool) -> "Restless":
        """The same after a judgement; equal to this one when nothing changed."""
        if is_bad == self.is_bad:
            return self
        score = raised(self.score, at) if is_bad else self.score
        return Restless(self.alert, self.changes + 1, score, max(at, self.changed_at), is_bad)

    def is_steady(self, now: int) -> bool:
        """Whether it has been quiet for long enough."""
        return now - self.changed_at >= QUIET_MS


def raised(score: Score | None, at: int) -> Score:
    """The score after one more opening.

    >>> raised(Score(2.0, 0), HALF_LIFE_MS)
    Score(value=2.0, at=3600000)
    """
    if score is None:
        return Score(1.0, at)
    decayed = score.value * 0.5 ** (max(at - score.at, 0) / HALF_LIFE_MS)
    return Score(min(decayed + 1.0, CEILING), max(at, score.at))


def is_flapping(score: Score) -> bool:
    """Whether that is too often."""
    return score.value > OVER


def scores_of(openings: Iterable[tuple[AlertKey, int]]) -> dict[AlertKey, Score]:
    """From openings, the earliest first."""
    found: dict[AlertKey, Score] = {}
    for key, at in openings:
        found[key] = raised(found.get(key), at)
    return found


def faded(scores: dict[AlertKey, Score], now: int) -> Iterator[AlertKey]:
    """Those that count for nothing any more."""
    return (key for key, score in scores.items() if score.at < now - REMEMBERED_MS)


def flapping_step(at: int) -> TrailStep:
    """Said when an alert is found to come and go."""
    english, chinese = lasting(QUIET_MS / 1000)
    return TrailStep(
        at,
        FLAPPING,
        "damped",
        f"opened too often lately: told once that it comes and goes, then when it has been steady for {english}",
        f"近期反复出现：仅提示一次“时好时坏”，稳定{chinese}后再提示结果",
    )


def steady_step(now: int, restless: Restless) -> TrailStep:
    """Said when it does not any more."""
    english, chinese = lasting(QUIET_MS / 1000)
    state, state_zh = ("still bad", "仍未恢复") if restless.is_bad else ("good", "已恢复正常")
    times = "once" if restless.changes == 1 else f"{restless.changes} times"
    return TrailStep(
        now,
        FLAPPING,
        "steady" if restless.is_bad else "cleared",
        f"steady for {english}, {state}; it changed {times} before",
        f"已稳定{chinese}，{state_zh}；此前变化 {restless.changes} 次",
    )
