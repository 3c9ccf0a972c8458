"""What was committed and not told before a restart is found again, and holds that were under way go on.

Where the newest value of a series, or what is derived of the newest ones, contradicts what is written down, the samples since
then, or since the hold may have begun, are read from the store and judged again. How late each of them came is not known any
more: one out of a spool counts as if it had come in time. Other series are not looked at: an alert that began and ended in
samples that were committed and not judged yet is never told.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from campus.ids import DeviceId, Instance, MetricId, SiteId
from campus.wire.dictionary import SeriesWords
from controller.alerts.judging.columns import Rows
from controller.alerts.judging.derived.making import Wanted
from controller.alerts.judging.layers import Bound
from controller.alerts.judging.selection import Pairs, Selection
from controller.alerts.judging.transition import Transition
from controller.alerts.judging.watch import Watch
from controller.alerts.keeping.recorder import Recorder
from controller.alerts.model import AlertKey, Group
from controller.store.port import Ids, Level, SampleStore, Times

REJUDGED_AT_ONCE: Final = 5_000
"""Series whose samples are read together."""
RAW_REACH_MS: Final = 2 * 3_600_000
"""Of values older than this the means of five minutes are good enough to tell by how much one has changed."""
Told = dict[AlertKey, int]
_NO_ROWS: Final = Rows(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64), np.empty(0))


class Open(NamedTuple):
    """Open alerts that some rule still watches: all but groups', those as the watch names them, and groups' by key."""

    keys: set[AlertKey]
    pairs: Pairs
    groups: set[AlertKey]


def open_pairs(selection: Selection, store: SampleStore, keys: Iterable[AlertKey]) -> Open:
    """What is open, as the rules hold now."""
    sought = {key: selection.number_at(key.rule, SiteId(key.site)) for key in keys}
    numbers = {key: number for key, number in sought.items() if number is not None}
    groups = {key for key, number in numbers.items() if isinstance(selection.rules[number].condition, Group)}
    of_site: dict[str, list[AlertKey]] = {}
    for key in numbers.keys() - groups:
        of_site.setdefault(key.site, []).append(key)
    found, series, rule = set[AlertKey](), list[int](), list[int]()
    for site, some in of_site.items():
        place = np.arange(len(some), dtype=np.int64)
        metrics = [MetricId(selection.rules[numbers[key]].metric) for key in some]
        devices = [DeviceId(key.device) for key in some]
        instances = [Instance(key.instance) for key in some]
        words = SeriesWords(devices, metrics, instances, place, place, place)
        ids = store.known_series(SiteId(site), words).tolist()
        known = [(key, number) for key, number in zip(some, ids, strict=True) if number >= 0]
        found |= {key for key, _ in known}
        series += [number for _, number in known]
        rule += [numbers[key] for key, _ in known]
    return Open(found, Pairs(np.array(series, dtype=np.int32), np.array(rule, dtype=np.int32)), groups)


def resume(watch: Watch, store: SampleStore, recorder: Recorder, now: int) -> list[Transition]:
    """Bring a watch whose series are learnt to where the samples in the store lead; what was never told."""
    ids = np.arange(watch.size, dtype=np.int32)
    latest = store.latest(ids)
    heard = np.flatnonzero(latest.measured_at > 0)
    newest = Rows(ids[heard], latest.measured_at[heard], latest.value[heard])
    newest_at = int(newest.measured_at.max(initial=0))
    doubts = watch.in_doubt(newest, now)
    wanted = watch.derived.wanted()
    if wanted is not None:
        watch.seed(*look_up(store, wanted, now))
    watch.derived.heard_again(newest_at, now)
    doubtful = watch.derived.in_doubt(now)
    if not len(doubts.series) and not len(doubtful.series):
        return []
    since = now - max(watch.looks_back_ms(doubts), watch.derived.looks_back_ms(doubtful.binding))
    told, end = recorder.told_since(since), newest_at + 1
    return [
        *_judged_again(watch, store, doubts, since, end, told, now),
        *_derived_again(watch, store, doubtful, since, end, told, now, newest),
    ]


def look_up(store: SampleStore, wanted: Wanted, now: int) -> tuple[Rows, Rows]:
    """The older samples that new bindings are to be told of: the newest of each series, and those since a while."""
    latest = store.latest(wanted.newest)
    level = Level.RAW if wanted.reach_ms <= RAW_REACH_MS else Level.FIVE_MINUTES
    since = _samples(store, wanted.since, now - wanted.reach_ms, now + 1, level)
    return Rows(wanted.newest, latest.measured_at, latest.value), since


def _judged_again(
    watch: Watch, store: SampleStore, doubts: Bound, since: int, end: int, told: Told, now: int
) -> list[Transition]:
    found = list[Transition]()
    series = np.unique(doubts.series)
    for first in range(0, len(series), REJUDGED_AT_ONCE):
        some = series[first : first + REJUDGED_AT_ONCE]
        places = np.flatnonzero(np.isin(doubts.series, some))
        part = Bound(doubts.series[places], doubts.rule[places], doubts.binding[places])
        rows = _samples(store, some, since, end)
        found += watch.rejudge(part, rows, _told_at(watch, part, told), min(now, end - 1))
    return found


def _derived_again(
    watch: Watch, store: SampleStore, doubtful: Bound, since: int, end: int, told: Told, now: int, newest: Rows
) -> list[Transition]:
    """The same of what is derived: it is derived anew, from some time before on."""
    if not len(doubtful.series):
        return []
    begin = since - watch.derived.reach_ms(doubtful.rule)
    inputs = watch.derived.inputs(doubtful.binding)
    is_older = np.isin(newest.series, inputs) & (newest.measured_at < begin)
    rows = _samples(store, inputs, begin, end)
    made = watch.derived.history(doubtful.binding, newest.at_places(is_older), rows, watch.names)
    made = made.at_places(made.measured_at >= since)
    return watch.derived.rejudge(doubtful.binding, made, _told_at(watch, doubtful, told), min(now, end - 1))


def _told_at(watch: Watch, some: Bound, told: Told) -> Times:
    keys = [watch.key(*pair) for pair in zip(some.series.tolist(), some.rule.tolist(), strict=True)]
    return np.array([told.get(key, 0) for key in keys], dtype=np.int64)


def _samples(store: SampleStore, series: Ids, start: int, end: int, level: Level = Level.RAW) -> Rows:
    """Samples of distinct series, ascending by time."""
    pieces = [_NO_ROWS]
    for first in range(0, len(series), REJUDGED_AT_ONCE):
        window = store.window(series[first : first + REJUDGED_AT_ONCE], start, end, level)
        pieces.append(Rows(window.series, window.at, window.mean))
    rows = Rows(*(np.concatenate(column) for column in zip(*pieces, strict=True)))
    return rows.at_places(np.argsort(rows.measured_at, kind="stable"))
