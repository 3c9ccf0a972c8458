"""Which samples are believed, against a reading of the catalogue one sample at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.delivery import SetAside
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import Metric, MetricKind, State, catalogue
from campus.samples import SeriesKey
from campus.wire.dictionary import read_series
from campus.wire.pack import pack_dictionary
from controller.ingest.accept import (
    REASONS,
    MetricLimits,
    SeriesTable,
    build_table,
    counted,
    refusals,
    told_refusals,
    verdicts,
)

EARLIEST, LATEST = 1_000, 2_000
METRICS = {
    MetricId("percent"): Metric(unit="%", en="", zh="", maximum=100),
    MetricId("cold"): Metric(unit="Cel", en="", zh="", minimum=-80, maximum=500),
    MetricId("door"): Metric(
        unit="1",
        en="",
        zh="",
        kind=MetricKind.STATE,
        states=(State(0, "closed", "", ""), State(1, "open", "", ""), State(62, "odd", "", "")),
    ),
}
KEYS = [
    SeriesKey(DeviceId(device), MetricId(metric), Instance(""))
    for device in ("known", "stranger")
    for metric in (*METRICS, "nonsense")
]


def table_of(keys: list[SeriesKey], ids: list[int], metrics: dict[MetricId, Metric]) -> SeriesTable:
    """The table of a dictionary of `keys` to which the store has given `ids`; "stranger" is no device of the registry."""
    words, limits = read_series(pack_dictionary(keys)), MetricLimits(metrics)
    known = np.array([device != "stranger" for device in words.devices])
    return build_table(words, refusals(words, known, limits), np.array(ids, np.int32), limits)


def reason(key: SeriesKey, at: int, value: float) -> SetAside | None:
    """The rule, in plain words."""
    if key.device != "known":
        return SetAside.UNKNOWN_DEVICE
    metric = METRICS.get(key.metric)
    if metric is None:
        return SetAside.UNKNOWN_METRIC
    if metric.states:
        if metric.state(value) is None:
            return SetAside.UNKNOWN_STATE
    elif not metric.minimum <= value <= metric.maximum:
        return SetAside.OUT_OF_RANGE
    if at > LATEST:
        return SetAside.CLOCK_AHEAD
    return SetAside.TOO_OLD if at < EARLIEST else None


values = st.one_of(
    st.sampled_from([-80.0, -81.0, 0.0, 0.5, 1.0, 2.0, 62.0, 63.0, 64.0, 100.0, 100.1, 500.0, 501.0, -1e300, 1e300]),
    st.floats(allow_nan=False, allow_infinity=False),
)
sample = st.tuples(st.integers(0, len(KEYS) - 1), st.integers(EARLIEST - 2, LATEST + 2), values)


@given(st.lists(sample, min_size=1, max_size=30))
def test_every_sample_gets_the_verdict_of_the_rule(samples: list[tuple[int, int, float]]) -> None:
    table = table_of(KEYS, list(range(len(KEYS))), METRICS)
    entry, at, value = (np.array(column) for column in zip(*samples, strict=True))
    series, metric = table.series[entry], table.metric[entry]
    found = verdicts(series, metric, at, value.astype(np.float64), MetricLimits(METRICS), EARLIEST, LATEST)
    wanted = [reason(KEYS[entry], at, value) for entry, at, value in samples]
    assert [REASONS[code] for code in found.tolist()] == wanted
    assert counted(found) == {str(word): wanted.count(word) for word in SetAside if wanted.count(word)}


def test_only_what_can_be_taken_has_an_id() -> None:
    table = table_of(KEYS, [7, 8, 9, 10, 11, -1, -1, -1], METRICS)
    assert table.series.tolist()[:3] == [7, 8, 9]
    assert (table.series[3:] < 0).all()


def test_a_series_without_an_id_was_not_granted_one() -> None:
    table = table_of(KEYS, [7, -1, 9, -1, -1, -1, -1, -1], METRICS)
    too_many, no_metric, no_device = SetAside.TOO_MANY_SERIES, SetAside.UNKNOWN_METRIC, SetAside.UNKNOWN_DEVICE
    wanted = [None, too_many, None, no_metric, *[no_device] * 4]
    assert [REASONS[code] for code in told_refusals(table.series).tolist()] == wanted


def test_a_state_beyond_the_mask_is_a_mistake_of_the_catalogue() -> None:
    metric = Metric(unit="1", en="X", zh="", kind=MetricKind.STATE, states=(State(63, "far", "", ""),))
    with pytest.raises(ValueError, match="0 to 62"):
        MetricLimits({MetricId("m"): metric})


def test_the_shipped_catalogue_can_be_judged() -> None:
    keys = [SeriesKey(DeviceId("d"), metric, Instance("")) for metric in catalogue()]
    assert len(keys) > 30
    table = table_of(keys, list(range(len(keys))), dict(catalogue()))
    assert (table.series >= 0).all()
