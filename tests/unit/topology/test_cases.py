"""Schools as they are found: rings, access points, old entries, names in every spelling, addresses that stand twice."""

from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind, Neighbour, PortFacts
from campus.stations import Heard, Resolved, StationTables
from controller.topology.merge import merged
from controller.topology.model import Conflict, ConflictKind, End, Link, Met, Sightings, Source, Strangers, Teller
from controller.topology.sightings import KEPT_MS, with_neighbours, with_tables
from controller.topology.tree import path_of, tree_of

NOW = 1_790_000_000_000
HOUR_MS = 3_600_000
SWITCH, GATEWAY, AP, BOARD = DeviceKind.SWITCH, DeviceKind.GATEWAY, DeviceKind.ACCESS_POINT, DeviceKind.BOARD


def mac(number: int) -> str:
    return f"00e0fc{number:06x}"


def device(
    name: str,
    kind: DeviceKind = BOARD,
    number: int = 0,
    *,
    ports: tuple[str, ...] = (),
    heard: dict[str, tuple[int, ...]] | None = None,
    met: tuple[Neighbour, ...] = (),
    **facts: object,
) -> Teller:
    """A device whose own address is `number`; `heard` has stations' numbers by port."""
    told = DeviceFacts(
        DeviceId(name),
        kind,
        NOW,
        macs=(mac(number),) if number else (),
        ports=tuple(map(PortFacts, ports)),
        **facts,  # type: ignore[arg-type]
    )
    tables = StationTables(tuple(Heard(port, 1, tuple(map(mac, n))) for port, n in (heard or {}).items()))
    return Teller(told.device, kind, told, with_neighbours(with_tables(Sightings(), tables, NOW), met, NOW))


def ends(links: tuple[Link, ...]) -> set[tuple[tuple[str, str], tuple[str, str]]]:
    return {(tuple(link.one), tuple(link.other)) for link in links}  # type: ignore[misc]


def test_both_sides_of_a_cable_name_it_in_their_own_words() -> None:
    by_name = Neighbour("GigabitEthernet0/0/24", "Core.school.cn", "Gi1/0/1")
    by_chassis = Neighbour("GigabitEthernet1/0/1", "", "GE0/0/24", "00-E0-FC-00-00-01")
    topology = merged(
        [
            device("sw-1", SWITCH, 1, ports=("GigabitEthernet0/0/24",), met=(by_name,)),
            device("sw-2", SWITCH, 2, ports=("GigabitEthernet1/0/1",), system_name="core", met=(by_chassis,)),
        ]
    )
    (link,) = topology.links
    assert ends((link,)) == {(("sw-1", "GigabitEthernet0/0/24"), ("sw-2", "GigabitEthernet1/0/1"))}
    assert link.confidence == 1.0
    assert {each.teller for each in link.evidence} == {"sw-1", "sw-2"}


def test_one_side_is_enough_and_is_believed_less() -> None:
    seen = Neighbour("GE1", remote_address="10.0.0.9", remote_port="7")
    topology = merged([device("sw-1", SWITCH, 1, met=(seen,)), device("cam-1", address="10.0.0.9:80", ports=("eth0",))])
    (link,) = topology.links
    assert (link.one, link.other) == (End("cam-1", "eth0"), End("sw-1", "GE1"))
    assert 0.8 < link.confidence < 1.0


def test_a_ring_has_two_ways_and_a_leaf_has_one() -> None:
    def switch(name: str, left: str, right: str) -> Teller:
        met = (Neighbour("L", left, "R"), Neighbour("R", right, "L"))
        return device(
            name,
            GATEWAY if name == "a" else SWITCH,
            ports=("L", "R", "1"),
            met=met,
            uplinks=("wan",) if name == "a" else (),
        )

    ring = [switch("a", "d", "b"), switch("b", "a", "c"), switch("c", "b", "d"), switch("d", "c", "a")]
    leaf = device("ap-1", AP, ports=("eth0",), met=(Neighbour("eth0", "c", "1"),))
    tree = tree_of(merged([*ring, leaf]), [*ring, leaf])
    assert tree.roots == ("a",)
    assert tree.ways["c"] == ("b", "d")
    assert tree.ways["ap-1"] == ("c",)
    assert [step.parent for step in path_of(tree, "ap-1")] in (["c", "b", "a"], ["c", "d", "a"])


