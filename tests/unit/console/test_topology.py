"""The picture of a network: one spot for each device, folded in large schools, whatever the shape."""

from hypothesis import given, settings
from hypothesis import strategies as st

from campus.ids import AgentId, DeviceId, SiteId
from campus.metrics import Health
from campus.samples import DeviceKind
from controller.console.pages.topology import rows
from controller.console.topology import FOLD_ABOVE, METRO, STRANGERS, UNMANAGED, Form, Picture, picture
from controller.overview.model import DeviceHealth, DeviceOverview
from controller.registry.model import Device
from controller.topology.merge import merged
from controller.topology.model import HUB, Placement, SiteTopology, Teller
from controller.topology.tree import place_of, tree_of
from tests.support.bridged import random_network, tellers

NOW = 1_790_000_000_000


def shown(told: list[Teller], failed: str = "") -> tuple[SiteTopology, dict[DeviceId, DeviceOverview]]:
    topology = merged(told)
    tree = tree_of(topology, told)
    placed = {t.id: Placement(place, NOW) for t in told if (place := place_of(tree, t.id))}
    devices = {}
    for each in told:
        device = Device(SiteId("s"), each.id, each.kind, f"<b>{each.id}", "", AgentId("s"), each.facts, NOW, NOW)
        health = Health.FAILED if each.id == failed else Health.GOOD
        devices[each.id] = DeviceOverview(device, DeviceHealth(health, "why", "因", NOW), 0)
    return SiteTopology(topology, tree, placed), devices


def ids(drawn: Picture) -> list[str]:
    return [spot.item.id for spot in drawn.spots]


@settings(max_examples=30)
@given(st.integers(0, 999), st.integers(1, 6), st.integers(0, 40), st.integers(0, 3), st.sampled_from(list(Form)))
def test_every_device_stands_once_or_is_told_to_have_no_place(
    seed: int, switches: int, stations: int, hubs: int, form: Form
) -> None:
    told = tellers(random_network(seed, switches, stations, hubs))
    site, devices = shown(told)
    drawn = picture(site, devices, form)
    assert len(ids(drawn)) == len(set(ids(drawn)))
    registered = [spot.item.id for spot in drawn.spots if spot.item.device]
    assert sorted([*registered, *(each.device.id for each in drawn.unplaced)]) == sorted(devices)
    assert all(0 <= spot.x < drawn.width and 0 <= spot.y < drawn.height for spot in drawn.spots)
    places = [(spot.x, spot.y) for spot in drawn.spots]
    assert len(places) == len(set(places)), "nothing stands on anything else"
    assert {row.device.device.id for row in rows(site, devices)} == set(site.placed)


def test_a_large_school_is_folded_but_what_fails_is_seen() -> None:
    told = tellers(random_network(1, switches=8, stations=200, hubs=0))
    failed = next(each.id for each in told if each.kind is DeviceKind.CAMERA)
    site, devices = shown(told, failed)
    assert len(devices) > FOLD_ABOVE
    drawn = picture(site, devices, Form.WIDE)
    assert drawn.is_foldable
    assert failed in ids(drawn)
    folded = [spot.item for spot in drawn.spots if spot.item.count and spot.item.sign != STRANGERS]
    alone = sum(spot.item.device is not None for spot in drawn.spots)
    assert alone + sum(item.count for item in folded) + len(drawn.unplaced) == len(devices)
    assert len(drawn.spots) < len(devices) / 2
    switch = next(spot.item.id for spot in drawn.spots if spot.item.is_folded)
    opened = picture(site, devices, Form.WIDE, {switch})
    below = {node for node, step in site.tree.up.items() if step.parent == switch}
    assert below <= set(ids(opened))


def test_the_metro_network_is_on_top_and_hubs_and_strangers_are_drawn() -> None:
    told = tellers(random_network(5, stations=50, hubs=4, lldp=0.0))
    drawn = picture(*shown(told), Form.WIDE)
    assert min(drawn.spots, key=lambda spot: spot.depth).item.sign == METRO
    assert {spot.item.sign for spot in drawn.spots if spot.item.id.startswith(HUB)} == {UNMANAGED}
    assert sum(spot.item.count for spot in drawn.spots if spot.item.sign == STRANGERS) > 0
