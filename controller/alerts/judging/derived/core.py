"""The core of derived conditions: what is made of samples is judged as if it had been measured. Arrays in, changes out.

Made values go to a `Judgement` of their own, subject for series: holds, clearing, resting and resuming are its work.
"""

from collections.abc import Collection

import numpy as np

from controller.alerts.judging.columns import Mask, Rows
from controller.alerts.judging.derived.changes import REACH as CHANGE_REACH
from controller.alerts.judging.derived.groups import SILENT_AFTER_MS
from controller.alerts.judging.derived.learning import Found, Lacking
from controller.alerts.judging.derived.making import Making, Wanted
from controller.alerts.judging.derived.settings import Kind
from controller.alerts.judging.judgement import Judgement
from controller.alerts.judging.layers import Bound, Numbers
from controller.alerts.judging.limits import all_limits
from controller.alerts.judging.timing import TICK_SLACK_MS
from controller.alerts.judging.transition import Counts, Transition
from controller.alerts.model import AlertKey, Rule
from controller.store.port import Ids, SeriesColumns, Times


class Derived(Making):
    """All bindings with derived conditions. Not thread-safe; never reads a clock."""

    def __init__(self, rules: list[Rule], judgement: type[Judgement] = Judgement, counts: Counts | None = None) -> None:
        """`rules` by number, a list that grows: `take_rules` then."""
        super().__init__(rules, counts or Counts())
        self._core = judgement(all_limits(rules))
        self._seeding = np.empty(0, dtype=np.int32)
        """The pairs that older samples were wanted for last."""

    def take_rules(self) -> None:
        """The list of rules has grown."""
        super().take_rules()
        self._core.take_limits(all_limits(self._rules))

    def bind(
        self, series: Ids, rule: Numbers, is_open: Mask, names: SeriesColumns, open_groups: Collection[AlertKey] = ()
    ) -> Bound:
        """Watch series, each by the rule at its place; returns the new subjects.

        Open are those told so, and the groups named.
        """
        fresh = self.make_for(series, rule, is_open, names, open_groups)
        order = np.argsort(fresh.subject)
        self._core.bind(fresh.subject[order], fresh.rule[order], fresh.is_open[order])
        return Bound(fresh.head, fresh.rule, fresh.subject)

    def is_open(self, pair: Numbers) -> Mask:
        """Of which pairs the subject is open."""
        return self._core.is_open(self._subject[pair])

    def let_go(self, pair: Numbers) -> None:
        """Stop watching by those that are not open; members leave their groups in any case."""
        is_member = self._settings.kind[self._rule[pair]] == Kind.GROUP
        gone = pair[is_member | ~self.is_open(pair)]
        self._unbind(gone)
        self._core.drop(self._subject[gone[self._settings.kind[self._rule[gone]] != Kind.GROUP]])

    def drop(self, pair: Numbers) -> None:
        """Stop watching by some whose rules hold no more, open or not; of a group all pairs are to be dropped."""
        self._unbind(pair)
        subjects = np.unique(self._subject[pair])
        self._core.drop(subjects)
        gone = set(subjects.tolist())
        self._group_at = {place: subject for place, subject in self._group_at.items() if subject not in gone}

    def judge(self, rows: Rows, names: SeriesColumns) -> list[Transition]:
        """What a batch of live samples changes, each newer than those before of its series."""
        return self._told(self._core.judge_made(self.make(rows, names)))

    def tick(self, now: int) -> list[Transition]:
        """What the passing of time changes."""
        found = self._core.judge_made(self._shares(self._groups.expire(now)))
        return self._told(found + self._core.tick(now))

    def rest(self, subject: Numbers, is_resting: Mask, now: int) -> list[Transition]:
        """As `Judgement.rest`."""
        return self._told(self._core.rest(subject, is_resting, now))

    def open_groups(self) -> set[AlertKey]:
        """What is open of groups as a whole."""
        keys = {
            subject: AlertKey(self._rules[at.rule].id, at.site, at.device, "") for at, subject in self._group_at.items()
        }
        is_open = self._core.is_open(np.array(list(keys), dtype=np.int32))
        return {key for key, stands in zip(keys.values(), is_open.tolist(), strict=True) if stands}

    def wanted(self) -> Wanted | None:
        """What is to be told of older samples of what was bound since this was last asked; None: nothing."""
        if not self._wants_newest and not self._wants_since:
            return None
        newest = np.unique(np.concatenate(self._wants_newest or [np.empty(0, dtype=np.int32)]))
        pair = np.concatenate(self._wants_since or [np.empty(0, dtype=np.int32)])
        self._wants_newest, self._wants_since, self._seeding = [], [], pair
        reach_ms = CHANGE_REACH * int(self._settings.within_ms[self._rule[pair]].max(initial=0))
        return Wanted(newest, np.unique(self._series[pair]), reach_ms)

    def seed_since(self, rows: Rows) -> None:
        """Take all samples of some series since as long ago as was wanted last; nothing is judged."""
        for places, pair in self._layers.look_up(rows.series):
            some = np.isin(pair, self._seeding)
            pair, at, value = pair[some], rows.measured_at[places[some]], rows.value[places[some]]
            self._changes.forget(self._number[pair])
            self._make_changes(pair, at, value)

    def heard_again(self, newest_at: int, now: int) -> None:
        """After a restart, all seeded: a pause that ended with the newest sample of all is no member's silence."""
        self._groups.heard_again(newest_at - SILENT_AFTER_MS, now)

    def in_doubt(self, now: int) -> Bound:
        """As `Judgement.in_doubt`, of what was made of the seeds: the subjects, with a series of each."""
        subject = np.flatnonzero(self._made_at[: self._subjects]).astype(np.int32)
        newest = Rows(subject, self._made_at[subject], self._made[subject])
        doubtful = self._core.in_doubt(newest, now)
        if now - int(newest.measured_at.max(initial=0)) > TICK_SLACK_MS:
            self._core.be_patient(now + TICK_SLACK_MS)
        return Bound(self._head[doubtful], self._subject_rule[doubtful], doubtful)

    def reach_ms(self, rule: Numbers) -> int:
        """How long before an instant the samples begin that are needed to derive what rules say of it."""
        return max(SILENT_AFTER_MS, CHANGE_REACH * int(self._settings.within_ms[rule].max(initial=0)))

    def inputs(self, subject: Numbers) -> Ids:
        """The series that some subjects are made of."""
        pair = self._pairs_of(subject)
        is_formula = self._settings.kind[self._rule[pair]] == Kind.EXPRESSION
        spoken_of = self._expressions.inputs(self._number[pair[is_formula]])
        return np.unique(np.concatenate([self._series[pair[~is_formula]], spoken_of]))

    def looks_back_ms(self, subject: Numbers) -> int:
        """How long ago the holds of such subjects may have begun."""
        return int(self._core.looks_back_ms(subject).max(initial=0))

    def rejudge(self, subject: Numbers, made: Rows, told_at: Times, until: int) -> list[Transition]:
        """As `Judgement.rejudge`, of what `history` made."""
        order = np.argsort(made.measured_at, kind="stable")
        ordered = Rows(made.series[order], made.measured_at[order], made.value[order])
        return self._told(self._core.rejudge(subject, ordered, told_at, until))

    def lacks_usual(self, hour: int) -> Lacking:
        """Of which series nobody has looked up yet what is usual in an hour."""
        baselines = np.flatnonzero(self._settings.kind[self._rule[: self._pairs]] == Kind.BASELINE)
        pair = self._live(baselines[self._usual.lacks(hour)[self._number[baselines]]])
        return Lacking(self._series[pair], self._number[pair], self._settings.weeks[self._rule[pair]])

    def put_usual(self, hour: int, found: Found) -> None:
        """What is usual in an hour, NaN where that is not known."""
        self._usual.put(found.number, hour, found.usual, found.deviation)

    def _told(self, found: list[Transition]) -> list[Transition]:
        """What the core found, as of a series: with what was measured of its subject last, and what that was held against."""
        return [self._as_told(each) for each in found]

    def _as_told(self, each: Transition) -> Transition:
        subject, kind = each.series, Kind(int(self._settings.kind[each.rule]))
        beside = self._beside[subject].tolist()
        if kind is Kind.CHANGE:
            beside = beside[:1]
        elif kind is Kind.EXPRESSION:
            values = self._expressions.values(self._called[subject : subject + 1])[0]
            beside = values[: len(self._settings.formulas[each.rule].metrics)].tolist()
        value = float(self._measured[subject])
        return each._replace(series=int(self._head[subject]), value=value, beside=tuple(beside))
