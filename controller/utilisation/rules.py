"""What counts as use of a board. Pure; decides by 5-minute buckets.

Evidence of use in a bucket, and why:

- the board was **on**: `power_state` was `on` at some reading of it. Standby and off are not use, however often somebody
  touches the screen; a reading of `fault` proves nothing;
- and somebody did something with it: it was **touched** (`touch_per_min` above 0 at some reading), or it **showed** a
  source (`input_state` other than `none` at some reading). A board that is merely switched on in the morning and left dark
  is not used; a film shown without a touch is.

A bucket is **known** when it holds a reading of `power_state`. What is not known is neither use nor idleness: shares are
of known lesson time. Lesson time counts to the millisecond; a bucket that lies half in a lesson counts half.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.store.port import Times, Values

BUCKET_MS: Final = 300_000
ON: Final = 2
"""`power_state` on; 0 off, 1 standby, 3 fault."""

Mask = NDArray[np.bool_]
Spans = NDArray[np.int64]


def proves_on(minimum: Values, maximum: Values) -> Mask:
    """Which buckets of `power_state` hold a reading of `on`, by their lowest and highest.

    With fault = 3 as the highest, only a lowest of 2 proves that `on` was read too.

    >>> proves_on(np.array([0.0, 2.0, 1.0]), np.array([2.0, 3.0, 3.0])).tolist()
    [True, True, False]
    """
    found: Mask = (maximum == ON) | ((maximum > ON) & (minimum == ON))
    return found


def lesson_spans(lessons: Sequence[tuple[int, int]], start: int, end: int) -> Spans:
    """Lessons of one room as disjoint sorted spans within [start, end): an array of shape (n, 2).

    >>> lesson_spans([(0, 10), (5, 20), (30, 40)], 2, 35).tolist()
    [[2, 20], [30, 35]]
    """
    spans: list[list[int]] = []
    for begins, ends in sorted(lessons):
        begins, ends = max(begins, start), min(ends, end)
        if begins >= ends:
            continue
        if spans and begins <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], ends)
        else:
            spans.append([begins, ends])
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def lesson_ms_in(at: Times, spans: Spans, width_ms: int = BUCKET_MS) -> NDArray[np.int64]:
    """How many milliseconds of each bucket [at, at + width) lie in lessons.

    >>> lesson_ms_in(np.array([0, 300_000, 600_000]), np.array([[100_000, 500_000]])).tolist()
    [200000, 200000, 0]
    """
    return _elapsed(at + width_ms, spans) - _elapsed(at, spans)


def total_ms(spans: Spans) -> int:
    """All lesson time of the spans."""
    return int((spans[:, 1] - spans[:, 0]).sum())


def _elapsed(at: Times, spans: Spans) -> NDArray[np.int64]:
    """Lesson time before each instant."""
    if not len(spans):
        return np.zeros(len(at), dtype=np.int64)
    starts, ends = spans[:, 0], spans[:, 1]
    before = np.concatenate([[0], np.cumsum(ends - starts)])
    place = np.searchsorted(starts, at, side="right") - 1
    inside = np.minimum(at, ends[np.maximum(place, 0)]) - starts[np.maximum(place, 0)]
    elapsed: NDArray[np.int64] = np.where(place < 0, 0, before[np.maximum(place, 0)] + inside)
    return elapsed
