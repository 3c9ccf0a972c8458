"""The core of derived conditions: what is worked out of samples is judged as if it had been measured. Arrays in, changes out.

A *pair* is one rule over one series it selects. A *subject* is what an alert may be about: of a group all pairs of one school
or device together, of every other kind one pair. For each subject a value is made whenever one of its samples comes:

    change        the difference to the value some time ago, beside it that value
    baseline      how far it is from the usual one, in parts of what is allowed; beside it the usual one and what is allowed
    group         the share of members that are bad; beside it how many are, of how many
    expression    what its formulas make; beside it the newest value of each metric they speak of

Those values go to a `Judgement` of their own, subject for series: holds, clearing, resting and resuming are its work.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import SiteId
from controller.alerts.derived.changes import REACH as CHANGE_REACH
from controller.alerts.derived.changes import Changes
from controller.alerts.derived.expressions import Expressions, Truths
from controller.alerts.derived.groups import SILENT_AFTER_MS, Groups, Shares
from controller.alerts.derived.learning import Found, Lacking
from controller.alerts.derived.settings import Kind, Settings
from controller.alerts.derived.usual import Usual
from controller.alerts.judgement import Judgement, Mask, Rows
from controller.alerts.layers import Bound, Layers, Numbers, grown, roomier
from controller.alerts.limits import all_limits
from controller.alerts.model import AlertKey, Group, GroupOf, Rule
from controller.alerts.timing import TICK_SLACK_MS
from controller.alerts.transition import Counts, Transition
from controller.store.port import Ids, SeriesColumns, Times, Values

_DERIVED: Final = (Kind.CHANGE, Kind.BASELINE, Kind.GROUP, Kind.EXPRESSION)


class Wanted(NamedTuple):
    """What new pairs have to be told of older samples: the newest of some series, and all since a while of others."""

    newest: Ids
    since: Ids
    reach_ms: int


class Place(NamedTuple):
    """Where the alert of a group is: `device` is empty where it is the school's."""

    rule: int
    site: SiteId
    device: str


