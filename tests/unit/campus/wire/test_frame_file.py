"""Frames in a file come back as they went in; a damaged file says so and allocates nothing for its claims."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.wire.frame import MAX_COMPRESSED_BYTES, FrameError
from campus.wire.frame_file import MAGIC, FrameWriter, read_frames
from tests.unit.campus.wire.frames import check_reason


def written(payloads: list[bytes]) -> bytes:
    file = io.BytesIO()
    writer = FrameWriter(file)
    for payload in payloads:
        writer.write_frame(payload)
    return file.getvalue()


@given(st.lists(st.binary(max_size=50), min_size=1))
def test_frames_round_trip(payloads: list[bytes]) -> None:
    assert list(read_frames(io.BytesIO(written(payloads)))) == payloads


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1), st.data())
def test_a_file_that_ends_early_gives_its_whole_frames_then_says_so(payloads: list[bytes], data: st.DataObject) -> None:
    content = written(payloads)
    frames = read_frames(io.BytesIO(content[: data.draw(st.integers(0, len(content) - 1))]))
    whole: list[bytes] = []
    try:
        whole.extend(frames)
    except FrameError as error:
        check_reason(error, "corrupt", "not_a_frame")
    assert whole == payloads[: len(whole)]
    assert len(whole) < len(payloads)


@given(st.binary(max_size=100), st.sampled_from([b"", MAGIC]))
def test_random_bytes_give_frames_or_a_reason(noise: bytes, start: bytes) -> None:
    try:
        list(read_frames(io.BytesIO(start + noise)))
    except FrameError as error:
        check_reason(error)


def test_a_length_over_the_limit_is_not_believed() -> None:
    with pytest.raises(FrameError) as caught:
        list(read_frames(io.BytesIO(MAGIC + (MAX_COMPRESSED_BYTES + 1).to_bytes(4, "little"))))
    assert caught.value.reason == "too_large"
