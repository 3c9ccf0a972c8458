"""What devices told lately, kept beside what they tell now. Pure.

A bridge forgets a station that is silent for five minutes, and LLDP a neighbour after two: just when a port fails, its table
no longer says what hung on it. So what was told stays for `KEPT_MS`, unless what is told now contradicts it.
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from campus.samples import Neighbour
from campus.stations import MAX_STATIONS, StationTables, is_fixed
from controller.topology.model import Met, Resolution, Sighting, Sightings

T = TypeVar("T", Sighting, Resolution)
KEPT_MS = 7 * 86_400_000
MADE_UP_KEPT_MS = 3_600_000
"""Phones with made-up addresses are never met again under the same one."""
MAX_MET = 1_000


def with_tables(before: Sightings, tables: StationTables, seen_at: int) -> Sightings:
    """`before` with the tables that a device told at `seen_at`, which are whole."""
    now = [Sighting(heard.port, heard.vlan, mac, seen_at) for heard in tables.forwarding for mac in heard.macs]
    told = {(each.mac, each.vlan) for each in now}
    old = [each for each in before.forwarding if (each.mac, each.vlan) not in told and _is_kept(each, seen_at)]
    resolved = [Resolution(each.address, each.mac, each.port, seen_at) for each in tables.addresses]
    addresses = {each.address for each in resolved}
    older = [e for e in before.addresses if e.address not in addresses and seen_at - e.seen_at <= KEPT_MS]
    return msgspec.structs.replace(
        before,
        forwarding=tuple(sorted(_newest(now + old), key=lambda each: (each.port, each.vlan, each.mac))),
        addresses=tuple(sorted(_newest(resolved + older), key=lambda each: (each.address, each.mac))),
        left_out=tables.left_out,
    )


def with_neighbours(before: Sightings, neighbours: Sequence[Neighbour], seen_at: int) -> Sightings:
    """`before` with the neighbours that a device's facts tell at `seen_at`; older ones stay on ports that tell none now."""
    now = tuple(Met(each, seen_at) for each in neighbours if each.local_port)
    ports = {met.neighbour.local_port for met in now}
    old = [e for e in before.met if e.neighbour.local_port not in ports and seen_at - e.seen_at <= KEPT_MS]
    met = sorted([*now, *old], key=lambda each: (-each.seen_at, each.neighbour.local_port))[:MAX_MET]
    return msgspec.structs.replace(before, met=tuple(met))


def _is_kept(sighting: Sighting, now: int) -> bool:
    return now - sighting.seen_at <= (KEPT_MS if is_fixed(sighting.mac) else MADE_UP_KEPT_MS)


def _newest(told: list[T]) -> list[T]:
    return sorted(told, key=lambda each: -each.seen_at)[:MAX_STATIONS]
