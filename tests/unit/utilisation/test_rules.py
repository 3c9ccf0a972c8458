"""Evidence and lesson time against definitions written the obvious way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.utilisation.rules import evidence, lesson_ms_in, lesson_spans, total_ms

OFF, STANDBY, ON, FAULT = 0.0, 1.0, 2.0, 3.0

span = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(span, max_size=8), st.integers(0, 40), st.integers(0, 60), st.integers(1, 12))
def test_lesson_time_is_counted_instant_by_instant(
    lessons: list[tuple[int, int]], start: int, length: int, width: int
) -> None:
    end = start + length
    instants = {moment for begins, ends in lessons for moment in range(max(begins, start), min(ends, end))}
    spans = lesson_spans(lessons, start, end)
    assert total_ms(spans) == len(instants)
    at = np.arange(0, 100, width, dtype=np.int64)
    expected = [sum(moment in instants for moment in range(first, first + width)) for first in at.tolist()]
    assert lesson_ms_in(at, spans, width).tolist() == expected


@pytest.mark.parametrize(
    ("readings", "is_on"),
    [
        ([OFF, OFF], False),
        ([STANDBY], False),
        ([OFF, ON], True),
        ([ON], True),
        ([FAULT], False),
        ([ON, FAULT], True),
        ([STANDBY, FAULT], False),
    ],
)
def test_on_is_only_what_was_read_as_on(readings: list[float], is_on: bool) -> None:
    at = np.array([0], dtype=np.int64)
    found = evidence(at, np.array([min(readings)]), np.array([max(readings)]), at)
    assert found.is_on.tolist() == [is_on]
    assert found.is_used.tolist() == [is_on]


def test_on_alone_is_not_use_and_touching_a_dark_board_is_none() -> None:
    at = np.array([0, 300_000, 600_000, 900_000], dtype=np.int64)
    power = np.array([ON, ON, STANDBY, ON])
    touched, shown = np.array([300_000, 600_000]), np.array([900_000])
    found = evidence(at, power, power, touched, shown)
    assert found.is_used.tolist() == [False, True, False, True]
