"""Thinning: only samples that were measured, the extremes of every five minutes, nothing twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.spool.thin import WINDOW_MS, samples_of, thinned
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey
from campus.wire.frame import FrameError, SamplesBody
from campus.wire.pack import pack_samples
from tests.unit.agent.bodies import NOW, samples

KEYS = [SeriesKey(DeviceId("sw-1"), MetricId("if_in_bps"), Instance(name)) for name in ("a", "b")]
SAMPLE = st.builds(
    Sample, st.sampled_from(KEYS), st.integers(NOW, NOW + 4 * WINDOW_MS), st.floats(-5, 5, allow_nan=False)
)


@given(st.lists(SAMPLE, min_size=1, max_size=60))
def test_a_body_is_read_as_it_was_packed(them: list[Sample]) -> None:
    assert list(samples_of(pack_samples(them))) == them


@given(st.lists(SAMPLE, min_size=1, max_size=200))
def test_every_window_of_a_series_keeps_its_lowest_and_its_highest(them: list[Sample]) -> None:
    kept = list(samples_of(thinned(them)))
    assert set(kept) <= set(them)
    assert len(kept) == len(set(kept))
    assert [each.measured_at for each in kept] == sorted(each.measured_at for each in kept)
    slots: dict[tuple[SeriesKey, int], list[float]] = {}
    for each in them:
        slots.setdefault((each.key, each.measured_at // WINDOW_MS), []).append(each.value)
    left: dict[tuple[SeriesKey, int], list[float]] = {}
    for each in kept:
        left.setdefault((each.key, each.measured_at // WINDOW_MS), []).append(each.value)
    assert left.keys() == slots.keys()
    assert all({min(slots[slot]), max(slots[slot])} == set(values) for slot, values in left.items())
    assert all(len(values) <= 2 for values in left.values())


@pytest.mark.parametrize("harm", ["dictionary", "series", "value"])
def test_a_body_that_no_agent_packed_is_told(harm: str) -> None:
    body = samples(3)
    columns = {"dictionary": body.dictionary, "series": body.series, "value": body.value}
    columns[harm] = b"\x07\x00\x00\x00" * 3 if harm == "series" else columns[harm][:-1]
    with pytest.raises(FrameError):
        list(samples_of(SamplesBody(count=3, measured_at=body.measured_at, **columns)))
