"""What a person reads of a changed dashboard."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.grafana.difference import differences

Json = dict[str, Any]
OURS: Json = {
    "uid": "campanile-power",
    "title": "Power",
    "tags": ["campanile"],
    "panels": [
        {
            "id": 1,
            "title": "Load",
            "type": "timeseries",
            "fieldConfig": {
                "defaults": {"max": 100, "unit": "percent", "custom": {"fillOpacity": 10}},
                "overrides": [],
            },
            "targets": [
                {"refId": "A", "query": "SELECT mean(x) FROM load WHERE a = 1 " * 4},
                {"refId": "B", "query": "SELECT 1"},
            ],
            "gridPos": {"h": 8, "w": 12, "x": 0, "y": 0},
        },
        {"id": 2, "title": "Details", "type": "row", "panels": [{"id": 3, "title": "Battery", "type": "stat"}]},
    ],
    "templating": {"list": [{"name": "site", "query": "SHOW TAG VALUES", "multi": True}]},
    "annotations": {"list": [{"name": "Alerts", "enable": True}]},
}


def lines(theirs: Json) -> list[str]:
    return [each.sentence() for each in differences(OURS, theirs)]


def changed(*path: Any, to: object) -> Json:
    """OURS with one field set."""
    model: Json = deepcopy(OURS)
    inside: Any = model
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = to
    return model


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("title",), "Strom", "title 'Power' -> 'Strom'"),
        (("refresh",), "5s", "refresh (nothing) -> '5s'"),
        (("panels", 0, "fieldConfig", "defaults", "max"), 80, "panel 'Load': fieldConfig.defaults.max 100 -> 80"),
        (("panels", 0, "fieldConfig", "defaults", "min"), 0, "panel 'Load': fieldConfig.defaults.min (nothing) -> 0"),
        (("panels", 0, "targets", 1, "query"), "SELECT 2", "panel 'Load': targets[B].query 'SELECT 1' -> 'SELECT 2'"),
        (("panels", 1, "panels", 0, "type"), "gauge", "panel 'Battery': type 'stat' -> 'gauge'"),
        (("panels", 0, "title"), "Burden", "panel 'Load': title 'Load' -> 'Burden'"),
        (("templating", "list", 0, "multi"), False, "variable 'site': multi True -> False"),
        (("annotations", "list", 0, "enable"), False, "annotation 'Alerts': enable True -> False"),
        (("tags",), ["campanile", "mine"], "tags ['campanile'] -> ['campanile', 'mine']"),
    ],
)
def test_a_changed_field_is_one_line(path: tuple[Any, ...], value: object, line: str) -> None:
    assert lines(changed(*path, to=value)) == [line]


def test_panels_that_come_and_go_are_named() -> None:
    theirs = deepcopy(OURS)
    theirs["panels"][0] = {"id": 9, "title": "Mine", "type": "text"}
    assert lines(theirs) == ["panel 'Load': is missing in Grafana", "panel 'Mine': only in Grafana"]


def test_what_grafana_adds_itself_is_no_difference() -> None:
    theirs = deepcopy(OURS)
    theirs |= {"id": 7, "version": 12, "iteration": 1, "description": "", "links": []}
    theirs["panels"][0] |= {"pluginVersion": "12.0.0", "transparent": False, "options": {"legend": {"calcs": []}}}
    theirs["annotations"]["list"].insert(0, {"name": "Annotations & Alerts", "builtIn": 1})
    assert lines(theirs) == []


def test_a_long_query_is_shown_around_what_changed() -> None:
    query = OURS["panels"][0]["targets"][0]["query"]
    (line,) = lines(
        changed("panels", 0, "targets", 0, "query", to=query.replace("a = 1", "b = 1", 3).replace("b", "a", 2))
    )
    assert len(line) < 200
    assert "WHERE a = 1" in line
    assert "WHERE b = 1" in line


def test_targets_in_another_order_are_one_line() -> None:
    theirs = deepcopy(OURS)
    theirs["panels"][0]["targets"].reverse()
    assert lines(theirs) == ["panel 'Load': targets in the order ['A', 'B'] -> ['B', 'A']"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=6,
)


@given(value=_VALUES)
def test_a_dashboard_never_differs_from_itself(value: object) -> None:
    same = changed("panels", 0, "options", to=value)
    assert differences(same, deepcopy(same)) == []


@given(ours=_VALUES, theirs=_VALUES)
def test_a_difference_is_seen_from_both_sides(ours: object, theirs: object) -> None:
    here, there = (changed("panels", 0, "options", to=value) for value in (ours, theirs))
    assert bool(differences(here, there)) == bool(differences(there, here))
