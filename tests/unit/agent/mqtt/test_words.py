"""Units, templates and ids as publishers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.decode.identity import device_id
from agent.decode.template import pointer_of
from agent.decode.unit import conversion
from campus.errors import Poison
from campus.ids import is_id
from campus.metrics import catalogue


@pytest.mark.parametrize(
    ("told", "wanted", "number", "becomes"),
    [
        ("°F", "Cel", 32, 0),
        ("K", "Cel", 273.15, 0),
        ("℃", "Cel", 5, 5),
        ("kW", "W", 1.5, 1500),
        ("MJ", "kW.h", 3.6, 1),
        ("mV", "V", 3005, 3.005),
        ("ppb", "[ppm]", 400, 0.4),
        ("µg/m³", "ug/m3", 12, 12),
        ("mg/m³", "ug/m3", 0.08, 80),
        ("psi", "hPa", 1, 68.947573),
        ("L", "m3", 1500, 1.5),
        ("%", "1", 95, 0.95),
        ("h", "s", 2, 7200),
    ],
)
def test_units(told: str, wanted: str, number: float, becomes: float) -> None:
    scale, offset = conversion(told, wanted)
    assert number * scale + offset == pytest.approx(becomes)


@pytest.mark.parametrize(("told", "wanted"), [("W", "kW.h"), ("furlong", "Cel"), ("ppb", "ug/m3"), ("m", "Cel")])
def test_units_that_measure_something_else(told: str, wanted: str) -> None:
    with pytest.raises(Poison) as refusal:
        conversion(told, wanted)
    assert refusal.value.reason == "unknown_unit"


def test_every_unit_of_the_catalogue_is_itself() -> None:
    for metric in catalogue().values():
        assert conversion(metric.unit, metric.unit) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("template", "pointer"),
    [
        ("", None),
        ("{{ value }}", None),
        ("{{ value | float(0) }}", None),
        ("{{value_json}}", ""),
        ("{{ value_json.a.b }}", "/a/b"),
        ("{{ value_json['a b'][0].c }}", "/a b/0/c"),
        ('{{- value_json["x/y"] -}}', "/x~1y"),
        ("{{ value_json.t | float | round(2) }}", "/t"),
        ("{{ value_json.t | is_defined }}", "/t"),
        ("{{ value_json.t | default('') }}", "/t"),
    ],
)
def test_templates_of_the_subset(template: str, pointer: str | None) -> None:
    assert pointer_of(template) == pointer


@pytest.mark.parametrize(
    "template",
    [
        "{{ value_json.t * 10 }}",
        "{{ value_json.t | multiply(10) }}",
        "{{ value_json.t }} {{ value_json.u }}",
        "{% if value_json.t %}1{% endif %}",
        "{{ value_json[x] }}",
        "{{ value.t }}",
        "{{ value_json.__class__() }}",
        "21",
        "{{ value_json" + ".a" * 50_000,
        "{{ value_json " + "| float(" * 10_000,
    ],
)
def test_templates_beyond_it(template: str) -> None:
    with pytest.raises(Poison) as refusal:
        pointer_of(template)
    assert refusal.value.reason == "template"


@given(st.lists(st.text(max_size=80), min_size=1, max_size=3))
def test_any_name_becomes_an_id(names: list[str]) -> None:
    assert is_id(device_id(*names))
    assert device_id(*names) == device_id(*names)


def test_names_that_an_id_cannot_hold_stay_apart() -> None:
    names = [("温室",), ("温 室",), ("a", "温室"), ("a" * 80,), ("a" * 81,), ("g", "n", "空调"), ("g", "n", "灯")]
    assert len({device_id(*each) for each in names}) == len(names)
