"""What must hold for every profile that is shipped, whoever wrote it."""

import re
from collections.abc import Iterator

import pytest

from campus.ids import MetricId
from campus.metrics import MetricKind, catalogue
from firmware_profiles.catalogue import SHIPPED
from firmware_profiles.files import find_profiles
from firmware_profiles.load import load_catalogue
from firmware_profiles.messages import SpokenPoint
from firmware_profiles.model import Point, PointType, Profile

PROFILES = load_catalogue().profiles
FAMILIES = {name: p for name, p in PROFILES.items() if not p.is_fragment}


def points_of(profile: Profile) -> Iterator[Point | SpokenPoint]:
    yield from profile.points
    for table in profile.tables.values():
        yield from table.points
    for message in profile.messages:
        yield from message.points
    for request in profile.requests:
        yield from request.points
    if profile.vocabulary:
        yield from profile.vocabulary.points


def test_none_is_forgotten() -> None:
    assert len(PROFILES) == len(find_profiles(SHIPPED)) >= 20
    assert len(FAMILIES) >= 16
    assert sum(len(list(points_of(p))) for p in FAMILIES.values()) >= 200


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_speaks_in_catalogue_metrics_and_states(name: str) -> None:
    points = list(points_of(FAMILIES[name]))
    assert points
    for point in points:
        metric = catalogue()[MetricId(point.metric)]
        assert (metric.kind is MetricKind.STATE) == point.type.tells_state, point.metric
        assert {metric.state_value(state) for state in point.states.values()} <= {s.value for s in metric.states}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_has_a_kind_a_title_and_an_identity(name: str) -> None:
    profile = FAMILIES[name]
    assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9-]+", name)
    assert len(profile.title) > 3
    told = [message.facts.model for message in profile.messages] + [r.facts.model for r in profile.requests]
    assert profile.facts.model or profile.facts.serial or any(told) or profile.vocabulary  # a dialect says who speaks


@pytest.mark.parametrize(
    "name", [name for name, p in FAMILIES.items() if not (p.messages or p.requests or p.vocabulary)]
)
def test_an_snmp_family_tells_how_long_it_runs_and_its_ports(name: str) -> None:
    profile = FAMILIES[name]
    assert "uptime_s" in {point.metric for point in profile.points}
    assert profile.ports is not None
    assert {"if_in_bps", "if_out_bps", "if_oper_state"} <= {
        p.metric for p in profile.tables[profile.ports.table].points
    }
    assert profile.neighbours


@pytest.mark.parametrize("name", FAMILIES)
def test_64_bit_counters_have_a_32_bit_way_out(name: str) -> None:
    for point in points_of(FAMILIES[name]):
        if isinstance(point, Point) and point.type is PointType.COUNTER64:
            assert any(way.type is PointType.COUNTER32 for way in point.otherwise), point.metric
