"""The metric catalogue keeps its own rules."""

import re

import pytest

from campus.metrics import Health, Metric, MetricKind, catalogue, made_by_centre, publishable
from campus.spec.files import specification


def test_the_catalogue_is_there() -> None:
    assert len(catalogue()) >= 40


@pytest.mark.parametrize("name", catalogue())
def test_a_metric_is_named_in_both_languages_and_its_states_are_in_range(name: str) -> None:
    metric = catalogue()[name]  # type: ignore[index]
    assert metric.en.isascii()
    assert metric.zh
    assert metric.unit
    for state in metric.states:
        assert metric.minimum <= state.value <= metric.maximum
        assert metric.state(state.value) is state
        assert metric.state_value(state.name) == state.value
        assert state.en
        assert state.zh


def test_names_are_used_once() -> None:
    for metric in catalogue().values():
        assert len({state.name for state in metric.states}) == len(metric.states)


def test_a_state_without_a_name_is_none() -> None:
    reachable = catalogue()["reachable"]  # type: ignore[index]
    assert reachable.state(2) is None
    assert reachable.state(0.5) is None
    assert reachable.state(0).health is Health.FAILED  # type: ignore[union-attr]
    with pytest.raises(KeyError):
        reachable.state_value("perhaps")


def test_units_of_states_and_percentages() -> None:
    for name, metric in catalogue().items():
        if metric.kind is MetricKind.STATE:
            assert metric.unit == "1", name
        if "percent" in name:
            assert metric.unit == "%", name


def test_a_metric_has_sensible_defaults() -> None:
    assert Metric(unit="W", en="Power", zh="功率").kind is MetricKind.GAUGE


def test_what_the_centre_makes_itself_nobody_else_may_send() -> None:
    own = set(made_by_centre())
    assert not own & set(publishable())
    assert own | set(publishable()) == set(catalogue())
    assert {"link_in_p95_bps", "school_alerts_open", "controller_ingest_lag_s"} <= own
    assert "if_in_bps" in publishable()
    said = specification()
    assert not [(name, metric) for name, text in said.items() for metric in own & set(re.findall(r"\w+", text))]
