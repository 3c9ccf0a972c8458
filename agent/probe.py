"""Try one SNMP device by hand: what it is and everything that can be read of it, once. Nothing is stored or sent."""

import asyncio
from collections.abc import Callable
from typing import Any

from agent.address import HostPort
from agent.collect.port import Harvest
from agent.collect.snmp import AUTO, DeviceTarget, SnmpCollector
from agent.collect.snmp_dialogue import SnmpDialogue, SnmpTiming
from agent.collect.snmp_refusal import refusal_of
from agent.snmp_access import SnmpAccess, SnmpUser, SnmpVersion
from campus.errors import Poison, Transient
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import Metric, MetricKind, catalogue
from campus.samples import DeviceFacts, DeviceKind, Sample
from firmware_profiles.catalogue import Catalogue, Identity
from firmware_profiles.model import Cadence, PointType
from firmware_profiles.raw import Raw, mac_text, text_of

_IF, _IFX = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
_DESCR, _NAME = f"{_IF}.2", f"{_IFX}.1"
_PORTS = "if_"
"""How metrics of ports begin: they are told with the interfaces, raw."""
_ADMIN = {1: "up", 2: "down", 3: "testing"}
_OPER = {
    **_ADMIN,
    4: "unknown",
    5: "dormant",
    6: "notPresent",
    7: "lowerLayerDown",
}
"""IF-MIB's own words (RFC 2863): an operator compares them with what the device's command line says."""
_LISTS = {
    "cpu_percent": ("cpu", "percent"),
    "memory_percent": ("memory", "percent"),
    "swap_percent": ("memory", "percent"),
    "virtual_memory_percent": ("memory", "percent"),
    "memory_share_percent": ("memory", "percent"),
    "storage_percent": ("storage", "percent"),
    "temperature_cel": ("temperatures", "celsius"),
    "supply_percent": ("supplies", "percent"),
    "paper_percent": ("supplies", "percent"),
}
_WIRELESS = {
    "wireless_clients": "clients",
    "access_points": "ap-count",
    "channel_use_percent": "utilization",
    "channel_receive_percent": "utilization",
    "channel_send_percent": "utilization",
    "channel_others_percent": "utilization",
    "radio_mhz": "frequency",
    "radio_power_dbm": "power",
    "radio_noise_dbm": "noise-floor",
}
_CLASSES = {
    "humidity_percent": "humidity",
    "load_percent": "load",
    "battery_percent": "charge",
    "battery_runtime_s": "runtime",
    "on_battery_s": "runtime",
    "fan_percent": "fan",
}
_CLASS_OF_UNIT = {
    "V": "voltage",
    "A": "current",
    "W": "power",
    "Hz": "frequency",
    "{turn}/min": "fan",
    "dB[mW]": "signal",
    "dB": "signal",
}
"""What a sensor measures, by its metric or else by its unit; anything else is a `count`."""


ToldStates = dict[tuple[MetricId, Instance], int | float | str]
"""(metric, instance) to what the device itself says of a state."""


async def probe(
    catalogue_: Catalogue,
    address: HostPort,
    access: SnmpAccess,
    now: int,
    profile: str = AUTO,
    timing: SnmpTiming = SnmpTiming(),  # noqa: B008 - frozen
) -> dict[str, Any]:
    """Ask a device everything once; the answer is JSON-able.

    Keys: profile; kind; identity {vendor, model, version, serial, hardware, name}; system {sys_object_id, sys_descr};
    uptime_s; response_time_ms; interfaces; cpu, memory, storage, supplies [{name, percent}]; temperatures [{name,
    celsius}]; sensors [{class, name, value, unit}], of a state `value` as the device tells it and `state` as the catalogue
    names it; wireless [{class, name, value}]; neighbours; dropped (readings left out, by reason).
    `Transient` when the device does not answer, `Poison` when it does not speak SNMP, refuses the login or has a name nobody
    knows; an SNMPv3 user is told what the device has against him.
    """
    await _require_known(address)
    collector = SnmpCollector(DeviceTarget(DeviceId("probe"), address, access, profile=profile), catalogue_, timing)
    try:
        harvest = await collector.poll(frozenset(Cadence), now)
        await _refuse_unreachable(harvest, address, access, timing)
        interfaces = await _interfaces(collector.dialogue)
        told = await _told_states(collector)
    finally:
        await collector.close()
    return _report(harvest, interfaces, collector.identity, told)


