"""The picture of a network: one spot for each device, folded in large schools, whatever the shape."""

from hypothesis import given, settings
from hypothesis import strategies as st

from campus.ids import AgentId, DeviceId, SiteId
from campus.metrics import Health
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert, AlertState
from controller.console.pages.topology import dead_part, rows
from controller.console.topology import FOLD_ABOVE, METRO, STRANGERS, UNMANAGED, Form, Part, Picture, picture
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


def an_alert(number: int, device: str, cause: int = 0) -> Alert:
    return Alert(
        number,
        "device-unreachable",
        SiteId("s"),
        DeviceId(device),
        "reachable",
        "",
        Severity.MAJOR,
        AlertState.OPEN,
        NOW,
        0.0,
        cause=cause,
    )


def test_what_broke_and_what_only_follows_from_it_look_different() -> None:
    told = tellers(random_network(1, switches=6, stations=12, hubs=0))
    site, devices = shown(told)
    broken, others = next(
        (each, below)
        for each in sorted(devices)
        if devices[each].device.kind is DeviceKind.SWITCH
        and (below := [child for child, step in site.tree.up.items() if step.parent == each])
    )
    alerts = [an_alert(1, broken), *(an_alert(n, child, 1) for n, child in enumerate(others, 2)), an_alert(99, "x", 98)]
    dead = dead_part(alerts, 0, devices)
    assert dead == dead_part(alerts, 2, devices)
    assert dead.causes == {broken}
    assert not dead.is_outside
    for form in Form:
        marked = {spot.item.id: spot.item.part for spot in picture(site, devices, form, (), dead).spots}
        assert marked[broken] is Part.CAUSE
        assert {marked[child] for child in others} == {Part.BEHIND}
        assert sum(part is not Part.NONE for part in marked.values()) == 1 + len(others)


def test_a_fault_of_the_line_or_the_agent_is_marked_at_the_metro_network() -> None:
    told = tellers(random_network(1, switches=3, stations=4, hubs=0))
    site, devices = shown(told)
    dead = dead_part([an_alert(1, ""), an_alert(2, told[-1].id, 1)], 1, devices)
    assert (dead.causes, dead.is_outside) == (frozenset(), True)
    metro = [spot.item.part for spot in picture(site, devices, Form.WIDE, (), dead).spots if spot.item.id == METRO]
    assert set(metro) <= {Part.CAUSE}


def test_nothing_is_marked_where_nothing_broke() -> None:
    told = tellers(random_network(1, switches=3, stations=4, hubs=0))
    site, devices = shown(told)
    dead = dead_part([an_alert(1, told[0].id)], 0, devices)
    assert {spot.item.part for spot in picture(site, devices, Form.WIDE, (), dead).spots} == {Part.NONE}
