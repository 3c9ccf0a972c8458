"""What a device consists of and what it may do: modules, licences, addresses of its own. Read rarely, by walking."""

import ipaddress
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, NamedTuple

from agent.collect.snmp_rows import ColumnReader, rows_kept
from agent.decode.value import number_of
from campus.errors import Poison
from campus.samples import Licence, Module
from campus.wire.frame import EARLIEST_MS, LATEST_MS
from firmware_profiles.model import LicenceColumns, ModuleColumns, Profile
from firmware_profiles.raw import Raw, bytes_of, indexed_ip, instance_of, ip_text, text_of

MAX_MODULES: Final = 256
MAX_LICENCES: Final = 64
MAX_ADDRESSES: Final = 64
_FORMATS: Final = (
    "%a %b %d %H:%M:%S %Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%b %d %Y",
    "%d %b %Y",
    "%Y%m%d",
)
_PLAIN_OCTETS: Final = 4


class Inventory(NamedTuple):
    """What one round of learning found."""

    addresses: tuple[str, ...] = ()
    modules: tuple[Module, ...] = ()
    licences: tuple[Licence, ...] = ()


async def inventory(profile: Profile, columns: ColumnReader, serial: str, now: int) -> Inventory:
    """Read what `profile` names, at `now` (UTC ms). A module with the device's own `serial` is the device and left out."""
    modules: list[Module] = []
    for spec in profile.modules:
        modules += await _modules(spec, columns, serial)
    licences: list[Licence] = []
    for each in profile.licences:
        licences += await _licences(each, columns, now)
    return Inventory(
        await _addresses(profile.own_addresses, columns),
        tuple(dict.fromkeys(modules))[:MAX_MODULES],
        tuple(dict.fromkeys(licences))[:MAX_LICENCES],
    )


async def _addresses(sources: Sequence[str], columns: ColumnReader) -> tuple[str, ...]:
    found: set[str] = set()
    for oid in sources:
        found.update(filter(None, map(address_of, await columns.column(oid))))
    return tuple(sorted(found))[:MAX_ADDRESSES]


def address_of(index: str) -> str:
    """The address an index stands for; empty for one that means only the device itself, and for what is none.

    >>> address_of("10.20.1.5"), address_of("1.4.10.20.1.5"), address_of("127.0.0.1")
    ('10.20.1.5', '10.20.1.5', '')
    """
    arcs = index.split(".")
    try:
        text = ip_text(bytes_of(arcs)) if len(arcs) == _PLAIN_OCTETS else indexed_ip(arcs)
    except ValueError:
        return ""
    if not text:
        return ""
    address = ipaddress.ip_address(text)
    means_itself = address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast
    return "" if means_itself else str(address)


async def _modules(spec: ModuleColumns, columns: ColumnReader, serial: str) -> list[Module]:
    indices = await rows_kept(await columns.column(spec.rows), spec.where, columns)
    if not indices:
        return []
    names = [await columns.column(oid) for oid in spec.name]
    models, serials = [await columns.column(oid) if oid else {} for oid in (spec.model, spec.serial)]
    versions = [await columns.column(oid) for oid in spec.firmware]
    found = []
    for index in indices:
        model, number = text_of(models.get(index)), text_of(serials.get(index))
        if (model or number) and (not number or number != serial):
            name = _first(names, index) or index
            found.append(Module(instance_of(name), model, number, _first(versions, index)))
    return found


async def _licences(spec: LicenceColumns, columns: ColumnReader, now: int) -> list[Licence]:
    names = await columns.column(spec.name)
    ends = await columns.column(spec.expires or spec.seconds_left) if spec.expires or spec.seconds_left else {}
    found = []
    for index in await rows_kept(names, spec.where, columns):
        if name := instance_of(text_of(names.get(index))):
            end = ends.get(index)
            expires_at = deadline_ms(end) if spec.expires else _after(end, now)
            found.append(Licence(name, expires_at if EARLIEST_MS <= expires_at < LATEST_MS else 0))
    return found


def _first(columns: Sequence[dict[str, Raw]], index: str) -> str:
    return next((text for column in columns if (text := text_of(column.get(index)))), "")


def _after(seconds: Raw, now: int) -> int:
    """When so many seconds from now are over, to the hour, so that a licence's end does not move; 0 for none."""
    try:
        left_s = number_of(seconds)
    except Poison:
        return 0
    return round((now + left_s * 1000) / 3_600_000) * 3_600_000 if left_s > 0 else 0


def deadline_ms(raw: Raw) -> int:
    """An instant as DateAndTime (RFC 2579) or as text in one of the usual forms, UTC where it names no zone; 0 for anything else.

    >>> deadline_ms(b"Sat Jul 26 01:00:00 2025"), deadline_ms(b"never"), deadline_ms(bytes.fromhex("07e9071a01000000"))
    (1753491600000, 0, 1753491600000)
    """
    if isinstance(raw, bytes) and len(raw) in {8, 11} and not raw[:1].isalnum():
        return _date_and_time(raw)
    text = " ".join(text_of(raw).split())
    for form in _FORMATS:
        try:
            return round(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp() * 1000)
        except ValueError:
            continue
    return 0


def _date_and_time(raw: bytes) -> int:
    year, month, day, hour, minute, second, tenth = struct.unpack(">H6B", raw[:8])
    zone: timezone = UTC
    if len(raw) == 11 and raw[8:9] in b"+-":
        away = timedelta(hours=raw[9], minutes=raw[10])
        zone = timezone(away if raw[8:9] == b"+" else -away) if away < timedelta(days=1) else UTC
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tenth * 100_000, tzinfo=zone)
    except ValueError:
        return 0
    return round(moment.timestamp() * 1000)