async def _require_known(address: HostPort) -> None:
    try:
        await asyncio.get_running_loop().getaddrinfo(address.host, address.port)
    except OSError as error:
        raise Poison(
            "unknown_name", f"no name server knows {address.host!r}: write the device's address, such as 10.1.2.3"
        ) from error


async def _refuse_unreachable(harvest: Harvest, address: HostPort, access: SnmpAccess, timing: SnmpTiming) -> None:
    if not any(sample.key.metric == "reachable" and not sample.value for sample in harvest.samples):
        return
    if harvest.refused:
        raise Poison("login_refused", harvest.refused)
    if harvest.dropped["garbage"]:
        raise Poison("garbage", f"{address} answers, but not in {access.spoken}")
    if isinstance(access, SnmpUser):
        why = await refusal_of(address, access, timing.timeout_s)
        raise Transient(f"{address} does not answer {access.spoken}: {why}")
    other = "" if access.version is SnmpVersion.V1 else "; an old device may speak version 1 alone (--version 1)"
    raise Transient(
        f"{address} does not answer {access.spoken}: check the address, the community (a wrong one is met with silence) "
        f"and whether the device lets this machine ask{other}"
    )


async def _told_states(collector: SnmpCollector) -> ToldStates:
    """The device's own number or word for each state, asked for once more: a sample has only what it means."""
    asks = collector.learnt.asks if collector.learnt else []
    chosen = {
        ask.name: (ask.at(ask.chosen.oid), ask.point.type)
        for ask in asks
        if ask.chosen and ask.point.type.tells_state and not ask.point.metric.startswith(_PORTS)
    }
    answers: dict[str, Raw] = {}
    await collector.dialogue.get(list(dict.fromkeys(oid for oid, _ in chosen.values())), answers)
    return {name: _as_told(answers[oid], kind) for name, (oid, kind) in chosen.items() if oid in answers}


def _as_told(raw: Raw, kind: PointType) -> int | float | str:
    """A raw state as JSON: numbers and bits as a number, words as text.

    >>> _as_told(b"3", PointType.STATE), _as_told(b"closed", PointType.STATE), _as_told(b"@", PointType.BITS)
    (3, 'closed', 64)
    """
    if kind is PointType.BITS and isinstance(raw, bytes):
        return int.from_bytes(raw, "big")
    text = text_of(raw)
    return raw if isinstance(raw, int | float) else int(text) if text.isdecimal() else text


def _report(harvest: Harvest, interfaces: list[dict[str, Any]], system: Identity, told: ToldStates) -> dict[str, Any]:
    facts = harvest.facts or DeviceFacts(DeviceId("probe"), DeviceKind.OTHER, 0)
    report: dict[str, Any] = {
        "profile": facts.profile,
        "kind": str(facts.kind),
        "identity": _identity(facts),
        "system": {"sys_object_id": system.sys_object_id, "sys_descr": text_of(system.sys_descr)},
        "interfaces": interfaces,
        **{name: [] for name in ("cpu", "memory", "storage", "temperatures", "sensors", "wireless", "supplies")},
        "neighbours": [
            {"local_port": n.local_port, "remote_name": n.remote_name, "remote_port": n.remote_port}
            for n in facts.neighbours
        ],
        "dropped": dict(harvest.dropped),
    }
    for sample in harvest.samples:
        _place(report, sample, told)
    return report


def _identity(facts: DeviceFacts) -> dict[str, str]:
    """The model with the series it belongs to in brackets, where the device names both."""
    series = facts.hardware if " " not in facts.hardware and facts.model[:2] == facts.hardware[:2] else ""
    return {
        "vendor": facts.vendor,
        "model": f"{facts.model} ({series})" if series and series not in facts.model else facts.model,
        "version": facts.firmware,
        "serial": facts.serial,
        "hardware": facts.hardware,
        "name": facts.name,
    }


