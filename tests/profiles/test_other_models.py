"""Another model of a family answers less, elsewhere and otherwise: it is read without an error, and nothing is made up."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.collect.port import Harvest
from campus.ids import MetricId
from campus.metrics import catalogue
from firmware_profiles.model import Profile, SameName
from firmware_profiles.survey import points_of, recognised
from firmware_profiles.walk import Walk, read_walk, written
from simulator.snmp.responder import Responder, responding
from simulator.snmp.snmprec import parse_snmprec
from tests.profiles.mutate import MUTATIONS
from tests.profiles.test_recordings import READ_BY
from tests.support.snmp import NOW, SHIPPED, collector, polls

SMALL = Path(__file__).parents[1] / "recordings"
OF_ITSELF = {"reachable", "response_time_ms", "poll_complete_percent"}
"""What the agent tells of the asking."""


def read(walk: Walk) -> Harvest:
    device = Responder(parse_snmprec("mutant", [written(row) for row in walk.rows]))
    with responding(device):
        (harvest,) = polls(collector(device), NOW)
    return harvest


def told(harvest: Harvest) -> set[tuple[MetricId, float]]:
    return {(s.key.metric, s.value) for s in harvest.samples if s.key.metric not in OF_ITSELF}


def single(profile: Profile) -> set[str]:
    """Metrics of which each value stands in one object, read in one way: less of the device cannot give another."""
    several = {p.metric for p in points_of(profile) if p.otherwise or p.beside}
    sums = {p.metric for t in profile.tables.values() if t.same_name is not SameName.APART for p in t.points}
    ways = [p.metric for p in points_of(profile)]
    return {metric for metric in ways if metric not in several | sums and ways.count(metric) == 1}


def mutants(walk: Walk, name: str, seeds: int) -> Iterator[tuple[str, Walk]]:
    for kind, mutate in MUTATIONS.items():
        for seed in range(seeds):
            yield kind, mutate(walk, random.Random(f"{name}, {kind}, {seed}"))


def hold(path: Path, seeds: int) -> None:
    walk = read_walk(path)
    family = SHIPPED.profiles[recognised(SHIPPED, walk)]
    before = told(read(walk))
    for kind, mutant in mutants(walk, path.stem, seeds):
        harvest = read(mutant)
        assert harvest.facts is not None, kind
        assert harvest.dropped["learning"] == 0, kind
        assert harvest.facts.vendor or harvest.facts.profile.startswith("generic/"), kind
        reader = SHIPPED.profiles[harvest.facts.profile]
        known = {point.metric for point in points_of(reader)} | OF_ITSELF
        assert {sample.key.metric for sample in harvest.samples} <= known, kind
        for sample in harvest.samples:
            metric = catalogue()[sample.key.metric]
            assert metric.minimum <= sample.value <= metric.maximum, (kind, sample)
        if "missing" in kind and reader is family:
            alone = single(family)
            assert {pair for pair in told(harvest) - before if pair[0] in alone} == set(), kind


@pytest.mark.parametrize("name", sorted(path.stem for path in SMALL.glob("*.snmprec")))
def test_a_small_device_that_answers_otherwise(name: str) -> None:
    hold(SMALL / f"{name}.snmprec", 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", READ_BY)
def test_a_real_one(recordings: Path, name: str) -> None:
    hold(recordings / f"{name}.snmprec", 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", READ_BY)
def test_the_identity_is_right_where_its_sources_are_left(recordings: Path, name: str) -> None:
    walk = read_walk(recordings / f"{name}.snmprec")
    whole = read(walk).facts
    assert whole is not None
    for kind in ("rows missing", "columns missing"):
        facts = read(MUTATIONS[kind](walk, random.Random(f"{name} {kind}"))).facts
        assert facts is not None
        for fact in ("vendor", "serial", "firmware"):
            now, before = getattr(facts, fact), getattr(whole, fact)
            is_other_part = fact == "serial" and any(now in str(row.value) for row in walk.rows if now)
            is_other_word = fact == "vendor" and {now, before} <= {"HP", "HPE", "H3C", "APC", "Aruba", "HPE Aruba"}
            assert not now or now == before or is_other_part or is_other_word, (kind, fact, before, now)
