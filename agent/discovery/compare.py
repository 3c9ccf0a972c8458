"""What changed between two scans: devices that moved, were replaced, vanished; told once, in plain words. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from agent.discovery.observation import Source
from agent.discovery.propose import Finding
from campus.newcomers import Newcomer, serial_key
from campus.samples import Severity

MOVED: Final = "device_moved"
REPLACED: Final = "device_replaced"
VANISHED: Final = "device_vanished"
_MET: Final = {source.word for source in (Source.SNMP, Source.GREETING, Source.TCP, Source.LLDP, Source.CDP)}


class Remembered(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device of earlier scans; `missed`: how many scans in a row have not found it."""

    device: Newcomer
    registered: str = ""
    missed: int = 0


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What scans have found so far. `credentials`: address to the name of the credential it answered to."""

    devices: tuple[Remembered, ...] = ()
    credentials: dict[str, str] = {}
    scanned_at: int = 0
    """When the last scan ended, UTC ms; 0 before the first."""


class Change(NamedTuple):
    """An event to be told. `registered`: the device's id in agent.yaml, empty for a newcomer."""

    kind: str
    registered: str
    text: str
    severity: Severity


def compare(memory: Memory, found: Sequence[Finding], forget_after: int, now: int) -> tuple[Memory, list[Change]]:
    """The memory after a whole scan, and what it noticed: of devices that were met, for tables forget who sleeps."""
    fresh = [each for each in found if each.device.address and any(one.source in _MET for one in each.device.evidence)]
    pairs = _paired(memory.devices, fresh)
    matched = {id(before) for before, _ in pairs}
    known = {id(each) for _, each in pairs}
    changes = [change for before, each in pairs if (change := _moved(before, each))]
    kept: list[Remembered] = []
    new = [each for each in fresh if id(each) not in known]
    for before in memory.devices:
        if id(before) in matched:
            continue
        successor = next((each for each in fresh if _succeeds(each, before)), None)
        if successor is not None:
            changes.append(_replaced(before, successor))
        elif before.missed + 1 >= forget_after:
            changes.append(_vanished(before, forget_after))
        else:
            kept.append(msgspec.structs.replace(before, missed=before.missed + 1))
    kept += [Remembered(each.device, each.registered) for _, each in pairs]
    kept += [Remembered(each.device, each.registered) for each in new]
    credentials = {_host(each.device): each.device.credential for each in fresh if each.device.credential}
    return Memory(tuple(kept), memory.credentials | credentials, now), changes


def _paired(before: Sequence[Remembered], found: Sequence[Finding]) -> list[tuple[Remembered, Finding]]:
    """Which remembered device is which found one: by serial number, by MAC address, by key; each once."""
    pairs: list[tuple[Remembered, Finding]] = []
    waiting, free = list(before), list(found)
    for value in (_serial, lambda device: device.mac, lambda device: device.key):
        by_value = {value(each.device): each for each in free if value(each.device)}
        for old in list(waiting):
            fitting = by_value.get(value(old.device))
            if (
                fitting is not None
                and any(fitting is each for each in free)
                and not _differ(old.device, fitting.device)
            ):
                pairs.append((old, fitting))
                waiting = [each for each in waiting if each is not old]
                free = [each for each in free if each is not fitting]
    return pairs


def _serial(device: Newcomer) -> str:
    return serial_key(device.serial)


def _differ(one: Newcomer, other: Newcomer) -> bool:
    """Whether two serial numbers are known and are not the same."""
    return bool(_serial(one) and _serial(other)) and _serial(one) != _serial(other)


def _succeeds(finding: Finding, before: Remembered) -> bool:
    """Whether another device stands where one stood: same id, address, port or name, and another serial number."""
    one, other = finding.device, before.device
    if not _differ(one, other):
        return False
    shared = (
        (finding.registered, before.registered),
        (_host(one), _host(other)),
        (_place(one), _place(other)),
        (one.name.lower(), other.name.lower()),
    )
    return any(mine and mine == theirs for mine, theirs in shared)


def _moved(before: Remembered, finding: Finding) -> Change | None:
    old, new = before.device, finding.device
    ways = []
    if _host(old) and _host(new) and _host(old) != _host(new):
        ways.append(f"from the address {_host(old)} to {_host(new)}")
    if _place(old) and _place(new) and _place(old) != _place(new):
        ways.append(f"from {_place(old)} to {_place(new)}")
    if not ways:
        return None
    return Change(MOVED, finding.registered, f"{_called(new)} has moved {' and '.join(ways)}", Severity.INFO)


def _replaced(before: Remembered, finding: Finding) -> Change:
    old, new = before.device, finding.device
    where = _place(new) or _host(new)
    text = f"where {_called(old)} was ({where}) there is another device now: {_called(new)}"
    return Change(REPLACED, finding.registered or before.registered, text, Severity.MINOR)


def _vanished(before: Remembered, scans: int) -> Change:
    device = before.device
    where = _place(device) or _host(device)
    times = "once" if scans == 1 else f"{scans} times in a row"
    return Change(
        VANISHED, before.registered, f"{_called(device)} was at {where}; it was not found {times}", Severity.INFO
    )


def _called(device: Newcomer) -> str:
    what = device.what
    named = device.name or what or device.mac or device.address
    details = ", ".join(
        part for part in (what if device.name else "", device.serial and f"serial {device.serial}") if part
    )
    return f"{named} ({details})" if details else named


def _host(device: Newcomer) -> str:
    return device.address.partition(":")[0]


def _place(device: Newcomer) -> str:
    return f"{device.place_device} {device.place_port}".strip() if device.place_port else ""
