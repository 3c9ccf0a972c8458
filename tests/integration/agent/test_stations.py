"""Forwarding and address tables over real UDP: read by every standard and Cisco's way, bounded, told when they change."""

import asyncio
from typing import Any

from agent.address import HostPort
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.collect.snmp_dialogue import SnmpDialogue
from agent.collect.stations import REPEAT_AFTER_MS, read_tables
from agent.snmp_access import Community
from campus.ids import DeviceId
from campus.samples import DeviceKind
from campus.secret import Secret
from campus.stations import Heard, Resolved, StationTables, decoded
from firmware_profiles.model import Cadence
from simulator.snmp.message import decode_request
from simulator.snmp.responder import Responder, responding
from tests.support.snmp import NOW, QUICK, SHIPPED, polls, port, system, tree

Q_FDB, FDB, BASE_PORT, FDB_ID = (
    "1.3.6.1.2.1.17.7.1.2.2.1.2",
    "1.3.6.1.2.1.17.4.3.1.2",
    "1.3.6.1.2.1.17.1.4.1.2",
    "1.3.6.1.2.1.17.7.1.4.2.1.3",
)
ARP, OLD_ARP, VTP = "1.3.6.1.2.1.4.35.1.4", "1.3.6.1.2.1.4.22.1.2", "1.3.6.1.4.1.9.9.46.1.3.1.1.2"
PRINTER, LAPTOP, PHONE = "00e0fc000001", "00e0fc000002", "da10b2c3d4e5"
TWO_PORTS = system() | port(1) | port(2) | {f"{BASE_PORT}.{17 + n}": (2, n) for n in (1, 2)}
"""The bridge calls its ports 18 and 19."""


def arcs(mac: str) -> str:
    return ".".join(str(octet) for octet in bytes.fromhex(mac))


def switch(responder: Responder, kind: DeviceKind = DeviceKind.SWITCH) -> SnmpCollector:
    address = HostPort("127.0.0.1", responder.port)
    return SnmpCollector(
        DeviceTarget(DeviceId("sw-1"), address, Community(Secret("public")), kind=kind), SHIPPED, QUICK
    )


def read(rows: dict[str, tuple[int, object]]) -> StationTables:
    device = Responder(tree(rows))
    with responding(device):
        (harvest,) = polls(switch(device), NOW)
    (document,) = harvest.documents
    assert (document.device, document.kind, document.observed_at) == ("sw-1", "stations", NOW)
    return decoded(document.content)


def test_stations_stand_behind_the_port_and_in_the_vlan_they_were_heard_in() -> None:
    told = read(
        TWO_PORTS
        | {f"{FDB_ID}.0.10": (66, 3)}  # VLAN 10 has the filtering database 3
        | {
            f"{Q_FDB}.3.{arcs(LAPTOP)}": (2, 18),
            f"{Q_FDB}.3.{arcs(PRINTER)}": (2, 18),
            f"{Q_FDB}.20.{arcs(PHONE)}": (2, 19),
        }
        | {f"{Q_FDB}.20.{arcs('00e0fc000009')}": (2, 0), f"{Q_FDB}.20.{arcs('01005e000001')}": (2, 19)}
    )
    assert told.forwarding == (Heard("GE0/1", 10, (PRINTER, LAPTOP)), Heard("GE0/2", 20, (PHONE,)))


def test_old_bridges_tell_no_vlan() -> None:
    assert read(TWO_PORTS | {f"{FDB}.{arcs(PRINTER)}": (2, 19)}).forwarding == (Heard("GE0/2", 0, (PRINTER,)),)


def test_addresses_of_both_ages_and_both_protocols() -> None:
    six = f"{ARP}.7.2.16.{'.'.join('0' * 15)}.9"
    new = {f"{ARP}.2.1.4.10.0.0.5": (4, "0:e0:fc:0:0:1"), six: (4, "00-E0-FC-00-00-02")}
    old = {f"{OLD_ARP}.1.10.0.0.6": (4, "00e0.fc00.0002")}
    told = read(TWO_PORTS | new | old)
    assert told.addresses == (Resolved("10.0.0.5", PRINTER, "GE0/2"), Resolved("::9", LAPTOP))
    assert read(TWO_PORTS | old).addresses == (Resolved("10.0.0.6", LAPTOP, "GE0/1"),)