def test_what_is_heard_behind_an_access_point_hangs_on_it() -> None:
    topology = merged(
        [
            device("sw-1", SWITCH, 1, heard={"GE1": (5, 6, 7, 99), "GE2": (8,)}),
            device("ap-1", AP, 5, ports=("eth0",)),
            device("board-1", BOARD, 6),
            device("board-2", BOARD, 7),
            device("board-3", BOARD, 8),
        ]
    )
    assert ends(topology.links) == {
        (("ap-1", "eth0"), ("sw-1", "GE1")),
        (("ap-1", ""), ("board-1", "")),
        (("ap-1", ""), ("board-2", "")),
        (("board-3", ""), ("sw-1", "GE2")),
    }
    assert topology.strangers[End("sw-1", "GE1")] == Strangers((), 1)


def test_a_switch_without_tables_between_two_that_have_them_stands_in_the_middle() -> None:
    topology = merged(
        [
            device("sw-1", SWITCH, 1, heard={"GE1": (2, 3, 11), "GE2": (10,)}),
            device("sw-2", SWITCH, 2),
            device("sw-3", SWITCH, 3, heard={"GE9": (1, 2, 10), "GE1": (11,)}),
            device("board-1", BOARD, 10),
            device("board-2", BOARD, 11),
        ]
    )
    assert ends(topology.links) == {
        (("sw-1", "GE1"), ("sw-2", "")),
        (("sw-2", ""), ("sw-3", "GE9")),
        (("board-1", ""), ("sw-1", "GE2")),
        (("board-2", ""), ("sw-3", "GE1")),
    }


def test_bridges_whose_own_address_nobody_heard_are_found_by_their_stations() -> None:
    topology = merged(
        [
            device("sw-1", SWITCH, heard={"up": (21, 22), "1": (11,), "2": (12,)}),
            device("sw-2", SWITCH, heard={"up": (11, 12), "1": (21,), "2": (22,)}),
        ]
    )
    assert ends(topology.links) == {(("sw-1", "up"), ("sw-2", "up"))}


def test_arp_makes_known_whose_an_address_is_unless_one_answers_for_several() -> None:
    router = device("gw-1", GATEWAY, 9)
    tables = StationTables(
        (), (Resolved("10.0.0.5", mac(5)), Resolved("10.0.0.6", mac(66)), Resolved("10.0.0.7", mac(66)))
    )
    router = Teller(router.id, router.kind, router.facts, with_tables(Sightings(), tables, NOW))
    printer, other, third = (device(f"printer-{n}", DeviceKind.PRINTER, address=f"10.0.0.{n}") for n in (5, 6, 7))
    topology = merged(
        [router, printer, other, third, device("sw-1", SWITCH, 1, heard={"GE5": (5,), "GE6": (66,), "up": (9,)})]
    )
    assert ends(topology.links) == {(("gw-1", ""), ("sw-1", "up")), (("printer-5", ""), ("sw-1", "GE5"))}
    (link,) = (each for each in topology.links if "printer-5" in (each.one.node, each.other.node))
    assert {each.source for each in link.evidence} == {Source.FORWARDING, Source.ADDRESSES}


def test_addresses_that_routers_share_place_nobody() -> None:
    shared = "00005e000101"
    gateway = device("gw-1", GATEWAY, 9)
    gateway = Teller(gateway.id, gateway.kind, DeviceFacts(gateway.id, GATEWAY, NOW, macs=(shared,)), Sightings())
    switch = device("sw-1", SWITCH, 1)
    heard = StationTables((Heard("GE1", 1, (shared,)),))
    assert merged([gateway, Teller(switch.id, SWITCH, switch.facts, with_tables(Sightings(), heard, NOW))]).links == ()


def test_an_address_in_two_places_is_believed_where_it_was_heard_last_and_said() -> None:
    one, two = device("sw-1", SWITCH, 1, heard={"GE1": (50,)}), device("sw-2", SWITCH, 2)
    later = with_tables(Sightings(), StationTables((Heard("GE7", 1, (mac(50),)),)), NOW + HOUR_MS)
    topology = merged([one, Teller(two.id, SWITCH, two.facts, later), device("cam-1", DeviceKind.CAMERA, 50)])
    assert ends(topology.links) == {(("cam-1", ""), ("sw-2", "GE7"))}
    assert topology.conflicts == (
        Conflict(ConflictKind.TWO_PLACES, DeviceId("cam-1"), End("sw-2", "GE7"), End("sw-1", "GE1")),
    )


