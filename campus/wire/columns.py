"""Columns of a samples frame with numpy: the controller's and the simulator's side of `campus.wire.pack`.

Everything is checked before it is believed: sizes before reshaping, indices before lookup, times and values as whole
columns. Pure.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId, is_id, is_instance, is_metric_id
from campus.samples import SeriesKey
from campus.wire.frame import (
    EARLIEST_MS,
    LATEST_MS,
    MAX_SAMPLES,
    MAX_SERIES,
    FrameError,
    SamplesBody,
    SeriesDictionary,
)

_dictionary_decoder = msgspec.msgpack.Decoder(SeriesDictionary)


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
    """The series of a frame, in index order, every word checked; `FrameError` ``bad_dictionary`` otherwise."""
    try:
        table = _dictionary_decoder.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError("bad_dictionary", f"MessagePack cannot read it: {error}") from error
    n, odd = divmod(len(table.device), 2)
    if odd or not 0 < n <= MAX_SERIES or len(table.metric) != 2 * n or len(table.instance) != 2 * n:
        raise FrameError("bad_dictionary", "device, metric and instance need one u16 for each series, 1 to 65535")
    _check_words(table)
    device = _looked_up(table.devices, table.device)
    metric = _looked_up(table.metrics, table.metric)
    instance = _looked_up(table.instances, table.instance)
    keys = [SeriesKey(DeviceId(d), MetricId(m), Instance(i)) for d, m, i in zip(device, metric, instance, strict=True)]
    if len(set(keys)) != n:
        raise FrameError("bad_dictionary", "a series stands twice in the dictionary")
    return keys


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


def _check_words(table: SeriesDictionary) -> None:
    checks = (
        (table.devices, is_id, "device"),
        (table.metrics, is_metric_id, "metric"),
        (table.instances, is_instance, "instance"),
    )
    for words, is_good, what in checks:
        for word in words:
            if not is_good(word):
                raise FrameError("bad_dictionary", f"{word[:80]!r} cannot name a {what}")


def _looked_up(words: list[str], packed: bytes) -> list[str]:
    indices = np.frombuffer(packed, "<u2")
    if indices.max() >= len(words):
        raise FrameError("bad_dictionary", f"an index points outside {len(words)} words")
    return [words[index] for index in indices.tolist()]
