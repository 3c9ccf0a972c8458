"""Where the ports of many devices lead, read without the rest of their facts."""

from collections.abc import Collection

import msgspec
from sqlmodel import Session, col, select

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.registry.model import PortUse
from controller.registry.tables import DeviceRow


class _Neighbour(msgspec.Struct):
    local_port: str


class _PortFacts(msgspec.Struct):
    """The part of `DeviceFacts` that matters here; a decoder passes over all else without making objects of it."""

    uplinks: tuple[str, ...] = ()
    uplink_capacity_bps: float = 0.0
    neighbours: tuple[_Neighbour, ...] = ()


_decoder = msgspec.json.Decoder(_PortFacts)


def read_port_uses(session: Session, sites: Collection[SiteId], kinds: Collection[DeviceKind]) -> list[PortUse]:
    """Of the devices of some sites, only those of `kinds` unless it is empty."""
    statement = select(DeviceRow.site, DeviceRow.id, DeviceRow.facts).where(col(DeviceRow.site).in_(sites))
    if kinds:
        statement = statement.where(col(DeviceRow.kind).in_(kinds))
    found = []
    for site, device, text in session.exec(statement):
        facts = _decoder.decode(text)
        linked = frozenset(neighbour.local_port for neighbour in facts.neighbours)
        found.append(PortUse(SiteId(site), DeviceId(device), facts.uplinks, facts.uplink_capacity_bps, linked))
    return found