def test_told_when_it_changed_in_substance_and_once_a_day() -> None:
    device = Responder(tree(TWO_PORTS | {f"{FDB}.{arcs(PRINTER)}": (2, 19)}))
    with responding(device):
        one = switch(device)
        first, same, fast = (
            *polls(one, NOW, NOW + 60_000),
            *polls(one, NOW + 70_000, cadences=frozenset({Cadence.FAST, Cadence.NORMAL})),
        )
        device.view = tree(TWO_PORTS | {f"{FDB}.{arcs(PRINTER)}": (2, 19), f"{FDB}.{arcs(PHONE)}": (2, 18)})
        (phone,) = polls(one, NOW + 80_000)
        device.view = tree(TWO_PORTS | {f"{FDB}.{arcs(PRINTER)}": (2, 18)})
        (moved,) = polls(one, NOW + 90_000)
        device.view = tree(TWO_PORTS)
        (empty,) = polls(one, NOW + 95_000)
        quiet, day = polls(one, NOW + 99_000, NOW + 95_000 + REPEAT_AFTER_MS)
    assert [len(each.documents) for each in (first, same, fast, phone, moved, empty, quiet, day)] == [
        1,
        0,
        0,
        0,
        1,
        1,
        0,
        1,
    ]
    assert decoded(empty.documents[0].content) == StationTables()


def test_a_printer_is_not_asked_whom_it_knows() -> None:
    device = Responder(tree(TWO_PORTS | {f"{FDB}.{arcs(PRINTER)}": (2, 19)}))
    with responding(device):
        (harvest,) = polls(switch(device, DeviceKind.PRINTER), NOW)
    assert harvest.documents == []


def test_a_table_without_end_is_cut_and_counted() -> None:
    many = {f"{FDB}.0.224.0.0.{n >> 8}.{n & 255}": (2, 18) for n in range(500)}
    device = Responder(tree(TWO_PORTS | many))
    with responding(device):
        dialogue = SnmpDialogue(HostPort("127.0.0.1", device.port), Community(Secret("public")), QUICK)
        told = asyncio.run(read_tables(SHIPPED.profiles["generic/if-mib"], dialogue, {"1": "GE0/1"}, most=300))
    assert sum(len(heard.macs) for heard in told.forwarding) == 300
    assert told.left_out == 1, "what lies beyond is not even asked for"
    assert dialogue.counts["walk_too_long"] == 1


class _Mute(Responder):
    """Gives no answer about forwarding tables."""

    def receive(self, datagram: bytes, sender: Any) -> None:
        if not any(oid[:8] == (1, 3, 6, 1, 2, 1, 17, 4) for oid in decode_request(datagram).oids):
            super().receive(datagram, sender)


def test_a_device_that_falls_silent_half_way_tells_nothing() -> None:
    device = _Mute(tree(TWO_PORTS))
    with responding(device):
        (harvest,) = polls(switch(device), NOW)
    assert harvest.documents == []
    assert harvest.dropped["stations_unread"] == 1
    assert harvest.facts is not None


class _Catalyst(Responder):
    """A switch with a table for each VLAN, behind ``public@VLAN``; it is silent about VLANs it does not let us see."""

    def __init__(self, whole: dict[str, tuple[int, object]], vlans: dict[str, dict[str, tuple[int, object]]]) -> None:
        super().__init__(tree(whole))
        self._views = {"public": tree(whole)} | {f"public@{vlan}": tree(rows) for vlan, rows in vlans.items()}

    def receive(self, datagram: bytes, sender: Any) -> None:
        community = decode_request(datagram).community
        if view := self._views.get(community.decode()):
            self.view, self._community = view, community
            super().receive(datagram, sender)


CATALYST = (
    system("1.3.6.1.4.1.9.1.1208") | port(1) | port(2) | {f"{VTP}.1.{vlan}": (2, 1) for vlan in (1, 10, 20, 1002)}
)


def _of_vlan(mac: str, base_port: int, interface: int) -> dict[str, tuple[int, object]]:
    return {f"{FDB}.{arcs(mac)}": (2, base_port), f"{BASE_PORT}.{base_port}": (2, interface)}


def read_catalyst(
    vlans: dict[str, dict[str, tuple[int, object]]], whole: dict[str, tuple[int, object]]
) -> StationTables:
    device = _Catalyst(whole, vlans)
    with responding(device):
        (harvest,) = polls(switch(device), NOW)
    return decoded(harvest.documents[0].content)


def test_cisco_is_asked_vlan_by_vlan() -> None:
    vlans = {"1": {}, "10": _of_vlan(PRINTER, 5, 1), "20": _of_vlan(LAPTOP, 5, 2)}
    told = read_catalyst({vlan: system() | rows for vlan, rows in vlans.items()}, CATALYST)
    assert told.forwarding == (Heard("GE0/1", 10, (PRINTER,)), Heard("GE0/2", 20, (LAPTOP,)))


def test_a_cisco_that_lets_no_vlan_be_asked_still_tells_its_first() -> None:
    told = read_catalyst({}, CATALYST | _of_vlan(PRINTER, 5, 1))
    assert told.forwarding == (Heard("GE0/1", 0, (PRINTER,)),)
