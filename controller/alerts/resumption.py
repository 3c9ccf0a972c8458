"""What was committed and not told before a restart is found again, and holds that were under way go on.

Where the newest value of a series contradicts what is written down, its samples since then, or since the hold may have
begun, are read from the store and judged again. How late each of them came is not known any more: one out of a spool
counts as if it had come in time. Other series are not looked at: an alert that began and ended in samples that were
committed and not judged yet is never told.
"""

from typing import Final

import numpy as np

from controller.alerts.judgement import Rows
from controller.alerts.layers import Bound
from controller.alerts.recorder import Recorder
from controller.alerts.transition import Transition
from controller.alerts.watch import Watch
from controller.store.port import Level, SampleStore

REJUDGED_AT_ONCE: Final = 5_000
"""Series whose samples are read together."""


def resume(watch: Watch, store: SampleStore, recorder: Recorder, now: int) -> list[Transition]:
    """Bring a watch whose series are learnt to where the samples in the store lead; what was never told."""
    ids = np.arange(watch.size, dtype=np.int32)
    latest = store.latest(ids)
    heard = np.flatnonzero(latest.measured_at > 0)
    newest = Rows(ids[heard], latest.measured_at[heard], latest.value[heard])
    doubts = watch.in_doubt(newest, now)
    if not len(doubts.series):
        return []
    since, end = now - watch.looks_back_ms(doubts), int(newest.measured_at.max()) + 1
    told, found = recorder.told_since(since), list[Transition]()
    series = np.unique(doubts.series)
    for first in range(0, len(series), REJUDGED_AT_ONCE):
        some = series[first : first + REJUDGED_AT_ONCE]
        places = np.flatnonzero(np.isin(doubts.series, some))
        part = Bound(doubts.series[places], doubts.rule[places], doubts.binding[places])
        keys = [watch.key(*pair) for pair in zip(part.series.tolist(), part.rule.tolist(), strict=True)]
        told_at = np.array([told.get(key, 0) for key in keys], dtype=np.int64)
        window = store.window(some, since, end, Level.RAW)
        order = np.argsort(window.at, kind="stable")
        rows = Rows(window.series[order], window.at[order], window.mean[order])
        found += watch.rejudge(part, rows, told_at, min(now, end - 1))
    return found
