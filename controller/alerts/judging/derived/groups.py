"""What share of a group is bad: members' newest values as arrays, counts that each change corrects. Pure.

A member counts for as long as it was heard within `SILENT_AFTER_MS`.
"""

from typing import Final, NamedTuple

import numpy as np

from controller.alerts.judging.columns import Mask
from controller.alerts.judging.derived.turns import Places, last_of_each, without_twins
from controller.alerts.judging.layers import Numbers, grown, roomier
from controller.store.port import Times, Values

SILENT_AFTER_MS: Final = 900_000


class Shares(NamedTuple):
    """By group and time: the share of its members that are bad, NaN with too few; how many are, of how many."""

    group: Numbers
    at: Times
    share: Values
    bad: Values
    heard: Values


class Groups:
    """Members and groups by number. Not thread-safe."""

    def __init__(self) -> None:
        self._members = 0
        self._group = np.zeros(0, dtype=np.int32)
        self._is_bad = np.zeros(0, dtype=np.bool_)
        self._heard_at = np.zeros(0, dtype=np.int64)
        """By member; 0: it does not count."""
        self._groups = 0
        self._least = np.zeros(0, dtype=np.int32)
        self._bad = np.zeros(0, dtype=np.int32)
        self._heard = np.zeros(0, dtype=np.int32)
        self._newest_at = np.zeros(0, dtype=np.int64)

    def add_groups(self, least: Numbers) -> Numbers:
        """Some more groups, without members; returns their numbers. With fewer than `least` heard nothing is said."""
        first, self._groups = self._groups, self._groups + len(least)
        if self._groups > len(self._least):
            room = roomier(self._groups, len(self._least))
            for name in ("_least", "_bad", "_heard", "_newest_at"):
                setattr(self, name, grown(getattr(self, name), room))
        self._least[first : self._groups] = least
        return np.arange(first, self._groups, dtype=np.int32)

    def add(self, group: Numbers) -> Numbers:
        """Some more members, not heard yet; returns their numbers."""
        first, self._members = self._members, self._members + len(group)
        if self._members > len(self._group):
            room = roomier(self._members, len(self._group))
            for name in ("_group", "_is_bad", "_heard_at"):
                setattr(self, name, grown(getattr(self, name), room))
        self._group[first : self._members] = group
        return np.arange(first, self._members, dtype=np.int32)

    def is_heard(self, member: Numbers) -> Mask:
        """Which count now."""
        is_heard: Mask = self._heard_at[member] > 0
        return is_heard

    def make(self, member: Numbers, at: Times, is_bad: Mask) -> Shares:
        """Samples of members, each newer than those before of it: the shares at every instant that this makes."""
        order = without_twins(member, at)
        member, at, is_bad = member[order], at[order], is_bad[order]
        follows = np.diff(member, prepend=-1) == 0
        was_heard = follows | (self._heard_at[member] > 0)
        was_bad = np.where(follows, np.roll(is_bad, 1), self._is_bad[member]) & was_heard
        last = last_of_each(member)
        self._is_bad[member[last]], self._heard_at[member[last]] = is_bad[last], at[last]
        return self._moved(self._group[member], at, is_bad.astype(np.int32) - was_bad, 1 - was_heard.astype(np.int32))

    def expire(self, now: int) -> Shares:
        """The groups of which members have fallen silent."""
        held = slice(self._members)
        silent = (self._heard_at[held] > 0) & (self._heard_at[held] < now - SILENT_AFTER_MS)
        return self._without(np.flatnonzero(silent).astype(np.int32), now)

    def let_go(self, member: Numbers) -> None:
        """Count some no more, unless they are heard again."""
        self._without(member[self._heard_at[member] > 0], 0)

    def heard_again(self, since: int, now: int) -> None:
        """After a restart: who was heard since then counts, and its silence counts from now; the others do not."""
        held = slice(self._members)
        silent = (self._heard_at[held] > 0) & (self._heard_at[held] < since)
        self._without(np.flatnonzero(silent).astype(np.int32), 0)
        self._heard_at[held][self._heard_at[held] > 0] = now

    def _without(self, member: Numbers, at: int) -> Shares:
        was_bad = self._is_bad[member].astype(np.int32)
        self._heard_at[member], self._is_bad[member] = 0, False
        moments, losses = np.full(len(member), at, dtype=np.int64), np.full(len(member), -1, dtype=np.int32)
        return self._moved(self._group[member], moments, -was_bad, losses)

    def _moved(self, group: Numbers, at: Times, more_bad: Numbers, more_heard: Numbers) -> Shares:
        """Counts after each change. What was measured before the newest of its group counts at that instant."""
        at = np.maximum(at, self._newest_at[group])
        order = np.lexsort((at, group))
        group, at = group[order], at[order]
        starts = np.flatnonzero(np.diff(group, prepend=-1) != 0)
        bad = self._bad[group] + _running(more_bad[order], starts)
        heard = self._heard[group] + _running(more_heard[order], starts)
        ends = last_of_each(group)
        self._bad[group[ends]], self._heard[group[ends]], self._newest_at[group[ends]] = (
            bad[ends],
            heard[ends],
            at[ends],
        )
        settled = np.flatnonzero((np.diff(group, append=-1) != 0) | (np.diff(at, append=-1) != 0))
        group, at, bad, heard = group[settled], at[settled], bad[settled], heard[settled]
        is_enough = heard >= np.maximum(self._least[group], 1)
        share = np.where(is_enough, bad / np.maximum(heard, 1), np.nan)
        return Shares(group, at, share, bad.astype(np.float64), heard.astype(np.float64))


def _running(amount: Numbers, starts: Places) -> Numbers:
    """Sums so far within each part that begins at one of `starts`.

    >>> _running(np.array([1, 1, 1, 5], dtype=np.int32), np.array([0, 2])).tolist()
    [1, 2, 1, 6]
    """
    total: Numbers = np.cumsum(amount, dtype=np.int32)
    before = np.append(0, total)[starts]
    lengths = np.diff(np.append(starts, len(amount)))
    running: Numbers = total - np.repeat(before, lengths)
    return running
