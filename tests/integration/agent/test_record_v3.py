"""A real snmpd recorded by an SNMPv3 user: whole, with types, and without its name."""

import asyncio
from pathlib import Path

from agent.address import HostPort
from agent.snmp_access import AuthProtocol, PrivacyProtocol, SnmpUser
from campanile.devices.record import record_device
from campanile.devices.walk_device import Limits, Recorded, walk_device
from campus.secret import Secret
from firmware_profiles.walk import COUNTER64, TICKS, Walk, read_walk
from tests.servers.snmpd import snmpd

USER = SnmpUser(
    "reader", AuthProtocol.SHA256, Secret("a proof of it"), PrivacyProtocol.AES128, Secret("a hiding of it")
)
LINES = 'createUser reader SHA-256 "a proof of it" AES "a hiding of it"\nrouser reader priv .1.3.6.1.2.1'


def test_a_user_records_what_he_may_see(tmp_path: Path) -> None:
    (tmp_path / "daemon").mkdir()
    with snmpd(tmp_path / "daemon", LINES, contact="Zheng Li, 88123456") as daemon:
        address = HostPort("127.0.0.1", daemon.port)
        recorded = Recorded()
        asyncio.run(walk_device(address, USER, recorded, lambda _: None, Limits(objects=2000)))
        said = record_device(address, USER, tmp_path / "host.snmprec", Limits(objects=2000), lambda _: None)
    tags = {row.tag for row in Walk(recorded.rows).rows}
    assert {TICKS, COUNTER64} <= tags
    assert "objects" in said
    text = (tmp_path / "host.snmprec").read_text()
    assert len(read_walk(tmp_path / "host.snmprec")) > 50
    for word in ("campanile-test", "Zheng", "88123456", "machine room"):
        assert word not in text
