"""Columns of a samples frame with numpy: the controller's and the simulator's side of `campus.wire.pack`.

Everything is checked before it is believed: sizes before reshaping, indices before lookup, times and values as whole
columns. Pure.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.samples import SeriesKey
from campus.wire.dictionary import read_series
from campus.wire.frame import EARLIEST_MS, LATEST_MS, MAX_SAMPLES, FrameError, SamplesBody


class Columns(NamedTuple):
    """Samples as three arrays of equal length: dictionary index (i64), UTC milliseconds (i64), value (f64)."""

    series: NDArray[np.int64]
    measured_at: NDArray[np.int64]
    value: NDArray[np.float64]


def read_columns(body: SamplesBody, series_count: int) -> Columns:
    """Unpack the three buffers and check them against a dictionary of `series_count` entries.

    Raises `FrameError`: ``bad_columns`` (lengths disagree), ``bad_index``, ``bad_time``, ``not_finite``.
    The arrays are the caller's own; `value` is a read-only view of the body's bytes.
    """
    check_sizes(body)
    return join_columns([body], [series_count])


def check_sizes(body: SamplesBody) -> None:
    """Raise `FrameError` ``bad_columns`` unless the three buffers hold as many samples as the body says."""
    n = body.count
    if not 0 < n <= MAX_SAMPLES:
        raise FrameError("bad_columns", f"count is {n}, must be 1 to {MAX_SAMPLES}")
    if len(body.series) != 4 * n or len(body.measured_at) != 8 * n or len(body.value) != 8 * n:
        sizes = f"{len(body.series)}, {len(body.measured_at)}, {len(body.value)}"
        raise FrameError("bad_columns", f"{n} samples need buffers of {4 * n}, {8 * n}, {8 * n} bytes, got {sizes}")


def join_columns(bodies: Sequence[SamplesBody], series_counts: Sequence[int]) -> Columns:
    """The samples of several bodies, one or more, one after the other; each body's `check_sizes` has passed.

    Raises `FrameError` as `read_columns` would for one of them, without telling for which. Many small frames cost
    little more than one large one.
    """
    counts = np.array([body.count for body in bodies])
    series = _summed(np.frombuffer(b"".join([body.series for body in bodies]), "<i4"), counts)
    measured_at = _summed(np.frombuffer(b"".join([body.measured_at for body in bodies]), "<i8"), counts)
    value = np.frombuffer(b"".join([body.value for body in bodies]), "<f8")
    if series.min() < 0 or (series >= np.repeat(series_counts, counts)).any():
        raise FrameError("bad_index", f"a sample points outside the dictionary of {series_counts[0]} series")
    if measured_at.min() < EARLIEST_MS or measured_at.max() >= LATEST_MS:
        raise FrameError("bad_time", "a sample was measured outside 2000 to 2100: are the times in milliseconds?")
    if not np.isfinite(value).all():
        raise FrameError("not_finite", "a value is NaN or infinite: leave out what was not measured")
    return Columns(series, measured_at, value)


def read_dictionary(packed: bytes) -> list[SeriesKey]:
    """The series of a frame, in index order, for who wants an object of each; `FrameError` as `read_series`."""
    words = read_series(packed)
    devices = map(words.devices.__getitem__, words.device.tolist())
    metrics = map(words.metrics.__getitem__, words.metric.tolist())
    instances = map(words.instances.__getitem__, words.instance.tolist())
    return list(map(SeriesKey, devices, metrics, instances))


def pack_columns(
    dictionary: bytes, series: NDArray[np.int64], measured_at: NDArray[np.int64], value: NDArray[np.float64]
) -> SamplesBody:
    """The reverse of `read_columns`, for senders that have arrays: three columns of equal length, not empty."""
    if not 0 < len(series) <= MAX_SAMPLES:
        raise FrameError("too_large", f"{len(series)} samples in one frame, must be 1 to {MAX_SAMPLES}")
    return SamplesBody(
        count=len(series),
        dictionary=dictionary,
        series=np.diff(series, prepend=0).astype("<i4").tobytes(),
        measured_at=np.diff(measured_at, prepend=0).astype("<i8").tobytes(),
        value=value.astype("<f8").tobytes(),
    )


def _summed(differences: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Running sums that begin anew after each of `counts` elements. What overflows wraps, as it would within one body."""
    sums = np.cumsum(differences, dtype=np.int64)
    ends = np.cumsum(counts)[:-1]
    if len(ends):
        sums[ends[0] :] -= np.repeat(sums[ends - 1], counts[1:])
    return sums
