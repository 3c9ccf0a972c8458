"""What is made of samples under derived conditions: a value for each subject whenever one of its samples comes.

A *pair* is one rule over one series it selects. A *subject* is what an alert may be about: of a group all pairs of one school
or device together, of every other kind one pair. What is made:

    change        the difference to the value some time ago, beside it that value
    baseline      how far it is from the usual one, in parts of what is allowed; beside it the usual one and what is allowed
    group         the share of members that are bad; beside it how many are, of how many
    expression    what its formulas make; beside it the newest value of each metric they speak of
"""

from collections.abc import Collection
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.ids import SiteId
from controller.alerts.judging.columns import Mask, Rows
from controller.alerts.judging.derived.changes import Changes
from controller.alerts.judging.derived.expressions import Expressions, Truths
from controller.alerts.judging.derived.groups import Groups, Shares
from controller.alerts.judging.derived.settings import Kind, Settings
from controller.alerts.judging.derived.usual import Usual
from controller.alerts.judging.layers import Bound, Layers, Numbers, grown, roomier
from controller.alerts.judging.transition import Counts
from controller.alerts.model import AlertKey, Group, GroupOf, Rule
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


class Fresh(NamedTuple):
    """New subjects: a series of each, its rule, its number, and whether it is open. Columns of equal length."""

    head: Ids
    rule: Numbers
    subject: Numbers
    is_open: Mask


_NOTHING: Final = Fresh(*(np.empty(0, dtype=np.int32),) * 3, np.empty(0, dtype=np.bool_))


class Making:
    """All pairs and subjects, and what was made of each last. Not thread-safe."""

    def __init__(self, rules: list[Rule], counts: Counts) -> None:
        """`rules` by number, a list that grows: `take_rules` then. `counts` is told how many samples were looked at."""
        self._rules = rules
        self._settings = Settings()
        self._settings.take(rules)
        self._counts = counts
        self._changes, self._usual, self._groups = Changes(), Usual(), Groups()
        self._expressions = Expressions(self._settings.formulas)
        self._layers = Layers()
        self._pairs = self._subjects = 0
        self._series = np.zeros(0, dtype=np.int32)
        self._rule = np.zeros(0, dtype=np.int32)
        self._subject = np.zeros(0, dtype=np.int32)
        self._number = np.zeros(0, dtype=np.int32)
        """By pair: what it is called by whoever makes values of its kind."""
        self._subject_rule = np.zeros(0, dtype=np.int32)
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
        self._fresh: list[Fresh] = []
        self._wants_newest: list[Ids] = []
        self._wants_since: list[Numbers] = []

    def __len__(self) -> int:
        return self._pairs

    def take_rules(self) -> None:
        """The list of rules has grown."""
        self._settings.take(self._rules)

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

    def make_for(
        self, series: Ids, rule: Numbers, is_open: Mask, names: SeriesColumns, open_groups: Collection[AlertKey] = ()
    ) -> "Fresh":
        """Make values for series, each by the rule at its place; returns the new subjects.

        Open are those told so, and the groups named.
        """
        pair = np.arange(self._pairs, self._pairs + len(series), dtype=np.int32)
        self._make_room(self._pairs + len(series), self._subjects + len(series))
        self._pairs += len(series)
        self._series[pair], self._rule[pair] = series, rule
        self._fresh = []
        for kind in _DERIVED:
            some = np.flatnonzero(self._settings.kind[rule] == kind)
            if len(some):
                self._bind_kind(kind, pair[some], is_open[some], names, open_groups)
        self.reach(int(series.max(initial=-1)) + 1)
        self._layers.bind(series, pair)
        self._is_asked[series] = True
        return Fresh(*(np.concatenate(column) for column in zip(_NOTHING, *self._fresh, strict=True)))

    def bound(self, series: Ids) -> Bound:
        """The pairs of some series."""
        return self._layers.bound(series, self._rule)

    def learn(self, names: SeriesColumns, first: int, size: int) -> None:
        """Link expressions with what they speak of among new series, first <= series < size."""
        self._link(self._expressions.learn(names, first, size), names)

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

    def history(self, subject: Numbers, before: Rows, rows: Rows, names: SeriesColumns) -> Rows:
        """What is made of some subjects, of these samples of a while and of the newest `before` them, as if of nothing else."""
        pair = self._pairs_of(subject)
        twin = Making(self._rules, Counts())
        twin.reach(len(self._is_asked))
        twin._expressions.know_parts(self._expressions.parts)
        twin.make_for(self._series[pair], self._rule[pair], np.zeros(len(pair), dtype=np.bool_), names)
        usual = self._settings.kind[self._rule[pair]] == Kind.BASELINE
        twin._usual.copy(self._usual, self._number[pair[usual]], twin._number[: len(pair)][usual])
        twin.seed_newest(before, names)
        made = twin.make(rows, names)
        ours = np.zeros(twin._subjects, dtype=np.int32)
        ours[twin._subject[: len(pair)]] = self._subject[pair]
        return made._replace(series=ours[made.series])

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
        subject = np.arange(self._subjects, self._subjects + len(head), dtype=np.int32)
        self._subjects += len(head)
        self._head[subject], self._subject_rule[subject], self._called[subject] = head, rule, called
        self._subject_of[kind] = np.concatenate([self._subject_of[kind], subject])
        self._fresh.append(Fresh(head, rule, subject, is_open))
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

    def _make_room(self, pairs: int, subjects: int) -> None:
        if pairs > len(self._series):
            room = roomier(pairs, len(self._series))
            for name in ("_series", "_rule", "_subject", "_number"):
                setattr(self, name, grown(getattr(self, name), room))
        if subjects > len(self._head):
            room = roomier(subjects, len(self._head))
            for name in ("_subject_rule", "_head", "_made", "_made_at", "_measured", "_called"):
                setattr(self, name, grown(getattr(self, name), room))
            before = self._beside
            self._beside = np.zeros((room, 2))
            self._beside[: len(before)] = before


def _joined(pieces: list[Rows]) -> Rows:
    if not pieces:
        return Rows(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float64))
    return Rows(*(np.concatenate(column) for column in zip(*pieces, strict=True)))
