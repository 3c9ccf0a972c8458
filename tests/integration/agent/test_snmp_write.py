"""Writing to a real snmpd: what it takes, what it refuses, and silence."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.address import HostPort
from agent.collect.snmp_dialogue import SnmpDialogue
from agent.collect.snmp_write import write_values
from campus.errors import Poison, Transient
from campus.secret import Secret
from firmware_profiles.raw import Raw
from tests.servers.daemon import free_port
from tests.servers.snmpd import COMMUNITY, Snmpd, snmpd

WRITER = Secret("wr1ter")
CONTACT, NAME, AUTHENTICATION_TRAPS = "1.3.6.1.2.1.1.4.0", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.11.30.0"


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Snmpd]:
    with snmpd(tmp_path, f"rwcommunity {WRITER.reveal()} 127.0.0.1", contact="") as running:
        yield running


def read(device: Snmpd, *oids: str) -> dict[str, Raw]:
    answers: dict[str, Raw] = {}
    asyncio.run(SnmpDialogue(HostPort("127.0.0.1", device.port), Secret(COMMUNITY)).get(oids, answers))
    return answers


def test_numbers_and_texts_are_written(device: Snmpd) -> None:
    place = HostPort("127.0.0.1", device.port)
    asyncio.run(write_values(place, WRITER, {CONTACT: "王老师", AUTHENTICATION_TRAPS: 1}))
    assert read(device, CONTACT, AUTHENTICATION_TRAPS) == {CONTACT: "王老师".encode(), AUTHENTICATION_TRAPS: 1}
    asyncio.run(write_values(place, WRITER, {AUTHENTICATION_TRAPS: 2}))
    assert read(device, AUTHENTICATION_TRAPS) == {AUTHENTICATION_TRAPS: 2}


def test_a_device_that_refuses_one_change_makes_none_and_says_which(device: Snmpd) -> None:
    before = read(device, CONTACT)
    with pytest.raises(Poison, match=f"refuses {NAME}: .*notWritable") as told:
        asyncio.run(write_values(HostPort("127.0.0.1", device.port), WRITER, {CONTACT: "nobody", NAME: "mine"}))
    assert told.value.reason == "refused"
    assert read(device, CONTACT) == before


def test_who_may_only_read_changes_nothing(device: Snmpd) -> None:
    with pytest.raises(Poison, match="noAccess"):
        asyncio.run(write_values(HostPort("127.0.0.1", device.port), Secret(COMMUNITY), {CONTACT: "me"}))


def test_silence_is_told(tmp_path: Path) -> None:
    nobody = HostPort("127.0.0.1", free_port(socket.SOCK_DGRAM))
    with pytest.raises(Transient, match="does not confirm the change"):
        asyncio.run(write_values(nobody, WRITER, {CONTACT: "me"}, timeout_s=0.1, attempts=2))
