"""What is watched: binds rules to series as they appear, and leads samples to the cores. No database, no clock.

No object stands for a series or a binding: names are columns of word numbers, rules are chosen and bound in columns too, a
bounded piece at a time, so that nobody waits long for it. All samples of a batch are judged against the newest divisor in it.
"""

from collections.abc import Collection, Iterator
from typing import Final

import numpy as np

from controller.alerts.absence import Silences
from controller.alerts.hours import NOWHERE, Closed, Timed, resting
from controller.alerts.judgement import Judgement, Mask, Rows
from controller.alerts.layers import Bound
from controller.alerts.limits import absences_ms, all_limits
from controller.alerts.model import Absence, AlertKey, Rule
from controller.alerts.names import Keys, is_in, name_of
from controller.alerts.ratios import Ratios
from controller.alerts.selection import Pairs, Selection
from controller.alerts.timing import TICK_SLACK_MS, is_late
from controller.alerts.transition import Counts, Transition
from controller.store.port import DistrictSeries, Ids, SeriesColumns, Times

BOUND_AT_ONCE: Final = 20_000
"""Series of one piece of learning or looking again: some tens of milliseconds."""
NO_PAIRS: Final = Pairs(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32))
_NO_NAMES: Final = SeriesColumns(0, *(np.empty(0, dtype=np.int32),) * 3, (), (), ())


