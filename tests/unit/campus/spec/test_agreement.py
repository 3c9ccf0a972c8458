"""The checker refuses what the controller refuses, for the same reasons and as often."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from campus.delivery import SetAside
from campus.metrics import catalogue
from campus.samples import Sample
from campus.spec.check.columns import sample_mistakes
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import LATEST_MS
from campus.wire.pack import pack_samples
from controller.ingest.accept import build_table, counted, takable, verdicts
from tests.unit.campus.wire.frames import AT, sample

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

    known = [True] * len(keys)
    ids = np.arange(sum(takable(keys, known, catalogue())), dtype=np.int32)
    table = build_table(keys, known, ids, catalogue())
    assert dict(said) == counted(verdicts(table, columns.series, columns.measured_at, columns.value, 0, LATEST_MS))
