"""Debian's own snmpd: probed, polled, its counters over two polls."""

import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.address import HostPort
from agent.clock import utc_ms
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.probe import probe_report
from agent.probe_text import rendered
from agent.snmp_access import Community
from campus.errors import Transient
from campus.ids import DeviceId
from campus.secret import Secret
from firmware_profiles.load import load_catalogue
from tests.servers.snmpd import COMMUNITY, Snmpd, snmpd
from tests.support.snmp import NOW, QUICK, SHIPPED, polls, values

# snmpInPkts counts every request, so it moves by what the test itself asks.
PROFILE = """
title: A host whose SNMP requests are counted
kind: server
match: {sys_object_id: [1.3.6.1.4.1.8072.3.2.10], sys_descr: '^Linux'}
include: [generic/net-snmp]
points: [{metric: if_in_discards_per_s, instance: snmp, oid: 1.3.6.1.2.1.11.1.0, type: counter32}]
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    with snmpd(tmp_path_factory.mktemp("snmpd")) as running:
        yield running


def target(host: Snmpd, community: str = COMMUNITY, profile: str = "auto") -> DeviceTarget:
    return DeviceTarget(
        DeviceId("host-1"), HostPort("127.0.0.1", host.port), Community(Secret(community)), profile=profile
    )


def test_probe_tells_what_the_host_is(host: Snmpd) -> None:
    report = probe_report(HostPort("127.0.0.1", host.port), Community(Secret(COMMUNITY)), utc_ms, SHIPPED)
    assert report["profile"] == "generic/net-snmp"
    assert report["kind"] == "server"
    assert report["identity"]["vendor"] == "Linux"
    assert report["identity"]["model"] == platform.machine()
    assert report["identity"]["name"] == "campanile-test"
    kernel = Path("/proc/sys/kernel/osrelease").read_text().strip()
    assert report["identity"]["version"] == kernel
    memory = {row["name"]: row["percent"] for row in report["memory"]}
    assert 0 < memory[""] < 100
    assert {"buffers", "cache"} <= set(memory)
    names = {interface["name"]: interface for interface in report["interfaces"]}
    assert set(names) == {path.name for path in Path("/sys/class/net").iterdir() if path.is_dir()}
    assert names["lo"]["oper"] == "up"
    assert names["lo"]["in_octets"] > 0
    assert report["dropped"] == {}


def test_a_person_reads_the_same(host: Snmpd) -> None:
    text = rendered(probe_report(HostPort("127.0.0.1", host.port), Community(Secret(COMMUNITY)), utc_ms, SHIPPED))
    assert "read by generic/net-snmp" in text
    assert "sysObjectID 1.3.6.1.4.1.8072.3.2.10" in text, "what a profile of its own would be matched by"


def test_a_wrong_community_is_explained(host: Snmpd) -> None:
    with pytest.raises(Transient, match="a wrong one is met with silence"):
        probe_report(HostPort("127.0.0.1", host.port), Community(Secret("wrong")), utc_ms, SHIPPED, timing=QUICK)


def test_a_counter_over_two_polls_is_the_rate_of_our_own_requests(host: Snmpd, tmp_path: Path) -> None:
    path = tmp_path / "test" / "counted.yaml"
    path.parent.mkdir()
    path.write_text(PROFILE)
    one = SnmpCollector(target(host, profile="test/counted"), load_catalogue(tmp_path))
    (first,) = polls(one, NOW)
    before = one.dialogue.counts["requests"]
    (second,) = polls(one, NOW + 10_000)
    asked = one.dialogue.counts["requests"] - before
    assert ("if_in_discards_per_s", "snmp") not in values(first)
    rate = values(second)["if_in_discards_per_s", "snmp"]
    assert rate * 10 >= asked > 0
    assert values(second)["uptime_s", ""] >= values(first)["uptime_s", ""]
    assert second.events == [], "a host that runs on has not restarted"
