"""Instants of a frame moved by what its sender's clock was wrong. Pure; standard library only.

A sender learns the true time when it hears the controller; what it sealed before then lies on its disk under another clock.
"""

import sys
from array import array
from itertools import accumulate

import msgspec

from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import EARLIEST_MS, LATEST_MS, Body, DocumentBody, EventsBody, FactsBody, FrameError, SamplesBody
from campus.wire.pack import differences, little_endian


def shifted(payload: bytes, by_ms: int) -> bytes:
    """The same frame, same epoch and number, with `by_ms` added to every instant in it.

    No instant comes to lie after the frame's own sealing or before 2000: one that would was not read off the clock that was
    wrong (facts remembered from an earlier life, a device that tells its own time). `FrameError` for bytes that are no frame.
    """
    frame = decode_frame(payload)
    sent_at = _within(frame.sent_at + by_ms, LATEST_MS - 1)
    return encode_frame(msgspec.structs.replace(frame, sent_at=sent_at, body=shifted_body(frame.body, by_ms, sent_at)))


def shifted_body(body: Body, by_ms: int, latest: int) -> Body:
    """`body` with `by_ms` added to its instants, none of them after `latest`; bodies without instants come back as they are.

    >>> from campus.samples import Event
    >>> late = EventsBody([Event("sw-1", EARLIEST_MS + 5_000, "link_down")])
    >>> shifted_body(late, 60_000, latest=EARLIEST_MS + 70_000).events[0].occurred_at - EARLIEST_MS
    65000
    """
    if not by_ms:
        return body
    if isinstance(body, SamplesBody):
        return msgspec.structs.replace(body, measured_at=_shifted_column(body.measured_at, by_ms, latest))
    if isinstance(body, FactsBody):
        return FactsBody(
            [
                msgspec.structs.replace(each, observed_at=_within(each.observed_at + by_ms, latest))
                for each in body.devices
            ]
        )
    if isinstance(body, EventsBody):
        return EventsBody(
            [
                msgspec.structs.replace(each, occurred_at=_within(each.occurred_at + by_ms, latest))
                for each in body.events
            ]
        )
    if isinstance(body, DocumentBody):
        read_at = _within(body.document.observed_at + by_ms, latest)
        return DocumentBody(msgspec.structs.replace(body.document, observed_at=read_at))
    return body


def _shifted_column(packed: bytes, by_ms: int, latest: int) -> bytes:
    if len(packed) % 8:
        raise FrameError("bad_columns", f"{len(packed)} bytes of instants, must be a multiple of 8")
    steps = array("q", packed)
    if sys.byteorder == "big":
        steps.byteswap()
    return little_endian("q", differences(_within(at + by_ms, latest) for at in accumulate(steps)))


def _within(at: int, latest: int) -> int:
    return max(EARLIEST_MS, min(at, latest))
