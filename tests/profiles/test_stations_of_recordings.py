"""Forwarding and address tables of real devices, replayed over UDP and read as the agent reads them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.address import HostPort
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.snmp_access import Community
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from campus.secret import Secret
from campus.stations import StationTables, decoded
from simulator.snmp.responder import Responder, responding
from simulator.snmp.snmprec import read_snmprec
from tests.support.snmp import ALL, NOW, QUICK, SHIPPED

HEARD = {
    "arubaos-cx_10.10": 16,
    "ciscosb_c1200-8t-e-2g": 9,  # the tenth stands on no port: the switch itself
    "comware_a5500": 104,
    "dlink_dgs-1510-28": 25,
    "jetstream_sg2218p": 66,
    "routeros_rb760igs": 22,
    "ruijie": 1,  # the others on aggregated ports that are no rows of ours, and on VLANs
    "vrp_5720": 2,  # three more on port -1
    "vrp_ac6605-26": 70,
    "vrp_ar169sfp": 9,
    "yunshan_s5735-v2": 1,
}
"""Stations heard behind ports that we know, by recording."""
RESOLVED = {
    "comware_a5500": 12,
    "jetstream_sg2218p": 5,
    "ruijie": 64,
    "vrp_5720": 12,
    "vrp_ac6605-26": 24,
    "yunshan_s5735-v2": 2,
}


def read(recordings: Path, name: str) -> tuple[DeviceFacts, StationTables]:
    device = Responder(read_snmprec(recordings / f"{name}.snmprec"))
    with responding(device):
        address = HostPort("127.0.0.1", device.port)
        target = DeviceTarget(DeviceId("sw-1"), address, Community(Secret("public")), kind=DeviceKind.SWITCH)
        harvest = asyncio.run(SnmpCollector(target, SHIPPED, QUICK).poll(ALL, NOW))
    assert harvest.facts is not None
    return harvest.facts, decoded(harvest.documents[0].content)


@pytest.mark.parametrize("name", HEARD)
def test_who_was_heard_is_read_of_every_family_that_tells(recordings: Path, name: str) -> None:
    facts, tables = read(recordings, name)
    ports = {port.instance for port in facts.ports}
    assert sum(len(heard.macs) for heard in tables.forwarding) == HEARD[name]
    assert {heard.port for heard in tables.forwarding} <= ports
    assert len(tables.addresses) >= RESOLVED.get(name, 1)


def test_management_addresses_of_neighbours_are_told(recordings: Path) -> None:
    told: Mapping[str, set[str]] = {
        name: {each.remote_address for each in read(recordings, name)[0].neighbours}
        for name in ("arubaos-cx_10.10", "ciscosb_c1200-8t-e-2g")
    }
    assert told["arubaos-cx_10.10"] >= {"192.168.100.102", "192.168.100.101"}
    assert told["ciscosb_c1200-8t-e-2g"] == {"192.168.0.5"}