def test_a_neighbour_whose_port_leads_elsewhere_is_not_believed() -> None:
    topology = merged(
        [
            device("a", SWITCH, ports=("1",), met=(Neighbour("1", "b", "1"),)),
            device("b", SWITCH, ports=("1",), met=(Neighbour("1", "a", "1"),)),
            device("c", SWITCH, ports=("1",), met=(Neighbour("1", "b", "1"),)),
        ]
    )
    assert ends(topology.links) == {(("a", "1"), ("b", "1"))}
    assert topology.conflicts == (Conflict(ConflictKind.OTHER_NEIGHBOUR, DeviceId("b"), End("a", "1"), End("c", "1")),)


def test_a_name_that_belongs_to_another_device_than_the_address_is_told() -> None:
    met = (Neighbour("1", "old-name", "", mac(7)),)
    topology = merged([device("a", SWITCH, met=met), device("b", number=7), device("old-name")])
    assert {link.one.node for link in topology.links} | {link.other.node for link in topology.links} == {"a", "b"}
    assert [each.kind for each in topology.conflicts] == [ConflictKind.TWO_NAMES]


def test_who_is_not_registered_is_named_and_counted_on_its_port() -> None:
    topology = merged(
        [device("sw-1", SWITCH, 1, heard={"GE1": (70, 71)}, met=(Neighbour("GE2", "principal-phone", "1"),))]
    )
    assert topology.links == ()
    assert topology.strangers == {
        End("sw-1", "GE1"): Strangers((), 2),
        End("sw-1", "GE2"): Strangers(("principal-phone",), 0),
    }


def test_what_hung_on_a_port_is_remembered_when_it_falls_silent_and_forgotten_when_it_moved() -> None:
    switch = device("sw-1", SWITCH, 1, heard={"GE1": (50,)}, met=(Neighbour("GE2", "ap-1", "eth0"),))
    camera, ap = device("cam-1", DeviceKind.CAMERA, 50), device("ap-1", AP)
    later = with_neighbours(with_tables(switch.sightings, StationTables(), NOW + HOUR_MS), (), NOW + HOUR_MS)
    silent = Teller(switch.id, SWITCH, switch.facts, later)
    assert ends(merged([silent, camera, ap]).links) == {
        (("ap-1", ""), ("sw-1", "GE2")),
        (("cam-1", ""), ("sw-1", "GE1")),
    }
    moved = with_tables(later, StationTables((Heard("GE8", 1, (mac(50),)),)), NOW + 2 * HOUR_MS)
    assert ends(merged([Teller(switch.id, SWITCH, switch.facts, moved), camera]).links) == {
        (("cam-1", ""), ("sw-1", "GE8"))
    }
    forgotten = with_neighbours(with_tables(later, StationTables(), NOW + KEPT_MS + 1), (), NOW + KEPT_MS + 1)
    assert forgotten == Sightings()


def test_a_device_that_was_unplugged_and_speaks_elsewhere_leaves_its_old_port() -> None:
    old = Sightings(met=(Met(Neighbour("GE1", "ap-1", "eth0"), NOW - 2 * HOUR_MS),))
    one = device("sw-1", SWITCH, 1)
    two = device("sw-2", SWITCH, 2, met=(Neighbour("GE5", "ap-1", "eth0"),))
    ap = device("ap-1", AP, ports=("eth0",))
    topology = merged([Teller(one.id, SWITCH, one.facts, old), two, ap])
    assert ends(topology.links) == {(("ap-1", "eth0"), ("sw-2", "GE5"))}


def test_a_part_that_no_known_link_joins_is_a_tree_of_its_own() -> None:
    told = [
        device("gw-1", GATEWAY, uplinks=("wan",)),
        device("sw-1", SWITCH, 1, heard={"GE1": (50,)}),
        device("cam-1", DeviceKind.CAMERA, 50),
    ]
    tree = tree_of(merged(told), told)
    assert tree.roots == ("gw-1", "sw-1")
    assert {node: step.parent for node, step in tree.up.items()} == {"cam-1": "sw-1"}
