"""Instants of a frame moved, and nothing else of it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, Document, Event, Sample, SeriesKey
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import (
    EARLIEST_MS,
    LATEST_MS,
    Body,
    DocumentBody,
    EventsBody,
    FactsBody,
    Frame,
    FrameError,
    SamplesBody,
)
from campus.wire.pack import pack_samples
from campus.wire.shift import shifted, shifted_body
from tests.unit.campus.wire.frames import AT

KEY = SeriesKey(DeviceId("sw-1"), MetricId("if_in_bps"), Instance("GE0/0/1"))


def sealed(body: Body, at: int = AT) -> bytes:
    return encode_frame(Frame(SiteId("no-1"), AgentId("no-1"), 7, 8, at, body))


def instants(body: Body) -> list[int]:
    if isinstance(body, SamplesBody):
        return [int(at) for at in read_columns(body, len(read_dictionary(body.dictionary))).measured_at]
    if isinstance(body, FactsBody):
        return [each.observed_at for each in body.devices]
    if isinstance(body, DocumentBody):
        return [body.document.observed_at]
    assert isinstance(body, EventsBody)
    return [each.occurred_at for each in body.events]


bodies = st.lists(st.integers(AT - 10_000_000, AT), min_size=1, max_size=20).flatmap(
    lambda ats: st.sampled_from(
        [
            pack_samples([Sample(KEY, at, 1.5) for at in ats]),
            FactsBody([DeviceFacts(DeviceId("sw-1"), DeviceKind.SWITCH, at) for at in ats]),
            EventsBody([Event(DeviceId("sw-1"), at, "link_down") for at in ats]),
            DocumentBody(Document(DeviceId("sw-1"), "configuration", ats[0], b"sysname sw-1")),
        ]
    )
)


@given(body=bodies, by_ms=st.integers(EARLIEST_MS - AT + 10_000_000, LATEST_MS - AT - 1))
def test_every_instant_moves_and_nothing_else_does(body: Body, by_ms: int) -> None:
    before, after = decode_frame(sealed(body)), decode_frame(shifted(sealed(body), by_ms))
    assert (after.site, after.agent, after.epoch, after.number) == (before.site, before.agent, 7, 8)
    assert after.sent_at == AT + by_ms
    assert instants(after.body) == [at + by_ms for at in instants(body)]
    assert shifted(shifted(sealed(body), by_ms), -by_ms) == sealed(body)


def test_what_another_clock_told_does_not_come_to_lie_after_the_sealing_or_before_2000() -> None:
    at_2000 = EARLIEST_MS + 60_000
    for stamped, by_ms in (([AT, at_2000], AT - at_2000), ([AT, LATEST_MS - 1], EARLIEST_MS - AT - 1)):
        samples = pack_samples([Sample(KEY, at, 1.0) for at in stamped])
        facts = FactsBody([DeviceFacts(DeviceId("sw-1"), DeviceKind.SWITCH, at) for at in stamped])
        for body in (samples, facts):
            frame = decode_frame(shifted(sealed(body, stamped[-1]), by_ms))
            assert max(instants(frame.body)) <= frame.sent_at
            assert min(instants(frame.body)) >= EARLIEST_MS


def test_bytes_that_are_no_frame_are_refused_as_such() -> None:
    broken = msgspec.structs.replace(pack_samples([Sample(KEY, AT, 1.0)]), measured_at=b"1234567")
    for payload in (b"garbage", sealed(broken)):
        with pytest.raises(FrameError):
            shifted(payload, 60_000)


def test_a_shift_of_nothing_changes_nothing() -> None:
    body = EventsBody([Event(DeviceId("sw-1"), AT, "link_down")])
    assert shifted_body(body, 0, latest=0) is body
