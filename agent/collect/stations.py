"""Who is seen around a network device: its forwarding and address tables, read now and then, told when they changed.

Read gently: one column, walked with pauses. Nothing is kept between two readings but a digest of the first one.
"""

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping

from agent.collect.snmp_dialogue import SnmpDialogue
from campus.errors import Poison, Transient
from campus.ids import DeviceId
from campus.samples import DeviceKind, Document, DocumentKind
from campus.stations import MAX_STATIONS, Heard, Resolved, StationTables, encoded, mac_of, substance
from firmware_profiles.model import AddressColumns, ForwardingColumns, Profile
from firmware_profiles.raw import Raw, bytes_of, indexed_ip, ip_text, mac_text

NETWORK_KINDS = frozenset({DeviceKind.GATEWAY, DeviceKind.SWITCH, DeviceKind.ACCESS_POINT, DeviceKind.OTHER})
"""Whose tables are read; of others nobody learns anything. `OTHER` may be a switch nobody has named yet."""
PAUSE_S = 0.005
"""After each answer: a switch answers from the processor that also keeps its spanning tree."""
TIMEOUT_S = 30.0
"""A reading that takes longer is broken off and counted: the device's other readings wait behind it."""
REPEAT_AFTER_MS = 86_400_000
"""Tables that do not change are told again daily."""
_LEGACY_VLANS = frozenset(range(1002, 1006))
"""Kept for token ring and FDDI; nothing answers for them."""
_VLAN_IS_UP = 1
_OCTETS = 6
_PLAIN_OCTETS = 4
_GROUP = 0x01
"""IEEE 802: in the first octet of an address that means many."""


class StationWatch:
    """The tables of one device, as its collector reads them. `look` is called by one task at a time."""

    def __init__(self, device: DeviceId) -> None:
        self._device = device
        self._digest = _digest(StationTables())
        self._told_at = 0

    async def look(
        self, profile: Profile, dialogue: SnmpDialogue, ports: Mapping[str, str], now: int, dropped: Counter[str]
    ) -> Document | None:
        """What to tell, None where nothing changed or the tables could not be read; `ports` are instances by ifIndex.

        `dropped` counts ``stations_unread`` readings and ``stations_left_out`` stations.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                tables = await read_tables(profile, dialogue, ports)
        except (Transient, Poison, TimeoutError):
            dropped["stations_unread"] += 1
            return None
        if tables.left_out:
            dropped["stations_left_out"] += tables.left_out
        digest = _digest(tables)
        is_due = self._told_at and now - self._told_at >= REPEAT_AFTER_MS
        if digest == self._digest and not is_due:
            return None
        self._digest, self._told_at = digest, now
        return Document(self._device, DocumentKind.STATIONS, now, encoded(tables))


async def read_tables(
    profile: Profile, dialogue: SnmpDialogue, ports: Mapping[str, str], most: int = MAX_STATIONS
) -> StationTables:
    """Both tables, at most `most` stations of each; `Transient` or `Poison` when the device does not bear it."""
    heard: dict[tuple[str, int], set[str]] = {}
    found = 0
    for columns in profile.forwarding:
        found, heard = await _forwarding(columns, dialogue, ports, most)
        if found:
            break
    addresses: list[Resolved] = []
    for table in profile.addresses:
        addresses = await _addresses(table, dialogue, ports, most)
        if addresses:
            break
    return StationTables(
        tuple(Heard(port, vlan, tuple(sorted(macs))) for (port, vlan), macs in sorted(heard.items())),
        tuple(sorted(addresses, key=lambda each: (each.address, each.mac, each.port))[:most]),
        max(0, found - most) + max(0, len(addresses) - most),
    )


async def _forwarding(
    columns: ForwardingColumns, dialogue: SnmpDialogue, ports: Mapping[str, str], most: int
) -> tuple[int, dict[tuple[str, int], set[str]]]:
    """How many rows the table has, and by (port, VLAN) whom it heard; rows that lead to no port of ours are left out."""
    found = 0
    heard: dict[tuple[str, int], set[str]] = defaultdict(set)
    async for vlan, asked in _conversations(columns, dialogue):
        rows = await asked.walk(columns.port, most + 1, PAUSE_S)
        if not rows:
            continue
        interfaces = await asked.walk(columns.interfaces) if columns.interfaces else {}
        vlans = _vlan_numbers(await asked.walk(columns.vlans)) if columns.vlans else {}
        for index, raw in list(rows.items())[: max(0, most - found)]:
            place = _place(columns, index, raw, interfaces)
            if place is not None and (port := ports.get(place[0])):
                told = _vlan_in(columns, index)
                heard[port, vlan or vlans.get(told, told)].add(place[1])
        found += len(rows)
    return found, heard


async def _conversations(columns: ForwardingColumns, dialogue: SnmpDialogue) -> AsyncIterator[tuple[int, SnmpDialogue]]:
    """(VLAN, whom to ask): the device itself, or each of its VLANs that is in use and answers."""
    states = await dialogue.walk(columns.per_vlan) if columns.per_vlan else {}
    numbers = {int(index.rpartition(".")[2]) for index, state in states.items() if state == _VLAN_IS_UP}
    answered = False
    for vlan in sorted(numbers - _LEGACY_VLANS):
        asked = dialogue.of_vlan(vlan)
        if asked is None:
            break
        try:
            if await asked.has_any(columns.port):
                answered = True
                yield vlan, asked
            elif asked.counts["timeouts"]:
                break  # a view that lets no such community in is silent for every VLAN
        finally:
            await asked.close()
    if not answered:
        yield 0, dialogue


def _place(columns: ForwardingColumns, index: str, raw: Raw, interfaces: Mapping[str, Raw]) -> tuple[str, str] | None:
    """(ifIndex, MAC address) of a row; None where it tells no port (the bridge's own addresses) or no address."""
    mac = bytes_of(index.split(".")[columns.mac_at : columns.mac_at + _OCTETS])
    if len(mac) != _OCTETS or mac[0] & _GROUP or not isinstance(raw, int) or raw <= 0:
        return None
    number = str(raw + columns.offset)
    interface = interfaces.get(number) if columns.interfaces else number
    return (str(interface), mac.hex()) if interface is not None else None


def _vlan_in(columns: ForwardingColumns, index: str) -> int:
    arcs = index.split(".")
    return int(arcs[columns.vlan_at]) if 0 <= columns.vlan_at < len(arcs) else 0


def _vlan_numbers(column: Mapping[str, Raw]) -> dict[int, int]:
    """The VLAN of each filtering database, where they are numbered apart."""
    return {raw: int(index.rpartition(".")[2]) for index, raw in column.items() if isinstance(raw, int)}


async def _addresses(
    table: AddressColumns, dialogue: SnmpDialogue, ports: Mapping[str, str], most: int
) -> list[Resolved]:
    """Every row with an address of one station."""
    found = []
    for index, raw in (await dialogue.walk(table.mac, most + 1, PAUSE_S)).items():
        interface, *arcs = index.split(".")
        address = ip_text(bytes_of(arcs)) if len(arcs) == _PLAIN_OCTETS else indexed_ip(arcs)
        mac = mac_of(mac_text(raw))
        if address and mac and not int(mac[:2], 16) & _GROUP:
            found.append(Resolved(address, mac, ports.get(interface, "")))
    return found


def _digest(tables: StationTables) -> bytes:
    return hashlib.blake2b("\n".join(substance(tables)).encode(), digest_size=16).digest()
