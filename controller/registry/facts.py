"""Facts into rows and back. Pure."""

import math
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlmodel import col

from campus.ids import AgentId, DeviceId, SiteId, is_id, is_instance
from campus.samples import DeviceFacts, DeviceKind
from controller.registry.model import Device
from controller.registry.tables import DeviceRow, NeighbourRow, PortRow

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(DeviceFacts)
_KINDS = {kind.value: kind for kind in DeviceKind}
_TYPE_LIMIT = 1 << 31
_NOT_HEX = re.compile(r"[^0-9a-f]")


def bare_mac(text: str) -> str:
    """A MAC address as twelve lower-case hex digits; empty when it is none. Part of one is returned as far as it goes.

    >>> bare_mac("00-1A:2b3C.4D5E"), bare_mac("none")
    ('001a2b3c4d5e', '')
    """
    if not re.fullmatch(r"[0-9A-Fa-f:.\- ]{2,23}", text.strip()):
        return ""
    return _NOT_HEX.sub("", text.lower())[:12]


def facts_problem(facts: DeviceFacts) -> str:
    """Why facts cannot be kept, as a counter's label; empty when they can."""
    if not is_id(facts.device) or not all(is_instance(port.instance) for port in facts.ports):
        return "bad_id"
    if not math.isfinite(facts.uplink_capacity_bps) or not all(abs(port.type) < _TYPE_LIMIT for port in facts.ports):
        return "out_of_range"
    return ""


def device_row(site: SiteId, agent: AgentId, facts: DeviceFacts, first_seen_at: int, now: int) -> DeviceRow:
    """The row of a device as its facts stand now."""
    return DeviceRow(
        site=site,
        id=facts.device,
        kind=facts.kind,
        name=facts.name or facts.device,
        room=facts.room,
        agent=agent,
        model=facts.model,
        serial=facts.serial,
        address=facts.address,
        facts=_encoder.encode(facts).decode(),
        first_seen_at=first_seen_at,
        last_seen_at=now,
    )


def port_rows(site: SiteId, facts: DeviceFacts) -> list[PortRow]:
    """One row for each port; of ports with the same instance the first stands."""
    ports = {port.instance: port for port in reversed(facts.ports)}
    return [
        PortRow(
            site=site,
            device=facts.device,
            instance=port.instance,
            alias=port.alias,
            type=port.type,
            mac=bare_mac(port.mac),
        )
        for port in ports.values()
    ]


def neighbour_rows(site: SiteId, facts: DeviceFacts) -> list[NeighbourRow]:
    """One row for each neighbour, in the order told."""
    return [
        NeighbourRow(
            site=site,
            device=facts.device,
            ordinal=ordinal,
            local_port=neighbour.local_port,
            remote_name=neighbour.remote_name,
            remote_port=neighbour.remote_port,
            remote_chassis=neighbour.remote_chassis,
        )
        for ordinal, neighbour in enumerate(facts.neighbours)
    ]


DEVICE_COLUMNS: Final = tuple(
    col(column)
    for column in (
        DeviceRow.site,
        DeviceRow.id,
        DeviceRow.kind,
        DeviceRow.name,
        DeviceRow.room,
        DeviceRow.agent,
        DeviceRow.facts,
        DeviceRow.first_seen_at,
        DeviceRow.last_seen_at,
    )
)
"""What `device_of` wants of a row: columns instead of objects, because a district has 100,000 of them."""


def device_of(row: Sequence[Any]) -> Device:
    """The noun of `DEVICE_COLUMNS`."""
    site, device, kind, name, room, agent, facts, first_seen_at, last_seen_at = row
    return Device(
        SiteId(site),
        DeviceId(device),
        _KINDS[kind],
        name,
        room,
        AgentId(agent),
        _decoder.decode(facts),
        first_seen_at,
        last_seen_at,
    )
