"""The two ways to pack samples give the same bytes, and the reader believes nothing it has not checked."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.samples import Sample, SeriesKey
from campus.wire.codec import encode_frame
from campus.wire.columns import join_columns, pack_columns, read_columns, read_dictionary
from campus.wire.dictionary import read_series
from campus.wire.frame import MAX_SAMPLES, FrameError, SamplesBody, SeriesDictionary
from campus.wire.pack import little_endian, pack_dictionary, pack_samples
from tests.unit.campus.wire.frames import AT, check_reason, frame_of, keys, sample, sample_lists


def unpacked(body: SamplesBody) -> list[Sample]:
    series = read_dictionary(body.dictionary)
    columns = read_columns(body, len(series))
    return [
        Sample(series[index], at, value)
        for index, at, value in zip(*(column.tolist() for column in columns), strict=True)
    ]


def packed_with_numpy(samples: list[Sample]) -> SamplesBody:
    series = sorted({item.key for item in samples})
    return pack_columns(
        pack_dictionary(series),
        np.array([series.index(item.key) for item in samples], np.int64),
        np.array([item.measured_at for item in samples], np.int64),
        np.array([item.value for item in samples], np.float64),
    )


@given(sample_lists)
def test_samples_round_trip_in_order(samples: list[Sample]) -> None:
    assert unpacked(pack_samples(samples)) == samples


@given(st.lists(sample_lists, min_size=1, max_size=5))
def test_bodies_read_together_are_those_read_one_by_one(lists: list[list[Sample]]) -> None:
    bodies = [pack_samples(samples) for samples in lists]
    counts = [len(read_dictionary(body.dictionary)) for body in bodies]
    joined = join_columns(bodies, counts)
    single = [read_columns(body, count) for body, count in zip(bodies, counts, strict=True)]
    for name in joined._fields:
        np.testing.assert_array_equal(getattr(joined, name), np.concatenate([getattr(one, name) for one in single]))


@given(sample_lists)
def test_both_packers_give_the_same_bytes(samples: list[Sample]) -> None:
    assert packed_with_numpy(samples) == pack_samples(samples)


@given(st.lists(keys, min_size=1, max_size=40, unique=True))
def test_a_dictionary_round_trips_in_any_order(series: list[SeriesKey]) -> None:
    assert read_dictionary(pack_dictionary(series)) == series


@given(st.lists(keys, min_size=1, max_size=40, unique=True))
def test_a_dictionary_can_be_read_as_columns(series: list[SeriesKey]) -> None:
    words = read_series(pack_dictionary(series))
    rows = zip(words.device.tolist(), words.metric.tolist(), words.instance.tolist(), strict=True)
    found = [SeriesKey(words.devices[row[0]], words.metrics[row[1]], words.instances[row[2]]) for row in rows]
    assert found == series
    for places, kind in (
        (words.device, words.devices),
        (words.metric, words.metrics),
        (words.instance, words.instances),
    ):
        assert sorted(set(places.tolist())) == list(range(len(kind)))


def test_words_that_stand_twice_name_the_same() -> None:
    words = read_series(msgspec.msgpack.encode(msgspec.structs.replace(TABLE, devices=["a", "a"])))
    assert words.device.tolist() == [1, 1]
    assert words.instance.tolist() == [0, 1]


@given(sample_lists)
def test_the_same_series_give_the_same_dictionary_bytes(samples: list[Sample]) -> None:
    again = [Sample(item.key, item.measured_at + 1, 0.0) for item in reversed(samples)]
    assert pack_samples(again).dictionary == pack_samples(samples).dictionary


@given(
    st.integers(-2, 5) | st.just(1 << 40),
    *[st.binary(max_size=24) | st.sampled_from([b"\0" * 8, b"\xff" * 8, b"\0" * 16])] * 3,
    st.integers(0, 3),
)
def test_any_buffers_are_refused_with_a_reason_or_in_range(
    count: int, series: bytes, measured_at: bytes, value: bytes, series_count: int
) -> None:
    body = SamplesBody(count=count, dictionary=b"", series=series, measured_at=measured_at, value=value)
    try:
        columns = read_columns(body, series_count)
    except FrameError as error:
        check_reason(error)
    else:
        assert columns.series.max() < series_count


@given(st.binary(max_size=200))
def test_random_dictionary_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(FrameError) as caught:
        read_dictionary(noise)
    assert caught.value.reason == "bad_dictionary"


GOOD = pack_samples([sample(), sample(device="cold-2", at=AT + 5)])
INFINITE = little_endian("d", [1.0, float("inf")])
WRONG_COLUMNS: list[tuple[str, Any, str]] = [
    ("count", 0, "bad_columns"),
    ("count", -1, "bad_columns"),
    ("count", 3, "bad_columns"),
    ("count", MAX_SAMPLES + 1, "bad_columns"),
    ("series", GOOD.series[:-1], "bad_columns"),
    ("series", little_endian("q", [0, 1]), "bad_columns"),
    ("measured_at", little_endian("i", [0, 1]), "bad_columns"),
    ("value", b"", "bad_columns"),
    ("value", little_endian("d", [1.0, float("nan")]), "not_finite"),
    ("value", INFINITE, "not_finite"),
    ("series", little_endian("i", [0, 2]), "bad_index"),
    ("series", little_endian("i", [0, -1]), "bad_index"),
    ("series", little_endian("i", [2**31 - 1, 2**31 - 1]), "bad_index"),
    ("measured_at", little_endian("q", [0, 0]), "bad_time"),
    ("measured_at", little_endian("q", [AT // 1000, 0]), "bad_time"),
    ("measured_at", little_endian("q", [AT, 1 << 62]), "bad_time"),
    ("measured_at", little_endian("q", [AT, -(1 << 63)]), "bad_time"),
]


@pytest.mark.parametrize(("field", "content", "reason"), WRONG_COLUMNS)
def test_a_wrong_column_is_named(field: str, content: object, reason: str) -> None:
    with pytest.raises(FrameError) as caught:
        read_columns(msgspec.structs.replace(GOOD, **{field: content}), 2)
    assert caught.value.reason == reason


@pytest.mark.parametrize(("field", "content", "reason"), [row for row in WRONG_COLUMNS if row[2] != "bad_columns"])
def test_a_wrong_column_spoils_the_bodies_it_is_read_with(field: str, content: object, reason: str) -> None:
    wrong = msgspec.structs.replace(GOOD, **{field: content})
    for bodies in ([wrong, GOOD], [GOOD, wrong], [GOOD, wrong, GOOD]):
        with pytest.raises(FrameError) as caught:
            join_columns(bodies, [2] * len(bodies))
        assert caught.value.reason == reason


TABLE = SeriesDictionary(["a", "b"], ["m"], ["", "x"], b"\0\0\1\0", b"\0\0\0\0", b"\0\0\1\0")
WRONG_TABLES: dict[str, SeriesDictionary] = {
    "an odd length": msgspec.structs.replace(TABLE, device=b"\0\0\1"),
    "lengths that disagree": msgspec.structs.replace(TABLE, metric=b"\0\0"),
    "no series": SeriesDictionary([], [], [], b"", b"", b""),
    "an index outside its words": msgspec.structs.replace(TABLE, instance=b"\0\0\2\0"),
    "a series twice": msgspec.structs.replace(TABLE, device=b"\0\0\0\0", instance=b"\0\0\0\0"),
    "equal words, so a series twice": msgspec.structs.replace(TABLE, devices=["a", "a"], instance=b"\0\0\0\0"),
    "a device that is no id": msgspec.structs.replace(TABLE, devices=["a", "B"]),
    "a metric that is no id": msgspec.structs.replace(TABLE, metrics=["Temp"]),
    "an instance of 129 characters": msgspec.structs.replace(TABLE, instances=["", "x" * 129]),
    "an instance with a line break": msgspec.structs.replace(TABLE, instances=["", "a\nb"]),
}


@pytest.mark.parametrize("name", WRONG_TABLES)
def test_a_wrong_dictionary_is_refused(name: str) -> None:
    packed = msgspec.msgpack.encode(WRONG_TABLES[name])
    assert len(read_dictionary(msgspec.msgpack.encode(TABLE))) == 2
    with pytest.raises(FrameError) as caught:
        read_dictionary(packed)
    assert caught.value.reason == "bad_dictionary"


TOO_MANY = np.zeros(MAX_SAMPLES + 1, np.int64)


def many_series() -> None:
    pack_dictionary([sample(device=f"d{index}").key for index in range(65_536)])


@pytest.mark.parametrize(
    "pack",
    [
        lambda: pack_samples([sample()] * (MAX_SAMPLES + 1)),
        lambda: pack_columns(b"", TOO_MANY, TOO_MANY, TOO_MANY.astype(np.float64)),
        many_series,
    ],
)
def test_packing_too_much_is_refused(pack: Callable[[], object]) -> None:
    with pytest.raises(FrameError) as caught:
        pack()
    assert caught.value.reason == "too_large"


def test_a_full_frame_fits() -> None:
    full = pack_samples([sample(device=f"d{index % 5000}", at=AT + index) for index in range(MAX_SAMPLES)])
    assert len(unpacked(full)) == MAX_SAMPLES
    assert len(encode_frame(frame_of(full))) < 1 << 20