class Watch:
    """All series a controller knows and the rules bound to them. Not thread-safe."""

    def __init__(
        self, selection: Selection, judgement: type[Judgement] = Judgement, silences: type[Silences] = Silences
    ) -> None:
        """The two cores may be others: those that judge what is long past have no clock beside them."""
        self._selection = selection
        self._rules = selection.rules
        self._is_absence = np.array([isinstance(rule.condition, Absence) for rule in self._rules], dtype=np.bool_)
        self._judgement = judgement(all_limits(self._rules))
        self._silences = silences(absences_ms(self._rules))
        self._ratios = Ratios(selection, self._judgement)
        self._timed = Timed(self._rules), Timed(self._rules)
        """Of the judgement and of the silences."""
        self._closed = NOWHERE
        self._names = _NO_NAMES
        self._size = 0

    @property
    def size(self) -> int:
        """Series ids below this have been learnt."""
        return self._size

    @property
    def counts(self) -> Counts:
        """What became of the samples."""
        return self._judgement.counts

    def __len__(self) -> int:
        return len(self._judgement) + len(self._silences)

    def pairs(self, series: Ids) -> Pairs:
        """What is bound of some series."""
        bound = [core.bound(series) for core in (self._judgement, self._silences)]
        return Pairs(np.concatenate([each.series for each in bound]), np.concatenate([each.rule for each in bound]))

    def name(self, series: int) -> DistrictSeries:
        """The name of a series that was learnt."""
        return name_of(self._names, series)

    def rule(self, number: int) -> Rule:
        """The rule of a transition."""
        return self._rules[number]

    def key(self, series: int, rule: int) -> AlertKey:
        """What may be open only once."""
        name = self.name(series)
        return AlertKey(self._rules[rule].id, name.site, name.device, name.instance)

    def learn(self, names: SeriesColumns, heard_at: int, is_open: Pairs = NO_PAIRS) -> bool:
        """Bind rules to the next piece of series not learnt yet; tells whether more are left. `names` begins at series 0.

        Their silence counts from `heard_at`; the alerts in `is_open` are open.
        """
        size = min(self._size + BOUND_AT_ONCE, len(names.metric))
        series = np.arange(self._size, size, dtype=np.int32)
        self._names, self._size = names, size
        self._judgement.reach(size)
        self._silences.reach(size)
        self._selection.meet(names)
        self._ratios.learn(names, series)
        self._bind(series, heard_at, is_open)
        return size < len(names.metric)

    def of_devices(self, devices: Collection[int]) -> Iterator[Ids]:
        """The series learnt of devices, by their numbers, in pieces for `rebind`."""
        is_wanted = np.zeros(len(self._names.devices), dtype=np.bool_)
        is_wanted[list(devices)] = True
        series = np.flatnonzero(is_wanted[self._names.device[: self._size]]).astype(np.int32)
        for first in range(0, len(series), BOUND_AT_ONCE):
            yield series[first : first + BOUND_AT_ONCE]

    def rebind(self, series: Ids, now: int) -> None:
        """Bind series as the selection chooses now. What is open stays watched."""
        self._bind(series, now, NO_PAIRS)

    def judge(self, rows: Rows, received_at: int) -> list[Transition]:
        """What a batch changes. Its series must have been learnt."""
        places = self._ratios.told(rows.series)
        if len(places):
            places = places[~is_late(rows.measured_at[places], received_at)]
            self._ratios.take(self._names, rows.series[places], rows.value[places])
        return self._judgement.judge(rows, received_at) + self._silences.judge(rows, received_at)

    def in_doubt(self, newest: Rows, now: int) -> Bound:
        """Take the newest value of each series after a restart; the bindings whose hold may be under way, or ended untold."""
        places = self._ratios.told(newest.series)
        self._ratios.take(self._names, newest.series[places], newest.value[places])
        if now - int(newest.measured_at.max(initial=0)) > TICK_SLACK_MS:
            self._judgement.be_patient(now + TICK_SLACK_MS)
        return self._judgement.bound_as(self._judgement.in_doubt(newest, now))

    def looks_back_ms(self, doubts: Bound) -> int:
        """How long ago the holds of such bindings may have begun."""
        return int(self._judgement.looks_back_ms(doubts.binding).max(initial=0))

    def rejudge(self, doubts: Bound, rows: Rows, told_at: Times, until: int) -> list[Transition]:
        """Judge samples again that may have been judged before the restart; what follows from them was never told."""
        return self._judgement.rejudge(doubts.binding, rows, told_at, until)

    def heed(self, closed: Closed, now: int) -> list[Transition]:
        """Let what is bound to hours rest where they are over, and wake it where they begin."""
        if closed == self._closed:
            return []
        self._closed = closed
        judged, silent = (timed.everything() for timed in self._timed)
        return self._rest(judged, silent, now)

    def tick(self, now: int) -> list[Transition]:
        """What the passing of time changes."""
        return self._judgement.tick(now) + self._silences.tick(now)

    def _bind(self, series: Ids, heard_at: int, is_open: Pairs) -> None:
        """Bring what is bound of some series, ascending, to what should be: what is chosen, and what is open."""
        rules = len(self._rules)
        inside = is_in(series, is_open.series)
        open_keys = np.sort(Pairs(is_open.series[inside], is_open.rule[inside]).keys(rules))
        chosen = np.sort(self._selection.choose(self._names, series).keys(rules))
        wanted = np.sort(np.concatenate([chosen, open_keys[~is_in(chosen, open_keys)]]))
        held: list[Keys] = []
        for core in (self._judgement, self._silences):
            bound = core.bound(series)
            keys = Pairs(bound.series, bound.rule).keys(rules)
            core.let_go(bound.binding[~is_in(wanted, keys)])
            held.append(keys)
        missing = wanted[~is_in(np.sort(np.concatenate(held)), wanted)]
        self._add(missing, is_in(open_keys, missing), heard_at)
        self._ratios.settle(self._names, series)

    def _add(self, keys: Keys, is_open: Mask, heard_at: int) -> None:
        """Bind pairs, ascending: the bindings of a series stand side by side in memory."""
        series, rule = (part.astype(np.int32) for part in np.divmod(keys, len(self._rules)))
        silent = self._is_absence[rule]
        listening = self._silences.bind(series[silent], rule[silent], is_open[silent], heard_at)
        judged = ~silent
        binding = self._judgement.bind(series[judged], rule[judged], is_open[judged])
        self._ratios.add(series[judged], rule[judged], binding)
        bound = (series[judged], rule[judged], binding), (series[silent], rule[silent], listening)
        judged_now, silent_now = (timed.add(*columns) for timed, columns in zip(self._timed, bound, strict=True))
        self._rest(judged_now, silent_now, heard_at)

    def _rest(self, judged: Bound, silent: Bound, now: int) -> list[Transition]:
        """Let bindings of either core rest, or wake them, as the hours are."""
        rests = [resting(self._rules, some, self._names, self._closed) for some in (judged, silent)]
        return self._judgement.rest(judged.binding, rests[0], now) + self._silences.rest(silent.binding, rests[1], now)
