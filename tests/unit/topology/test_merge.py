"""Topologies of networks whose cables are known: scored, and what must hold whatever is told."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as with_fields

from campus.stations import Heard, StationTables
from controller.topology.merge import merged
from controller.topology.model import HUB, NETWORK_KINDS, Sightings, Teller
from controller.topology.sightings import with_tables
from tests.support.bridged import NOW, Network, above, random_network, score, tellers

seeds = st.integers(0, 10_000)
shares = st.sampled_from([0.0, 0.3, 0.6, 1.0])


cases = st.tuples(
    seeds, st.integers(1, 6), st.integers(0, 20), st.integers(0, 3), shares, seeds, st.sampled_from([0.0, 0.2])
)
"""By the numbers a network is made of, for a network itself is long to write down."""
Case = tuple[int, int, int, int, float, int, float]


def told(case: Case) -> tuple[Network, list[Teller]]:
    seed, switches, stations, hubs, lldp, telling, aged = case
    network = random_network(seed, switches, stations, hubs, lldp)
    return network, tellers(network, telling, aged)


@pytest.mark.parametrize("lldp", [0.0, 0.3, 0.5, 0.8, 1.0])
def test_places_are_found_with_little_lldp_and_never_invented(lldp: float) -> None:
    """Nothing is silent here: whoever is heard is placed, on the right port of the right device."""
    for seed in range(6):
        network = random_network(seed, lldp=lldp)
        all_told = tellers(network, seed)
        precision, recall = score(above(merged(all_told), all_told), network.above)
        assert precision >= 0.95, seed
        assert recall >= 0.95, seed


def test_who_was_silent_at_one_reading_is_known_from_another() -> None:
    network = random_network(3, stations=60, lldp=0.4)
    readings = [tellers(network, seed, aged=0.3) for seed in range(4)]
    lone = [score(above(merged(each), each), network.above) for each in readings]
    assert all(precision >= 0.95 for precision, _ in lone)
    assert max(recall for _, recall in lone) < 0.9, "a third is not heard"
    kept = [_kept(teller, others) for teller, *others in zip(*readings, strict=True)]
    precision, recall = score(above(merged(kept), kept), network.above)
    assert min(precision, recall) >= 0.95


def _kept(first: Teller, later: list[Teller]) -> Teller:
    """A device after several readings of its table, the first one oldest."""
    sightings = first.sightings
    for hours, reading in enumerate(later, start=1):
        heard = tuple(Heard(each.port, each.vlan, (each.mac,)) for each in reading.sightings.forwarding)
        sightings = with_tables(sightings, StationTables(heard), NOW + hours * 3_600_000)
    return Teller(first.id, first.kind, first.facts, with_fields(sightings, addresses=first.sightings.addresses))


@settings(max_examples=60)
@given(cases, seeds)
def test_the_order_of_what_is_told_plays_no_part(case: Case, seed: int) -> None:
    _, all_told = told(case)
    shuffled = [_shuffled(each, random.Random(seed)) for each in all_told]
    random.Random(seed).shuffle(shuffled)
    assert merged(shuffled) == merged(all_told)


@settings(max_examples=60)
@given(cases)
def test_every_link_rests_on_a_table_of_one_that_speaks_of_the_other(case: Case) -> None:
    _, all_told = told(case)
    spoke = {each.id for each in all_told if each.sightings != Sightings()}
    topology = merged(all_told)
    for link in topology.links:
        assert link.evidence
        assert {each.teller for each in link.evidence} <= spoke
        assert 0 < link.confidence <= 1
        assert link.one < link.other
    silent = [Teller(each.id, each.kind, each.facts, Sightings()) for each in all_told]
    assert merged(silent).links == ()


@settings(max_examples=60)
@given(cases, seeds)
def test_without_a_device_only_what_led_over_it_is_gone(case: Case, seed: int) -> None:
    network, all_told = told(case)
    before = above(merged(all_told), all_told)
    gone = random.Random(seed).choice([each for each in all_told if not each.facts.uplinks])
    left = [each for each in all_told if each is not gone]
    after = above(merged(left), left)
    if gone.kind not in NETWORK_KINDS:
        assert after == {node: place for node, place in before.items() if node != gone.id}
    elsewhere = {node for node in before if gone.id not in _ancestors(network, node)}
    assert {n: p for n, p in after.items() if n in elsewhere} == {n: p for n, p in before.items() if n in elsewhere}


def test_hubs_join_those_that_really_share_one() -> None:
    network = random_network(5, stations=60, hubs=4, lldp=0.0)
    topology = merged(tellers(network, 5))
    hubs: dict[str, set[str]] = {}
    for link in topology.links:
        if link.one.node.startswith(HUB) or link.other.node.startswith(HUB):
            hub, device = sorted((link.one.node, link.other.node), key=lambda node: not node.startswith(HUB))
            hubs.setdefault(hub, set()).add(device)
    real = {
        frozenset({node.parent} | {n.id for n in network.nodes.values() if n.parent == node.id})
        for node in network.nodes.values()
        if node.kind is None
    }
    assert len(hubs) >= 2
    for members in hubs.values():
        assert any(members <= each for each in real), members


def _ancestors(network: Network, node: str) -> set[str]:
    found = set()
    while node:
        found.add(node)
        node = network.nodes[node].parent
    return found


def _shuffled(teller: Teller, dice: random.Random) -> Teller:
    mixed = {name: tuple(dice.sample(getattr(teller.sightings, name), len(getattr(teller.sightings, name))))
             for name in ("forwarding", "addresses", "met")}  # fmt: skip
    return Teller(teller.id, teller.kind, teller.facts, with_fields(teller.sightings, **mixed))
