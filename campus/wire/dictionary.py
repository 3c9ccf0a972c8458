"""The dictionary of a samples frame with numpy: which series it names, as columns. Pure."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, Instance, MetricId, is_id, is_instance, is_metric_id
from campus.wire.frame import MAX_SERIES, FrameError, SeriesDictionary

_dictionary_decoder = msgspec.msgpack.Decoder(SeriesDictionary)


class SeriesWords(NamedTuple):
    """The series of a frame as columns: three lists of words, and per series the place of its word in each of them.

    The three arrays (i64) have equal length, 1 or more; no series stands twice.
    """

    devices: list[DeviceId]
    metrics: list[MetricId]
    instances: list[Instance]
    device: NDArray[np.int64]
    metric: NDArray[np.int64]
    instance: NDArray[np.int64]


def read_series(packed: bytes) -> SeriesWords:
    """The dictionary of a frame, every word checked once; `FrameError` ``bad_dictionary`` otherwise."""
    try:
        table = _dictionary_decoder.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError("bad_dictionary", f"MessagePack cannot read it: {error}") from error
    n, odd = divmod(len(table.device), 2)
    if odd or not 0 < n <= MAX_SERIES or len(table.metric) != 2 * n or len(table.instance) != 2 * n:
        raise FrameError("bad_dictionary", "device, metric and instance need one u16 for each series, 1 to 65535")
    _check_words(table.devices, is_id, "device")
    _check_words(table.metrics, is_metric_id, "metric")
    _check_words(table.instances, is_instance, "instance")
    device = _places(table.devices, table.device)
    metric = _places(table.metrics, table.metric)
    instance = _places(table.instances, table.instance)
    keys = np.sort(device << 32 | metric << 16 | instance)
    if (keys[1:] == keys[:-1]).any():
        raise FrameError("bad_dictionary", "a series stands twice in the dictionary")
    # The words are checked: the casts only say so.
    return SeriesWords(
        cast(list[DeviceId], table.devices),
        cast(list[MetricId], table.metrics),
        cast(list[Instance], table.instances),
        device,
        metric,
        instance,
    )


def _check_words(words: Sequence[str], is_good: Callable[[str], bool], what: str) -> None:
    for word in words:
        if not is_good(word):
            raise FrameError("bad_dictionary", f"{word[:80]!r} cannot name a {what}")


def _places(words: Sequence[str], packed: bytes) -> NDArray[np.int64]:
    """The place of each series' word; of equal words the last one's, so that equal places are equal words."""
    place = np.frombuffer(packed, "<u2").astype(np.int64)
    if place.max() >= len(words):
        raise FrameError("bad_dictionary", f"an index points outside {len(words)} words")
    if len(set(words)) < len(words):
        place_of = {word: number for number, word in enumerate(words)}
        place = np.array([place_of[word] for word in words], np.int64)[place]
    return place
