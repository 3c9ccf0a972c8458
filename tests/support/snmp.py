"""SNMP devices for tests: the simulator's responder with a tree written down, and collectors that are quickly disappointed."""

import asyncio
from collections.abc import Mapping

from agent.address import HostPort
from agent.collect.port import Harvest
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.collect.snmp_dialogue import SnmpTiming
from agent.snmp_access import Community, SnmpVersion
from campus.ids import DeviceId
from campus.secret import Secret
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Cadence
from simulator.snmp.responder import Responder
from simulator.snmp.snmprec import parse_snmprec
from simulator.snmp.tree import MibTree

ALL = frozenset(Cadence)
NOW = 1_700_000_000_000
QUICK = SnmpTiming(timeout_s=0.15)
SHIPPED = load_catalogue()
_IF, _IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"


def tree(rows: Mapping[str, tuple[int, object]]) -> MibTree:
    """A device's objects: OID to (tag, value)."""
    return parse_snmprec("test", [f"{oid}|{tag}|{value}" for oid, (tag, value) in rows.items()])


def system(object_id: str = "1.3.6.1.4.1.99999.1", uptime: int = 100_000) -> dict[str, tuple[int, object]]:
    """The system group."""
    return {
        "1.3.6.1.2.1.1.1.0": (4, "Test switch, version 1.0"),
        "1.3.6.1.2.1.1.2.0": (6, object_id),
        "1.3.6.1.2.1.1.3.0": (67, uptime),
        "1.3.6.1.2.1.1.5.0": (4, "core-1"),
    }


def port(index: int, octets: int = 0, *, wide: bool = True) -> dict[str, tuple[int, object]]:
    """One row of the interface tables, `octets` in and out; with the 64-bit columns when `wide`."""
    rows: dict[str, tuple[int, object]] = {
        f"{_IF}.2.{index}": (4, f"port {index}"),
        f"{_IF}.3.{index}": (2, 6),
        f"{_IF}.5.{index}": (66, 1_000_000_000),
        f"{_IF}.7.{index}": (2, 1),
        f"{_IF}.8.{index}": (2, 1),
        f"{_IF}.10.{index}": (65, octets % (1 << 32)),
        f"{_IF}.16.{index}": (65, octets % (1 << 32)),
    }
    if wide:
        rows |= {
            f"{_IFX}.1.{index}": (4, f"GE0/{index}"),
            f"{_IFX}.6.{index}": (70, octets),
            f"{_IFX}.10.{index}": (70, octets),
            f"{_IFX}.15.{index}": (66, 1000),
        }
    return rows


def collector(
    responder: Responder,
    catalogue: Catalogue = SHIPPED,
    profile: str = "auto",
    timing: SnmpTiming = QUICK,
    version: SnmpVersion = SnmpVersion.V2C,
) -> SnmpCollector:
    """A collector of the responder's device."""
    access = Community(Secret("public"), version)
    target = DeviceTarget(DeviceId("sw-1"), HostPort("127.0.0.1", responder.port), access, profile=profile)
    return SnmpCollector(target, catalogue, timing)


def polls(one: SnmpCollector, *instants: int, cadences: frozenset[Cadence] = ALL) -> list[Harvest]:
    """Poll at each instant, one after the other, on one event loop."""

    async def run() -> list[Harvest]:
        return [await one.poll(cadences, at) for at in instants]

    return asyncio.run(run())


def values(harvest: Harvest) -> dict[tuple[str, str], float]:
    """(metric, instance) to value."""
    return {(sample.key.metric, sample.key.instance): sample.value for sample in harvest.samples}
