"""Many frames of samples made one: of every series only the lowest and the highest sample of each five minutes. Pure.

Nothing is averaged or invented: what is left are samples as they were measured, at the times when they were.
"""

import sys
from array import array
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final, Literal, TypeVar

import msgspec

from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey
from campus.wire.frame import FrameError, SamplesBody, SeriesDictionary
from campus.wire.pack import pack_samples

WINDOW_MS: Final = 300_000
"""Windows begin at whole multiples of it since 1970."""
N = TypeVar("N", int, float)
_dictionary = msgspec.msgpack.Decoder(SeriesDictionary)


def thinned(samples: Iterable[Sample]) -> SamplesBody:
    """One body with the extremes of `samples`, oldest first; of equal values the first to come stands.

    `samples` are not empty and fit in a frame.
    """
    low: dict[tuple[SeriesKey, int], Sample] = {}
    high: dict[tuple[SeriesKey, int], Sample] = {}
    for sample in samples:
        slot = (sample.key, sample.measured_at // WINDOW_MS)
        if sample.value < low.setdefault(slot, sample).value:
            low[slot] = sample
        if sample.value > high.setdefault(slot, sample).value:
            high[slot] = sample
    return pack_samples(sorted({*low.values(), *high.values()}, key=_by_time))


def samples_of(body: SamplesBody) -> Iterator[Sample]:
    """The samples of a body in their order, by the standard library alone. `FrameError` when an agent cannot have packed it."""
    try:
        table = _dictionary.decode(body.dictionary)
        keys = [
            SeriesKey(DeviceId(table.devices[d]), MetricId(table.metrics[m]), Instance(table.instances[i]))
            for d, m, i in zip(
                *(_integers("H", each) for each in (table.device, table.metric, table.instance)), strict=True
            )
        ]
        series, measured_at = accumulate(_integers("i", body.series)), accumulate(_integers("q", body.measured_at))
        for index, at, value in zip(series, measured_at, _column(array("d"), body.value), strict=True):
            yield Sample(keys[index], at, value)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, IndexError) as error:
        raise FrameError("bad_columns", f"not the columns of an agent: {error}") from error


def _integers(typecode: Literal["H", "i", "q"], packed: bytes) -> "array[int]":
    return _column(array(typecode), packed)


def _column(column: "array[N]", packed: bytes) -> "array[N]":
    column.frombytes(packed)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _by_time(sample: Sample) -> tuple[int, SeriesKey]:
    return sample.measured_at, sample.key
