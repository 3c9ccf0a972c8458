"""What the types of a frame cannot say: ids that name something, times that were set, runs that are in order.

One check per kind of body. The columns of a samples body are checked where they are read (`campus.wire.columns`).
"""

import math
from collections.abc import Callable
from typing import Any

from campus.ids import is_id, is_instance
from campus.samples import DeviceFacts, Event
from campus.wire.frame import (
    EARLIEST_MS,
    LATEST_MS,
    MAX_DOCUMENT_BYTES,
    MAX_FRAME_NUMBER,
    MAX_HOLD_S,
    AckBody,
    Body,
    DocumentBody,
    EventsBody,
    FactsBody,
    FrameError,
    HelloBody,
)


def check_body(body: Body) -> None:
    """Raise `FrameError` ``bad_id``, ``bad_time``, ``not_finite`` or ``bad_shape`` when `body` cannot be meant."""
    check = _CHECKS.get(type(body))
    if check:
        check(body)


def check_instant(at: int, what: str) -> None:
    """Raise `FrameError` ``bad_time`` unless `at` is in milliseconds between 2000 and 2100; `what` names the field."""
    if not EARLIEST_MS <= at < LATEST_MS:
        raise FrameError("bad_time", f"{what} {str(at)[:30]} is not in milliseconds between 2000 and 2100")


def _check_facts(body: FactsBody) -> None:
    for index, facts in enumerate(body.devices):
        _check_device(facts, f"devices[{index}]")


def _check_device(facts: DeviceFacts, where: str) -> None:
    _check_id(facts.device, f"{where}.device")
    check_instant(facts.observed_at, f"{where}.observed_at")
    if not math.isfinite(facts.uplink_capacity_bps):
        raise FrameError("not_finite", f"{where}.uplink_capacity_bps is NaN or infinite")
    for licence in facts.licences:
        if licence.expires_at:
            check_instant(licence.expires_at, f"{where}.licences.expires_at")
    for instance in (*facts.uplinks, *(port.instance for port in facts.ports)):
        _check_instance(instance, where)


def _check_events(body: EventsBody) -> None:
    for index, event in enumerate(body.events):
        _check_event(event, f"events[{index}]")


def _check_event(event: Event, where: str) -> None:
    _check_id(event.device, f"{where}.device")
    check_instant(event.occurred_at, f"{where}.occurred_at")
    _check_instance(event.instance, where)


def _check_document(body: DocumentBody) -> None:
    document = body.document
    _check_id(document.device, "document.device")
    check_instant(document.observed_at, "document.observed_at")
    if not is_id(document.kind):
        raise FrameError("bad_id", f"document.kind: {document.kind[:80]!r} cannot name a kind of document")
    if len(document.content) > MAX_DOCUMENT_BYTES:
        raise FrameError("too_large", f"a document of {len(document.content)} bytes is over {MAX_DOCUMENT_BYTES}")


def _check_hello(body: HelloBody) -> None:
    if not 0 <= body.oldest_kept <= MAX_FRAME_NUMBER or body.spool_bytes < 0 or body.devices < 0:
        raise FrameError("bad_shape", "oldest_kept, spool_bytes and devices of a hello must not be negative")


def _check_ack(body: AckBody) -> None:
    before = -1
    for first, last in body.runs:
        if not before < first <= last <= MAX_FRAME_NUMBER:
            raise FrameError("bad_shape", "runs of an ack must be sorted and disjoint, each [first, last]")
        before = last
    if not 0 <= body.epoch <= MAX_FRAME_NUMBER:
        raise FrameError("bad_shape", "epoch of an ack must be between 0 and 2^63 - 1")
    if not (0 <= body.hold_s <= MAX_HOLD_S and 0 <= body.hold_backlog_s <= MAX_HOLD_S):
        raise FrameError("bad_shape", f"hold_s and hold_backlog_s of an ack must be between 0 and {MAX_HOLD_S}")


def _check_id(text: str, where: str) -> None:
    if not is_id(text):
        raise FrameError("bad_id", f"{where}: {text[:80]!r} cannot name a device")


def _check_instance(text: str, where: str) -> None:
    if not is_instance(text):
        raise FrameError("bad_id", f"{where}: {text[:80]!r} cannot name an instance")


_CHECKS: dict[type[Any], Callable[[Any], None]] = {
    FactsBody: _check_facts,
    EventsBody: _check_events,
    DocumentBody: _check_document,
    HelloBody: _check_hello,
    AckBody: _check_ack,
}
