"""Units, states and colours of all that the catalogue has."""

import pytest
from grafana_foundation_sdk.models import dashboard

from campus.metrics import Health, MetricKind, catalogue
from dashboards import appearance
from dashboards.appearance import decimals, grafana_unit, states, worst_is_low
from dashboards.words import Language

BACKGROUND = "#181b1f"
"""Of a panel in Grafana's dark theme."""
LEAST_CONTRAST = 3.0
"""WCAG 2.2, 1.4.11: what is drawn against what is beside it."""
METRICS = catalogue()
STATES = {name: metric for name, metric in METRICS.items() if metric.kind is MetricKind.STATE}


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_unit_of_grafana(name: str) -> None:
    metric = METRICS[name]  # type: ignore[index]

    assert grafana_unit(metric.unit)
    assert decimals(metric) in (None, 0, 1, 2)


def test_an_unknown_unit_is_said() -> None:
    with pytest.raises(KeyError, match="furlong"):
        grafana_unit("furlong")


@pytest.mark.parametrize("name", STATES)
def test_every_state_has_its_word_and_a_colour_of_its_health(name: str) -> None:
    metric = STATES[name]  # type: ignore[index]
    for language in Language:
        (mapping,) = states(metric, language)
        assert isinstance(mapping, dashboard.ValueMap)
        shown = {int(value): (result.text, result.color) for value, result in mapping.options.items()}
        assert {value: text for value, (text, _) in shown.items()} == {
            state.value: state.zh if language is Language.CHINESE else state.en for state in metric.states
        }
        colour_of = {Health.FAILED: appearance.FAILED, Health.ATTENTION: appearance.ATTENTION}
        for state in metric.states:
            assert shown[state.value][1] == colour_of.get(state.health, shown[state.value][1])
            assert (shown[state.value][1] == appearance.FAILED) is (state.health is Health.FAILED)
        assert len(set(shown.values())) == len(shown)


def test_of_which_states_the_lowest_is_the_worst() -> None:
    low = {str(name) for name, metric in STATES.items() if worst_is_low(metric)}

    assert {"reachable", "stream_state", "login_state", "channel_state"} <= low
    assert low.isdisjoint({"if_oper_state", "picture_state", "service_state", "power_state", "alarm_state"})


def test_every_colour_can_be_seen_on_the_dark_wall() -> None:
    colours = {
        name: value
        for name, value in vars(appearance).items()
        if isinstance(value, str) and value.startswith("#") and name != "CALM"
    }

    assert {name for name, colour in colours.items() if contrast(colour, BACKGROUND) < LEAST_CONTRAST} == set()
    assert len(colours) >= 9


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 has it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
