"""The cores as they judge what is long past: no clock ticks beside them, so each works out when one would have.

A live controller hears a sample, and its clock ticks every second. Here samples come in large batches, and what the clock
would have ended between two samples of a binding is ended when the later of them is looked at, at the second it would
have been. Everything else is the live cores' own: what they decide is the same.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.alerts.judging.absence import Silences
from controller.alerts.judging.columns import Evidence, Mask, Rows
from controller.alerts.judging.judgement import Judgement, Phase
from controller.alerts.judging.layers import Numbers
from controller.alerts.judging.timing import TICK_SLACK_MS
from controller.alerts.judging.transition import Change, Judged, Transition
from controller.store.port import Ids, Times

TICK_MS: Final = 1_000
_NOT_YET: Final = -1
_NEVER: Final = np.iinfo(np.int64).max


class PastJudgement(Judgement):
    """Thresholds and their like. `tick` may come as seldom as one likes."""

    def tick(self, now: int) -> list[Transition]:
        """Holds that ended without another reading up to `now`, each at the second the clock would have ended it."""
        held = np.arange(len(self), dtype=np.int32)
        return self._tick_until(held, np.full(len(held), now, dtype=np.int64))

    def _step(self, evidence: Evidence) -> list[Transition]:
        # A sample comes before the tick of its own instant.
        return self._tick_until(evidence.binding, evidence.at - 1) + super()._step(evidence)

    def _tick_until(self, binding: Numbers, until: Times) -> list[Transition]:
        found: list[Transition] = []
        for phase, hold, to in (
            (Phase.PENDING, self._hold, Phase.OPEN),
            (Phase.CLEARING, self._clear_hold, Phase.GOOD),
        ):
            waiting = np.flatnonzero(self._phase[binding] == phase)
            some = binding[waiting]
            due = next_tick(self._since[some] + hold[self._rule[some]] + TICK_SLACK_MS)
            ended = due <= until[waiting]
            found += self._move(some[ended], due[ended], self._value[some[ended]], to, Judged.TICK)
        return found


class PastSilences(Silences):
    """Series that fell silent. A sample was heard when it was measured: how late it came is not known any more.

    Of a series that was not heard yet nothing is expected: when it spoke last before the replay is not looked for.
    """

    def bind(self, series: Ids, rule: Numbers, is_open: Mask, heard_at: int) -> Numbers:
        """As the live core does, but that nobody was heard yet."""
        numbers = super().bind(series, rule, is_open, heard_at)
        self._heard_at[numbers] = _NOT_YET
        return numbers

    def rest(self, binding: Numbers, is_resting: Mask, now: int) -> list[Transition]:
        """As the live core does; who was not heard yet is not expected by waking."""
        unheard = binding[self._heard_at[binding] == _NOT_YET]
        found = super().rest(binding, is_resting, now)
        self._heard_at[unheard] = _NOT_YET
        return found

    def judge(self, rows: Rows, received_at: int) -> list[Transition]:
        """The silences that began and ended between the samples of a batch, and before its first."""
        found: list[Transition] = []
        for places, binding in self._layers.look_up(rows.series):
            order = np.lexsort((rows.measured_at[places], binding))
            found += self._hear(binding[order], rows.measured_at[places][order])
        return found

    def tick(self, now: int) -> list[Transition]:
        """Who has been silent for too long by `now`, each at the second the clock would have found it."""
        held = np.arange(len(self), dtype=np.int32)
        due = self._due(held, self._heard_at[held])
        silent = held[(due <= now) & ~self._is_open[held] & ~self._is_resting[held]]
        self._is_open[silent] = True
        return self._said(silent, Change.OPENED, Judged.TICK, due[silent])

    def _hear(self, binding: Numbers, at: Times) -> list[Transition]:
        """Samples, ascending by binding, then time."""
        is_first = np.diff(binding, prepend=-1) != 0
        heard = np.where(is_first, self._heard_at[binding], np.append(0, at[:-1]))
        was_open = is_first & self._is_open[binding]
        due = self._due(binding, heard)
        fell = (due < at) & ~was_open & ~self._is_resting[binding]
        ended = fell | was_open
        found = self._said(binding[fell], Change.OPENED, Judged.TICK, due[fell])
        found += self._said(binding[ended], Change.CLEARED, Judged.SAMPLE, at[ended])
        self._is_open[binding] = False
        np.maximum.at(self._heard_at, binding, at)
        return found

    def _due(self, binding: Numbers, heard: Times) -> Times:
        """The first tick at which a series last heard then is silent for too long."""
        due = next_tick(heard + self._after[self._rule[binding]] + 1)
        return np.where(heard == _NOT_YET, _NEVER, due)

    def _said(self, binding: Numbers, change: Change, by: Judged, at: Times) -> list[Transition]:
        columns = (each.tolist() for each in (self._rule[binding], self._series[binding], at))
        return [
            Transition(rule, series, change, by, moment, moment, math.nan)
            for rule, series, moment in zip(*columns, strict=True)
        ]


def next_tick(at: NDArray[np.int64]) -> Times:
    """The first tick not before some instants.

    >>> next_tick(np.array([0, 1, 1000])).tolist()
    [0, 1000, 1000]
    """
    return -(-at // TICK_MS) * TICK_MS
