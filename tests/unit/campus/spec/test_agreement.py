"""The checker refuses what the controller refuses, and the page's examples reach the store."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.delivery import SetAside
from campus.metrics import catalogue, publishable
from campus.samples import Sample
from campus.spec.check.columns import sample_mistakes
from campus.spec.example import ADDRESS
from campus.spec.files import PAGES
from campus.spec.page import page
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.dictionary import read_series
from campus.wire.frame import LATEST_MS
from campus.wire.pack import pack_samples
from controller.ingest.accept import MetricLimits, build_table, counted, refusals, verdicts
from controller.ingest.group import Arrived
from tests.unit.campus.wire.frames import AT, sample
from tests.unit.ingest.frames import Bench

JUDGED_BY_BOTH = {SetAside.UNKNOWN_METRIC, SetAside.OUT_OF_RANGE, SetAside.UNKNOWN_STATE}
values = st.sampled_from(
    [0.0, 1.0, 0.5, 2.0, 7.0, 63.0, 64.0, -1.0, -80.0, -80.1, 100.0, 100.1, 1e300, -1e300]
) | st.floats(allow_nan=False, allow_infinity=False)
samples = st.builds(
    sample, metric=st.sampled_from([*catalogue(), "unheard_of"]), value=values, instance=st.sampled_from(["", "a"])
)


@given(st.lists(samples, min_size=1, max_size=30))
def test_checker_and_controller_agree(batch: list[Sample]) -> None:
    body = pack_samples(batch)
    keys = read_dictionary(body.dictionary)
    columns = read_columns(body, len(keys))

    said: Counter[str] = Counter()
    for mistake in sample_mistakes(keys, columns, AT, AT):
        if mistake.reason in JUDGED_BY_BOTH:
            said[mistake.reason] += mistake.samples

    words, limits = read_series(body.dictionary), MetricLimits(publishable())
    refusal = refusals(words, np.ones(len(words.devices), np.bool_), limits)
    table = build_table(words, refusal, np.arange(len(keys), dtype=np.int32), limits)
    series, metric = table.series[columns.series], table.metric[columns.series]
    found = verdicts(series, metric, columns.measured_at, columns.value, limits, 0, LATEST_MS)
    assert dict(said) == counted(found)


@pytest.mark.parametrize("language", sorted(PAGES))
def test_the_frames_on_the_page_are_stored(language: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path, now=AT)
    bench.registrar.enrolled.add(ADDRESS)
    blocks = re.findall(r"^```json\n(.*?)^```", page(language), re.MULTILINE | re.DOTALL)
    for block in blocks:
        bench.pipeline.take(Arrived(ADDRESS, block.encode(), AT))
    settled = bench.pipeline.commit()
    assert [mark.number for mark in settled.marks] == [1, 2]
    assert bench.counters.samples_committed == 2
    assert not bench.counters.samples_set_aside
    assert not bench.counters.frames_dropped
