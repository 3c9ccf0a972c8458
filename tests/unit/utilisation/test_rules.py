"""Proof of being on and lesson time against definitions written the obvious way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.utilisation.rules import lesson_ms_in, lesson_spans, proves_on, total_ms

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
    assert proves_on(np.array([min(readings)]), np.array([max(readings)])).tolist() == [is_on]