def _place(report: dict[str, Any], sample: Sample, told: ToldStates) -> None:
    """Put one sample where a reader looks for it; ports have their own list."""
    metric, instance = str(sample.key.metric), str(sample.key.instance)
    known = catalogue()[MetricId(metric)]
    if metric.startswith(_PORTS) or metric in {"reachable", "poll_complete_percent"}:
        return
    if metric in {"uptime_s", "response_time_ms", "process_count", "pages_total"}:
        report[metric] = sample.value
    elif metric in _LISTS:
        name, key = _LISTS[metric]
        report[name].append({"name": instance, key: sample.value})
    elif metric in _WIRELESS:
        report["wireless"].append({"class": _WIRELESS[metric], "name": instance, "value": sample.value})
    else:
        report["sensors"].append(_sensor(sample, known, told))


def _sensor(sample: Sample, known: Metric, told: ToldStates) -> dict[str, Any]:
    """One sensor: a state with the device's own number, which its manual explains; a runtime in minutes, as UPS tell it."""
    name = f"{known.en} {sample.key.instance}".strip()
    if known.kind is MetricKind.STATE:
        state, raw = known.state(sample.value), told.get((sample.key.metric, sample.key.instance), sample.value)
        return {"class": "state", "name": name, "value": raw, "state": state.name if state else "", "unit": ""}
    kind = _CLASSES.get(sample.key.metric) or _CLASS_OF_UNIT.get(known.unit, "count")
    if kind == "runtime":
        return {"class": kind, "name": name, "value": round(sample.value / 60, 2), "unit": "min"}
    return {"class": kind, "name": name, "value": sample.value, "unit": known.unit}


async def _interfaces(dialogue: SnmpDialogue) -> list[dict[str, Any]]:
    """Every row of the interface table with its raw counters, loopbacks and all, in the order of the device."""
    descr, names = await dialogue.walk(_DESCR), await dialogue.walk(_NAME)
    indices = list(descr or names)
    wanted = [f"{_IF}.{c}" for c in (3, 5, 6, 7, 8, 10, 14, 16, 20)] + [f"{_IFX}.{c}" for c in (6, 10, 15, 18)]
    answers: dict[str, Raw] = {}
    await dialogue.get([f"{column}.{index}" for index in indices for column in wanted], answers)
    return [_interface(index, text_of(names.get(index)) or text_of(descr.get(index)), answers) for index in indices]


def _interface(index: str, name: str, answers: dict[str, Raw]) -> dict[str, Any]:
    def cell(*columns: str) -> int | None:
        return next((n for c in columns if isinstance(n := answers.get(f"{c}.{index}"), int)), None)

    mbit = cell(f"{_IFX}.15")
    return {
        "index": int(index) if index.isdecimal() else index,
        "name": name,
        "alias": text_of(answers.get(f"{_IFX}.18.{index}")),
        "type": cell(f"{_IF}.3"),
        "mac": mac_text(answers.get(f"{_IF}.6.{index}")),
        "speed_bps": mbit * 1_000_000 if mbit else cell(f"{_IF}.5") or mbit,
        "admin": _ADMIN.get(cell(f"{_IF}.7") or 0),
        "oper": _OPER.get(cell(f"{_IF}.8") or 0),
        "in_octets": cell(f"{_IFX}.6", f"{_IF}.10"),
        "out_octets": cell(f"{_IFX}.10", f"{_IF}.16"),
        "in_errors": cell(f"{_IF}.14"),
        "out_errors": cell(f"{_IF}.20"),
    }


def probe_report(
    address: HostPort,
    access: SnmpAccess,
    clock: Callable[[], int],
    catalogue_: Catalogue,
    profile: str = AUTO,
    timing: SnmpTiming = SnmpTiming(),  # noqa: B008 - frozen
) -> dict[str, Any]:
    """`probe` for a caller without an event loop: the command line."""
    return asyncio.run(probe(catalogue_, address, access, clock(), profile, timing))
