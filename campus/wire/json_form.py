"""The readable form of a samples frame, so that a vendor can start with a shell script.

    {"v": 1, "site": "no-3-primary", "agent": "acme-fridges", "epoch": 1, "number": 7, "sent_at": 1790000000000,
     "samples": [{"device": "cold-1", "metric": "temperature_cel", "instance": "", "at": 1790000000000, "value": 4.2}]}

Same meaning, same limits, same checks as the packed form; only slower and larger. Instants are UTC milliseconds or
RFC 3339 texts with an offset.
"""

from datetime import datetime

import msgspec

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import Sample, SeriesKey
from campus.wire.frame import MAX_SAMPLES, Frame, FrameError
from campus.wire.pack import pack_samples


class JsonSample(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the JSON form."""

    device: str
    metric: str
    at: int | datetime
    value: float
    instance: str = ""


class JsonFrame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON form of a samples frame."""

    site: str
    agent: str
    epoch: int
    number: int
    sent_at: int | datetime
    samples: list[JsonSample]
    v: int = 1


_decoder = msgspec.json.Decoder(JsonFrame)


def decode_json(payload: bytes) -> Frame:
    """Read the JSON form into an ordinary frame; `FrameError` says which field is wrong."""
    try:
        form = _decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise FrameError("bad_shape", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError("corrupt", f"not JSON: {error}") from error
    if not 0 < len(form.samples) <= MAX_SAMPLES:
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
        body = pack_samples(samples)
    except OverflowError as error:
        raise FrameError(
            "bad_time", "a sample was measured outside 2000 to 2100: are the times in milliseconds?"
        ) from error
    return Frame(
        site=SiteId(form.site),
        agent=AgentId(form.agent),
        epoch=form.epoch,
        number=form.number,
        sent_at=_instant_ms(form.sent_at, "$.sent_at"),
        body=body,
        v=form.v,
    )


def _instant_ms(instant: int | datetime, where: str) -> int:
    if isinstance(instant, int):
        return instant
    if instant.tzinfo is None:
        raise FrameError("bad_time", f"{where}: a time without an offset; write 2026-09-01T08:00:00+08:00 or ...Z")
    return round(instant.timestamp() * 1000)
