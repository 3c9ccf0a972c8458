"""Samples to columns with the standard library alone, so that an agent on a small box needs no numpy."""

import sys
from array import array
from collections.abc import Iterable, Sequence

import msgspec

from campus.samples import Sample, SeriesKey
from campus.wire.frame import MAX_SAMPLES, MAX_SERIES, FrameError, SamplesBody, SeriesDictionary


def pack_samples(samples: Sequence[Sample]) -> SamplesBody:
    """Columns of 1 to `MAX_SAMPLES` samples, kept in the order given.

    Series are listed in sorted order, so that two polls of the same devices give the same dictionary bytes and the
    reader's cache hits. Raises `FrameError` ``too_large`` when there are too many.
    """
    if len(samples) > MAX_SAMPLES:
        raise FrameError("too_large", f"{len(samples)} samples in one frame, the limit is {MAX_SAMPLES}")
    keys = sorted({sample.key for sample in samples})
    index_of = {key: index for index, key in enumerate(keys)}
    return SamplesBody(
        count=len(samples),
        dictionary=pack_dictionary(keys),
        series=little_endian("i", differences(index_of[sample.key] for sample in samples)),
        measured_at=little_endian("q", differences(sample.measured_at for sample in samples)),
        value=little_endian("d", (sample.value for sample in samples)),
    )


def pack_dictionary(keys: Sequence[SeriesKey]) -> bytes:
    """MessagePack of the `SeriesDictionary` of `keys`, in their order; `FrameError` ``too_large`` over `MAX_SERIES`."""
    if len(keys) > MAX_SERIES:
        raise FrameError("too_large", f"{len(keys)} series in one frame, the limit is {MAX_SERIES}")
    devices, device = _indexed(key.device for key in keys)
    metrics, metric = _indexed(key.metric for key in keys)
    instances, instance = _indexed(key.instance for key in keys)
    return msgspec.msgpack.encode(SeriesDictionary(devices, metrics, instances, device, metric, instance))


def little_endian(typecode: str, values: Iterable[float]) -> bytes:
    """Bytes of `values` as array `typecode` (``H`` u16, ``i`` i32, ``q`` i64, ``d`` f64)."""
    column = array(typecode, values)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


def differences(values: Iterable[int]) -> Iterable[int]:
    """Each as the difference to the one before, the first to 0."""
    before = 0
    for value in values:
        yield value - before
        before = value


def _indexed(words: Iterable[str]) -> tuple[list[str], bytes]:
    index_of: dict[str, int] = {}
    indices = [index_of.setdefault(word, len(index_of)) for word in words]
    return list(index_of), little_endian("H", indices)
