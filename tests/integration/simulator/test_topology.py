"""The simulated schools' networks, read by the agent's collectors and put together: as they are planned."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest

from agent.address import HostPort
from agent.collect.port import Harvest
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.snmp_access import Community
from campus.ids import DeviceId
from campus.samples import DeviceFacts
from campus.secret import Secret
from campus.stations import decoded
from controller.topology.merge import merged
from controller.topology.model import HUB, End, Sightings, Strangers, Teller
from controller.topology.sightings import with_neighbours, with_tables
from controller.topology.tree import tree_of
from simulator.district.district import District, build_district
from simulator.district.site import SimSite
from simulator.life.site_life import DistrictLife
from simulator.live.district import LiveDistrict
from simulator.live.view import live_view
from simulator.mib.bridge import place_of
from simulator.mib.build import site_mibs
from simulator.plan.shape import device_host
from simulator.snmp.responder import Responder, responding
from tests.support.bridged import above, score
from tests.support.snmp import ALL, QUICK, SHIPPED

pytestmark = pytest.mark.slow
NOW = 1_790_000_000_000
Told = list[Teller]


@pytest.fixture(scope="module")
def live() -> LiveDistrict:
    found = LiveDistrict(DistrictLife(build_district(7, 3), frozenset()), lambda: NOW)
    found.start()
    return found


@pytest.fixture(scope="module")
def schools(live: LiveDistrict) -> dict[str, Told]:
    """What an agent tells of each school; of Huawei, H3C and Ruijie one each."""
    district = live.life.district
    return {site.id: list(_tellers(live, district, site)) for site in district.schools}


def _tellers(live: LiveDistrict, district: District, site: SimSite) -> Iterator[Teller]:
    mibs = site_mibs(district, site)
    devices = {name: Responder(live_view(live, site.id, name, mib), clock=live.clock) for name, mib in mibs.items()}
    with responding(*devices.values()):
        harvests = asyncio.run(_polled(site, devices))
    for device in site.devices:
        harvest = harvests.get(device.id)
        facts = harvest.facts if harvest and harvest.facts else DeviceFacts(DeviceId(device.id), device.kind, NOW)
        if not device.family.speaks_snmp:
            facts = msgspec.structs.replace(facts, macs=(device.mac.hex(),))
        uplinks = (device.uplink,) if device.leads_out else ()
        facts = msgspec.structs.replace(facts, address=device_host(district, site, device), uplinks=uplinks)
        sightings = with_neighbours(Sightings(), facts.neighbours, NOW)
        for document in harvest.documents if harvest else ():
            sightings = with_tables(sightings, decoded(document.content), NOW)
        yield Teller(facts.device, device.kind, facts, sightings)


async def _polled(site: SimSite, devices: dict[str, Responder]) -> dict[str, Harvest]:
    found = {}
    for name, responder in devices.items():
        address, kind = HostPort("127.0.0.1", responder.port), site.device(name).kind
        target = DeviceTarget(DeviceId(name), address, Community(Secret("public")), kind=kind)
        one = SnmpCollector(target, SHIPPED, QUICK)
        found[name] = await one.poll(ALL, NOW)
        await one.close()
    return found


def truth(site: SimSite) -> dict[str, tuple[str, str]]:
    found = {
        c.remote_device: (c.device, c.port) for c in site.cables if c.device == "gw-1" and "/" not in c.remote_device
    }
    return found | {device.id: place for device in site.devices if (place := place_of(site, device))}


def test_every_device_is_found_on_the_port_it_is_planned_on(schools: dict[str, Told], live: LiveDistrict) -> None:
    for site in live.life.district.schools:
        topology = merged(schools[site.id])
        assert above(topology, schools[site.id]) == truth(site), site.id
        assert topology.conflicts == ()
        hubs = {end.node for link in topology.links for end in (link.one, link.other) if end.node.startswith(HUB)}
        assert hubs == {
            f"{HUB}{'|'.join(place)}" for place, count in Counter(truth(site).values()).items() if count > 1
        }
        office = End(*site.wired["office"])
        assert topology.strangers[office] == Strangers((), 4), "teachers' computers, which nobody registered"


def test_with_partial_lldp_hardly_anything_is_missed_and_nothing_invented(
    schools: dict[str, Told], live: LiveDistrict
) -> None:
    for site in live.life.district.schools:
        for mute in ({"sw-1"}, {"gw-1"}, {"gw-1", "sw-2", "ap-1"}, {device.id for device in site.devices}):
            told = [
                Teller(t.id, t.kind, t.facts, msgspec.structs.replace(t.sightings, met=_but(t, mute)))
                for t in schools[site.id]
            ]
            precision, recall = score(above(merged(told), told), truth(site))
            assert precision >= 0.95, (site.id, mute)
            assert recall >= 0.95, (site.id, mute)


def _but(teller: Teller, mute: set[str]) -> tuple[object, ...]:
    """Whom a device met when some speak no LLDP: those hear nobody and nobody hears them."""
    if teller.id in mute:
        return ()
    return tuple(
        met for met in teller.sightings.met if not any(met.neighbour.remote_name.endswith(f"-{name}") for name in mute)
    )


def test_the_gateway_is_the_root_and_everything_has_one_way(schools: dict[str, Told]) -> None:
    for told in schools.values():
        tree = tree_of(merged(told), told)
        assert tree.roots == ("gw-1",)
        assert {len(ways) for ways in tree.ways.values()} == {1}
        assert {str(teller.id) for teller in told} == {"gw-1", *(node for node in tree.up if not node.startswith(HUB))}
