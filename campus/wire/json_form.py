"""The readable form of a samples or facts frame, so that a vendor can start with a shell script.

    {"v": 1, "site": "no-3-primary", "agent": "acme-fridges", "epoch": 1, "number": 7, "sent_at": 1790000000000,
     "samples": [{"device": "cold-1", "metric": "temperature_cel", "instance": "", "at": 1790000000000, "value": 4.2}]}

    {"v": 1, "site": "no-3-primary", "agent": "acme-fridges", "epoch": 1, "number": 6, "sent_at": "2026-09-21T22:13:20+08:00",
     "devices": [{"device": "cold-1", "kind": "kitchen_monitor", "name": "冷库 1"}]}

Same meaning, same limits, same checks as the packed form; only slower and larger. Instants are UTC milliseconds or
RFC 3339 texts with an offset.
"""

import json
from datetime import datetime
from typing import Any

import msgspec

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, Sample, SeriesKey
from campus.wire.frame import MAX_DEVICES, MAX_SAMPLES, Body, FactsBody, Frame, FrameError
from campus.wire.pack import pack_samples


class JsonSample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the JSON form."""

    device: str
    metric: str
    at: int | datetime
    value: float
    instance: str = ""


class JsonDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a device is: the part of `campus.samples.DeviceFacts` a vendor knows by heart, observed at `sent_at`."""

    device: str
    kind: DeviceKind
    name: str = ""
    room: str = ""
    vendor: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    hardware: str = ""
    address: str = ""


class JsonFrame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON form: exactly one of `samples` and `devices` is there and not empty."""

    site: str
    agent: str
    epoch: int
    number: int
    sent_at: int | datetime
    samples: list[JsonSample] = []
    devices: list[JsonDevice] = []
    v: int = 1


_decoder = msgspec.json.Decoder(JsonFrame)


def decode_json(payload: bytes) -> Frame:
    """Read the JSON form into an ordinary frame; `FrameError` says which field is wrong."""
    form = _read_form(payload)
    sent_at = _instant_ms(form.sent_at, "$.sent_at")
    return Frame(
        site=SiteId(form.site),
        agent=AgentId(form.agent),
        epoch=form.epoch,
        number=form.number,
        sent_at=sent_at,
        body=_body(form, sent_at),
        v=form.v,
    )


def _read_form(payload: bytes) -> JsonFrame:
    try:
        form = _decoder.decode(payload)
        # msgspec keeps the last of two equal keys; other readers keep the first (RFC 8259, section 4). Only a text that
        # already has the right shape is read again, so what this allocates is bounded too.
        json.loads(payload, object_pairs_hook=_refuse_twins)
    except msgspec.ValidationError as error:
        raise FrameError("bad_shape", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
        raise FrameError("corrupt", f"not JSON: {error}") from error
    return form


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    keys: set[str] = set()
    for key, _ in pairs:
        if key in keys:
            raise FrameError("bad_shape", f"key {key!r} stands twice in one object: keep one of them")
        keys.add(key)


def _body(form: JsonFrame, sent_at: int) -> Body:
    if bool(form.samples) == bool(form.devices):
        raise FrameError("bad_shape", "needs one of `samples` and `devices`, not both, and not empty")
    if form.devices:
        return _facts(form.devices, sent_at)
    if len(form.samples) > MAX_SAMPLES:
        raise FrameError("bad_columns", f"{len(form.samples)} samples, must be 1 to {MAX_SAMPLES}")
    samples = [
        Sample(
            SeriesKey(DeviceId(row.device), MetricId(row.metric), Instance(row.instance)),
            _instant_ms(row.at, f"$.samples[{index}].at"),
            row.value,
        )
        for index, row in enumerate(form.samples)
    ]
    try:
        return pack_samples(samples)
    except OverflowError as error:
        raise FrameError(
            "bad_time", "a sample was measured outside 2000 to 2100: are the times in milliseconds?"
        ) from error


def _facts(devices: list[JsonDevice], sent_at: int) -> FactsBody:
    if len(devices) > MAX_DEVICES:
        raise FrameError("bad_shape", f"{len(devices)} devices, must be 1 to {MAX_DEVICES}")
    return FactsBody(
        [
            DeviceFacts(
                device=DeviceId(row.device),
                kind=row.kind,
                observed_at=sent_at,
                name=row.name,
                room=row.room,
                vendor=row.vendor,
                model=row.model,
                serial=row.serial,
                firmware=row.firmware,
                hardware=row.hardware,
                address=row.address,
            )
            for row in devices
        ]
    )


def _instant_ms(instant: int | datetime, where: str) -> int:
    if isinstance(instant, int):
        return instant
    if instant.tzinfo is None:
        raise FrameError("bad_time", f"{where}: a time without an offset; write 2026-09-01T08:00:00+08:00 or ...Z")
    return round(instant.timestamp() * 1000)
