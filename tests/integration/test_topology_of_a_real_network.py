"""A real network of bridges, a router and hosts, read by the agent's collectors over SNMP and put together as it is cabled."""

import asyncio
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent.address import HostPort
from agent.clock import utc_ms
from agent.collect.port import Harvest
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.snmp_access import Community
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from campus.secret import Secret
from campus.stations import decoded
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.topology.merge import merged
from controller.topology.model import End, Evidence, Sightings, Source, Strangers, Teller
from controller.topology.sightings import with_neighbours, with_tables
from controller.topology.tree import path_of, tree_of
from firmware_profiles.model import Cadence
from tests.servers.daemon import wait_until
from tests.servers.network import ADDRESSES, ASKED, COMMUNITY, Network, network
from tests.support.bridged import above
from tests.support.district import NO_1, address_of, enrolment
from tests.support.snmp import SHIPPED
from tests.support.standing import signed_in, standing_controller

pytestmark = pytest.mark.slow
KINDS = {"r1": DeviceKind.GATEWAY, "s1": DeviceKind.SWITCH, "s2": DeviceKind.SWITCH}


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("net")) as running:
        yield running


async def _polled() -> dict[str, Harvest]:
    found = {}
    for name in ASKED:
        target = DeviceTarget(
            DeviceId(name),
            HostPort(ADDRESSES[name], 161),
            Community(Secret(COMMUNITY)),
            kind=KINDS[name],
            uplinks=("wan",) if name == "r1" else (),
        )
        one = SnmpCollector(target, SHIPPED)
        found[name] = await one.poll(frozenset(Cadence), utc_ms())
        await one.close()
    return found


def harvested(net: Network) -> dict[str, Harvest]:
    """What the asked devices tell an agent at its own place in the network."""
    return net.at("agent", lambda: asyncio.run(_polled()))


def known_hosts(net: Network) -> tuple[DeviceFacts, DeviceFacts]:
    """The hosts, of which nothing but a name and an address is known: one is seen by its MAC address, one by its IP address."""
    at = utc_ms()
    camera = DeviceFacts(DeviceId("h1"), DeviceKind.CAMERA, at, system_name="h1", macs=(net.mac("h1", "eth0"),))
    return camera, DeviceFacts(DeviceId("h2"), DeviceKind.BOARD, at, address=ADDRESSES["h2"])


def read(net: Network) -> list[Teller]:
    """The asked devices as the agent reads them, and the hosts by their addresses alone."""
    harvests = harvested(net)
    told = []
    for name, harvest in harvests.items():
        assert harvest.facts is not None
        sightings = with_neighbours(Sightings(), harvest.facts.neighbours, harvest.facts.observed_at)
        for document in harvest.documents:
            sightings = with_tables(sightings, decoded(document.content), document.observed_at)
        told.append(Teller(DeviceId(name), KINDS[name], harvest.facts, sightings))
    return [*told, *(Teller(facts.device, facts.kind, facts, Sightings()) for facts in known_hosts(net))]


CABLED = {"s1": ("r1", "lan0"), "s2": ("s1", "p24"), "h1": ("s1", "p1"), "h2": ("s2", "p2")}


def test_the_network_is_found_as_it_is_cabled(net: Network) -> None:
    told: list[Teller] = []

    def is_heard() -> bool:
        told[:] = read(net)
        return sum(len(teller.sightings.met) for teller in told) == 5  # r1: s1; s1: r1, s2, h1; s2: s1

    wait_until(is_heard, "LLDP to be heard everywhere")
    topology = merged(told)
    assert above(topology, told) == CABLED
    assert [step.parent for step in path_of(tree_of(topology, told), "h2")] == ["s2", "s1", "r1"]
    assert topology.conflicts == ()
    by_ends = {(link.one.node, link.other.node): link for link in topology.links}
    assert {frozenset((link.one.port, link.other.port)) for link in topology.links} >= {
        frozenset(("lan0", "up1")),
        frozenset(("p24",)),
    }
    assert by_ends["s1", "s2"].confidence == by_ends["r1", "s1"].confidence == 1.0
    assert _tables(by_ends["h1", "s1"].evidence) == {(Source.NEIGHBOURS, "s1")}
    assert _tables(by_ends["h2", "s2"].evidence) == {(Source.FORWARDING, "s2"), (Source.ADDRESSES, "r1")}, "no LLDP"
    assert topology.strangers[End("s1", "p9")] == Strangers((), 1), "the agent itself, which nobody registered"


def test_without_any_lldp_the_forwarding_tables_say_the_same(net: Network) -> None:
    told = [Teller(t.id, t.kind, t.facts, msgspec.structs.replace(t.sightings, met=())) for t in read(net)]
    assert above(merged(told), told) == CABLED


def test_the_console_draws_it_as_it_is_cabled(net: Network, tmp_path: Path) -> None:
    with standing_controller(tmp_path, enrolment(), utc_ms) as controller:
        for harvest in harvested(net).values():
            assert harvest.facts is not None
            controller.registry.learn_facts(address_of(NO_1), [harvest.facts], utc_ms())
            for document in harvest.documents:
                controller.topology.keep_document(address_of(NO_1), document, utc_ms())
        controller.registry.learn_facts(address_of(NO_1), known_hosts(net), utc_ms())
        controller.topology.refresh(utc_ms())
        operator = signed_in(controller, ScopeSpec(Role.OPERATOR, "operator"))
        told = csv.DictReader(
            io.StringIO(
                operator.get(f"/sites/{NO_1}/topology.csv", headers={"Accept-Language": "en"}).text.lstrip("\ufeff")
            )
        )
        assert {row["Device id"]: (row["Hangs on"], row["Port there"]) for row in told} == CABLED
        page = operator.get(f"/sites/{NO_1}/topology", headers={"Accept": "text/html"}).text
        drawn = page[page.index('<svg class="topo topo-wide') : page.index('<svg class="topo topo-narrow')]
        for name in ("r1", *CABLED):
            assert f"/sites/{NO_1}/devices/{name}" in drawn


def _tables(evidence: tuple[Evidence, ...]) -> set[tuple[Source, str]]:
    return {(each.source, str(each.teller)) for each in evidence}