class Derived:
    """All bindings with derived conditions. Not thread-safe; never reads a clock."""

    def __init__(self, rules: list[Rule], judgement: type[Judgement] = Judgement, counts: Counts | None = None) -> None:
        """`rules` by number, a list that grows: `take_rules` then."""
        self._rules = rules
        self._settings = Settings()
        self._settings.take(rules)
        self._core = judgement(all_limits(rules))
        self._counts = counts or Counts()
        self._changes, self._usual, self._groups = Changes(), Usual(), Groups()
        self._expressions = Expressions(self._settings.formulas)
        self._layers = Layers()
        self._pairs = 0
        self._series = np.zeros(0, dtype=np.int32)
        self._rule = np.zeros(0, dtype=np.int32)
        self._subject = np.zeros(0, dtype=np.int32)
        self._number = np.zeros(0, dtype=np.int32)
        """By pair: what it is called by whoever makes values of its kind."""
        self._head = np.zeros(0, dtype=np.int32)
        """By subject: a series of it."""
        self._made = np.zeros(0, dtype=np.float64)
        self._made_at = np.zeros(0, dtype=np.int64)
        self._measured = np.zeros(0, dtype=np.float64)
        self._beside = np.zeros((0, 2), dtype=np.float64)
        self._called = np.zeros(0, dtype=np.int32)
        """By subject: its number in its kind."""
        self._subject_of: dict[Kind, Numbers] = {kind: np.zeros(0, dtype=np.int32) for kind in _DERIVED}
        self._group_at: dict[Place, int] = {}
        self._is_asked = np.zeros(0, dtype=np.bool_)
        self._wants_newest: list[Ids] = []
        self._wants_since: list[Numbers] = []

    def __len__(self) -> int:
        return self._pairs

    def take_rules(self) -> None:
        """The list of rules has grown."""
        self._settings.take(self._rules)
        self._core.take_limits(all_limits(self._rules))

    def reach(self, size: int) -> None:
        """Be ready for series ids below `size`."""
        self._layers.reach(size)
        self._expressions.reach(size)
        if size > len(self._is_asked):
            self._is_asked = grown(self._is_asked, roomier(size, len(self._is_asked)))

    def asked(self, series: Ids) -> NDArray[np.intp]:
        """The places of series that something is derived of."""
        if not self._pairs:
            return np.empty(0, dtype=np.intp)
        return np.flatnonzero(self._is_asked[series])

    def bind(
        self, series: Ids, rule: Numbers, is_open: Mask, names: SeriesColumns, open_groups: Collection[AlertKey] = ()
    ) -> Bound:
        """Watch series, each by the rule at its place; returns the new subjects. Open are those told so, and groups named."""
        first, begun = self._pairs, len(self._core)
        pair = np.arange(first, first + len(series), dtype=np.int32)
        self._make_room(first + len(series), begun + len(series))
        self._pairs += len(series)
        self._series[pair], self._rule[pair] = series, rule
        for kind in _DERIVED:
            some = np.flatnonzero(self._settings.kind[rule] == kind)
            if len(some):
                self._bind_kind(kind, pair[some], is_open[some], names, open_groups)
        self.reach(int(series.max(initial=-1)) + 1)
        self._layers.bind(series, pair)
        self._is_asked[series] = True
        return self.subjects_from(begun)

    def subjects_from(self, first: int) -> Bound:
        """Subjects from a number on: a series of each, its rule and its number."""
        subject = np.arange(first, len(self._core), dtype=np.int32)
        return Bound(self._head[subject], self._core.bound_as(subject).rule, subject)

    def bound(self, series: Ids) -> Bound:
        """The pairs of some series."""
        return self._layers.bound(series, self._rule)

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

    def learn(self, names: SeriesColumns, first: int, size: int) -> None:
        """Link expressions with what they speak of among new series, first <= series < size."""
        self._link(self._expressions.learn(names, first, size), names)

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

    def make(self, rows: Rows, names: SeriesColumns) -> Rows:
        """What follows from samples: the values that are judged, by subject."""
        found = self._layers.look_up(rows.series)
        place = np.concatenate([each for each, _ in found] or [np.empty(0, dtype=np.intp)])
        pair = np.concatenate([each for _, each in found] or [np.empty(0, dtype=np.int32)])
        kind = self._settings.kind[self._rule[pair]]
        self._counts.judged += int((kind != Kind.EXPRESSION).sum())
        made = []
        for each, work in (
            (Kind.CHANGE, self._make_changes),
            (Kind.BASELINE, self._make_baselines),
            (Kind.GROUP, self._make_shares),
        ):
            some = np.flatnonzero(kind == each)
            if len(some):
                made.append(work(pair[some], rows.measured_at[place[some]], rows.value[place[some]]))
        if self._settings.formulas:
            truths = self._expressions.make(rows.series, names.device[rows.series], rows.measured_at, rows.value)
            self._counts.judged += len(truths.number)
            made.append(self._truths(truths))
        return _joined(made)

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
        self._wants_newest, self._wants_since = [], []
        reach_ms = CHANGE_REACH * int(self._settings.within_ms[self._rule[pair]].max(initial=0))
        return Wanted(newest, np.unique(self._series[pair]), reach_ms)

    def seed_newest(self, newest: Rows, names: SeriesColumns) -> None:
        """Take the newest samples of distinct series, as far as they are not known; nothing is judged."""
        rows = newest.at_places(newest.measured_at > 0)
        self._truths(self._expressions.seed(*rows))
        for places, pair in self._layers.look_up(rows.series):
            kind = self._settings.kind[self._rule[pair]]
            at, value = rows.measured_at[places], rows.value[places]
            usual = np.flatnonzero(kind == Kind.BASELINE)
            self._make_baselines(pair[usual], at[usual], value[usual])
            new = np.flatnonzero(kind == Kind.GROUP)
            new = new[~self._groups.is_heard(self._number[pair[new]])]
            self._make_shares(pair[new], at[new], value[new])

    def seed_since(self, rows: Rows) -> None:
        """Take all samples of some series since as long ago as was wanted; nothing is judged."""
        for places, pair in self._layers.look_up(rows.series):
            some = self._settings.kind[self._rule[pair]] == Kind.CHANGE
            pair, at, value = pair[some], rows.measured_at[places[some]], rows.value[places[some]]
            self._changes.forget(self._number[pair])
            self._make_changes(pair, at, value)

    def heard_again(self, newest_at: int, now: int) -> None:
        """After a restart, all seeded: a pause that ended with the newest sample of all is no member's silence."""
        self._groups.heard_again(newest_at - SILENT_AFTER_MS, now)

    def in_doubt(self, now: int) -> Bound:
        """As `Judgement.in_doubt`, of what was made of the seeds: the subjects, with a series of each."""
        subject = np.flatnonzero(self._made_at[: len(self._core)]).astype(np.int32)
        newest = Rows(subject, self._made_at[subject], self._made[subject])
        doubtful = self._core.in_doubt(newest, now)
        if now - int(newest.measured_at.max(initial=0)) > TICK_SLACK_MS:
            self._core.be_patient(now + TICK_SLACK_MS)
        return Bound(self._head[doubtful], self._core.bound_as(doubtful).rule, doubtful)

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

    def history(self, subject: Numbers, before: Rows, rows: Rows, names: SeriesColumns) -> Rows:
        """What is made of some subjects, of these samples of a while and of the newest `before` them, as if of nothing else."""
        pair = self._pairs_of(subject)
        twin = Derived(self._rules)
        twin.reach(len(self._is_asked))
        twin._expressions.know_parts(self._expressions.parts)
        twin.bind(self._series[pair], self._rule[pair], np.zeros(len(pair), dtype=np.bool_), names)
        usual = self._settings.kind[self._rule[pair]] == Kind.BASELINE
        twin._usual.copy(self._usual, self._number[pair[usual]], twin._number[: len(pair)][usual])
        twin.seed_newest(before, names)
        made = twin.make(rows, names)
        ours = np.zeros(len(twin._core), dtype=np.int32)
        ours[twin._subject[: len(pair)]] = self._subject[pair]
        return made._replace(series=ours[made.series])

    def rejudge(self, subject: Numbers, made: Rows, told_at: Times, until: int) -> list[Transition]:
        """As `Judgement.rejudge`, of what `history` made."""
        order = np.argsort(made.measured_at, kind="stable")
        ordered = Rows(made.series[order], made.measured_at[order], made.value[order])
        return self._told(self._core.rejudge(subject, ordered, told_at, until))

    def lacks_usual(self, hour: int) -> Lacking:
        """Of which series nobody has looked up yet what is usual in an hour."""
        pair = self._live(np.flatnonzero(self._settings.kind[self._rule[: self._pairs]] == Kind.BASELINE))
        pair = pair[self._usual.lacks(hour)[self._number[pair]]]
        return Lacking(self._series[pair], self._number[pair], self._settings.weeks[self._rule[pair]])

    def put_usual(self, hour: int, found: Found) -> None:
        """What is usual in an hour, NaN where that is not known."""
        self._usual.put(found.number, hour, found.usual, found.deviation)

    def _pairs_of(self, subject: Numbers) -> Numbers:
        return self._live(np.flatnonzero(np.isin(self._subject[: self._pairs], subject)))

    def _live(self, pair: NDArray[np.intp]) -> Numbers:
        """Those that are still bound."""
        still = np.isin(pair, self._layers.bound(np.unique(self._series[pair]), self._rule).binding)
        return pair[still].astype(np.int32)

    def _bind_kind(
        self, kind: Kind, pair: Numbers, is_open: Mask, names: SeriesColumns, open_groups: Collection[AlertKey]
    ) -> None:
        """Pairs of one kind."""
        series, rule, settings = self._series[pair], self._rule[pair], self._settings
        if kind is Kind.GROUP:
            self._subject[pair] = self._groups_of(pair, is_open, names, open_groups)
            self._number[pair] = self._groups.add(self._called[self._subject[pair]])
            self._wants_newest.append(series)
            return
        if kind is Kind.CHANGE:
            number = self._changes.add(settings.within_ms[rule])
            self._wants_since.append(pair)
        elif kind is Kind.BASELINE:
            number = self._usual.add(settings.deviations[rule], settings.least[rule])
            self._wants_newest.append(series)
        else:
            number = self._expressions.add(rule, series)
        self._subject[pair] = self._new_subjects(kind, series, rule, is_open, number)
        self._number[pair] = number
        if kind is Kind.EXPRESSION:
            self._link(number, names)

    def _new_subjects(self, kind: Kind, head: Ids, rule: Numbers, is_open: Mask, called: Numbers) -> Numbers:
        first = np.arange(len(self._core), len(self._core) + len(head), dtype=np.int32)
        subject = self._core.bind(first, rule, is_open)
        self._head[subject], self._called[subject] = head, called
        self._subject_of[kind] = np.concatenate([self._subject_of[kind], subject])
        return subject

    def _groups_of(
        self, pair: Numbers, is_open: Mask, names: SeriesColumns, open_groups: Collection[AlertKey]
    ) -> Numbers:
        """The subject of each pair; new ones for groups of which there was none."""
        keys = self._rule[pair].astype(np.int64) << 32 | names.device[self._series[pair]]
        keys, first, places = np.unique(keys, return_index=True, return_inverse=True)
        at = [self._place(number, names) for number in pair[first].tolist()]
        opened = {at[place] for place in np.unique(places[is_open]).tolist()}
        new: dict[Place, int] = {}
        for place, number in zip(at, first.tolist(), strict=True):
            if place not in self._group_at:
                new.setdefault(place, number)
        if new:
            lead = pair[list(new.values())]
            was_open = [
                place in opened or AlertKey(self._rules[place.rule].id, place.site, place.device, "") in open_groups
                for place in new
            ]
            called = self._groups.add_groups(self._settings.members[self._rule[lead]])
            subject = self._new_subjects(
                Kind.GROUP, self._series[lead], self._rule[lead], np.array(was_open, dtype=np.bool_), called
            )
            self._group_at.update(zip(new, subject.tolist(), strict=True))
        return np.array([self._group_at[place] for place in at], dtype=np.int32)[places]

    def _place(self, pair: int, names: SeriesColumns) -> Place:
        number = int(self._rule[pair])
        site, device = names.devices[names.device[self._series[pair]]]
        condition = self._rules[number].condition
        is_of_device = isinstance(condition, Group) and condition.of is GroupOf.DEVICE
        return Place(number, site, device if is_of_device else "")

    def _link(self, number: Numbers, names: SeriesColumns) -> None:
        fresh = self._expressions.link(number, names)
        self._is_asked[fresh] = True
        if len(fresh):
            self._wants_newest.append(fresh)

    def _unbind(self, pair: Numbers) -> None:
        self._layers.unbind(self._series[pair], pair)
        kind = self._settings.kind[self._rule[pair]]
        self._groups.let_go(self._number[pair[kind == Kind.GROUP]])
        self._expressions.unlink(self._number[pair[kind == Kind.EXPRESSION]])

    def _make_changes(self, pair: Numbers, at: Times, value: Values) -> Rows:
        number, at, difference, before = self._changes.make(self._number[pair], at, value)
        subject = self._subject_of[Kind.CHANGE][number]
        return self._noted(Rows(subject, at, difference), before + difference, before)

    def _make_baselines(self, pair: Numbers, at: Times, value: Values) -> Rows:
        score, usual, allowed = self._usual.make(self._number[pair], at, value)
        return self._noted(Rows(self._subject[pair], at, score), value, usual, allowed)

    def _make_shares(self, pair: Numbers, at: Times, value: Values) -> Rows:
        is_bad = self._settings.is_bad(self._rule[pair], value)
        return self._shares(self._groups.make(self._number[pair], at, is_bad))

    def _shares(self, shares: Shares) -> Rows:
        subject = self._subject_of[Kind.GROUP][shares.group]
        return self._noted(Rows(subject, shares.at, shares.share), shares.share, shares.bad, shares.heard)

    def _truths(self, truths: Truths) -> Rows:
        subject = self._subject_of[Kind.EXPRESSION][truths.number]
        head = self._expressions.head_value(truths.number)
        return self._noted(Rows(subject, truths.at, truths.truth), head)

    def _noted(self, rows: Rows, measured: Values, *beside: Values) -> Rows:
        """Remember what was made last of each subject, and of what."""
        subject = rows.series
        self._made[subject], self._made_at[subject] = rows.value, rows.measured_at
        self._measured[subject] = measured
        for column, values in enumerate(beside):
            self._beside[subject, column] = values
        return rows

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

    def _make_room(self, pairs: int, subjects: int) -> None:
        if pairs > len(self._series):
            room = roomier(pairs, len(self._series))
            for name in ("_series", "_rule", "_subject", "_number"):
                setattr(self, name, grown(getattr(self, name), room))
        if subjects > len(self._head):
            room = roomier(subjects, len(self._head))
            for name in ("_head", "_made", "_made_at", "_measured", "_called"):
                setattr(self, name, grown(getattr(self, name), room))
            before = self._beside
            self._beside = np.zeros((room, 2))
            self._beside[: len(before)] = before


def _joined(pieces: list[Rows]) -> Rows:
    if not pieces:
        return Rows(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64))
    return Rows(*(np.concatenate(column) for column in zip(*pieces, strict=True)))
