"""Where devices hang, from cables, forwarding tables and what people wrote at ports."""

from agent.discovery.observation import Observation, Seen, Source
from agent.discovery.place import Device, Place, places
from campus.samples import DeviceKind, PortFacts


def network(address: str, kind: DeviceKind = DeviceKind.SWITCH, *ports: PortFacts) -> Observation:
    return Observation(source=Source.SNMP, address=address, kind=kind, ports=ports)


def sees(switch: str, port: str, own_port: str = "", source: Source = Source.LLDP, crowd: int = 1) -> Observation:
    return Observation(source=source, seen=Seen(switch, port, own_port, crowd))


GATEWAY, UPPER, LOWER = "10.0.0.1", "10.0.0.2", "10.0.0.3"


def test_the_upper_end_of_a_cable_is_the_one_towards_the_gateway() -> None:
    """Each switch sees the other; nobody says which one is above."""
    devices: list[Device] = [
        (network(LOWER), sees(UPPER, "GE0/24", "GE0/1")),
        (network(GATEWAY, DeviceKind.GATEWAY), sees(UPPER, "GE0/1", "LAN1")),
        (network(UPPER), sees(GATEWAY, "LAN1", "GE0/1"), sees(LOWER, "GE0/1", "GE0/24")),
    ]
    assert places(devices) == {2: Place(1, "LAN1", "lldp"), 0: Place(2, "GE0/24", "lldp")}


def test_a_cable_that_one_end_tells_of_is_enough() -> None:
    access_point: Device = (network("10.0.0.9", DeviceKind.ACCESS_POINT),)
    upper: Device = (network(UPPER), sees("10.0.0.9", "uplink", "GE0/7"))
    gateway: Device = (network(GATEWAY, DeviceKind.GATEWAY), sees(UPPER, "GE0/1", "LAN1"))
    assert places([access_point, upper, gateway])[0] == Place(1, "GE0/7", "lldp")


def test_the_gateway_hangs_on_what_nobody_here_could_ask() -> None:
    gateway: Device = (network(GATEWAY, DeviceKind.GATEWAY),)
    core: Device = (Observation(source=Source.LLDP, name="core-1", seen=Seen(GATEWAY, "WAN", "XGE0/0/1")),)
    assert places([gateway, core]) == {0: Place(1, "XGE0/0/1", "lldp")}


def test_a_ring_of_switches_without_a_gateway_ends() -> None:
    devices: list[Device] = [
        (
            network(f"10.0.0.{n}"),
            sees(f"10.0.0.{(n + 1) % 3}", "east", "west"),
            sees(f"10.0.0.{(n - 1) % 3}", "west", "east"),
        )
        for n in range(3)
    ]
    found = places(devices)
    assert sorted(found) == [1, 2]
    assert {place.device for place in found.values()} == {0}


def test_the_nearest_port_is_the_least_crowded_and_no_trunk() -> None:
    gateway: Device = (network(GATEWAY, DeviceKind.GATEWAY, *(PortFacts(f"LAN{n}") for n in range(4))),)
    ports = [PortFacts(f"GE0/{n}") for n in range(4)]
    switch: Device = (network(UPPER, DeviceKind.SWITCH, *ports), sees(GATEWAY, "LAN1", "GE0/1"))
    printer: Device = (
        Observation(source=Source.SNMP, address="10.0.0.9"),
        sees(GATEWAY, "LAN1", source=Source.BRIDGE, crowd=1),
        sees(UPPER, "GE0/3", source=Source.BRIDGE, crowd=2),
        sees(UPPER, "GE0/2", source=Source.BRIDGE, crowd=9),
    )
    assert places([gateway, switch, printer])[2] == Place(1, "GE0/3", "bridge")


def test_a_ports_description_is_believed_where_it_is_one_devices_name() -> None:
    switch: Device = (
        network(
            UPPER,
            DeviceKind.SWITCH,
            PortFacts("GE0/1", "board-101"),
            PortFacts("GE0/2", "UPS-1"),
            PortFacts("GE0/3", "x"),
        ),
        Observation(source=Source.SNMP, ports=(PortFacts("GE0/4", "x"),)),
    )
    board: Device = (Observation(source=Source.MQTT, device="board-101"),)
    ups: Device = (Observation(source=Source.SNMP, name="no-1-primary-ups-1", address="10.0.0.8"),)
    twice: Device = (Observation(source=Source.SNMP, name="x", address="10.0.0.7"),)
    found = places([switch, board, ups, twice], "no-1-primary")
    assert found == {1: Place(0, "GE0/1", "description"), 2: Place(0, "GE0/2", "description")}
