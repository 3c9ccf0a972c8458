"""Readings into frame bodies: one bad reading costs itself alone."""

import math

from hypothesis import given
from hypothesis import strategies as st

from agent.batch import FACTS_PER_FRAME, MAX_WAITING, Batch
from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, Document, Event, Sample, SeriesKey
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import MAX_DOCUMENT_BYTES, DocumentBody, EventsBody, FactsBody, Frame, SamplesBody

AT = 1_790_000_000_000


def sample(value: float = 1.0, at: int = AT, device: str = "sw-1", instance: str = "") -> Sample:
    return Sample(SeriesKey(DeviceId(device), MetricId("if_in_bps"), Instance(instance)), at, value)


def test_facts_come_before_events_before_samples_in_frames_of_the_right_size() -> None:
    batch = Batch(1000)
    batch.add([sample(n) for n in range(2500)], [Event(DeviceId("sw-1"), AT, "link_down")])
    assert batch.is_full
    facts = [DeviceFacts(DeviceId(f"sw-{n}"), DeviceKind.SWITCH, AT) for n in range(FACTS_PER_FRAME + 1)]
    bodies = batch.take(facts)
    assert [type(body) for body in bodies] == [FactsBody, FactsBody, EventsBody, *[SamplesBody] * 3]
    assert [body.count for body in bodies if isinstance(body, SamplesBody)] == [1000, 1000, 500]
    assert batch.is_empty
    assert batch.take([]) == []


def test_a_bad_reading_is_counted_and_its_neighbours_are_kept() -> None:
    batch = Batch(1000)
    bad = [sample(math.nan), sample(math.inf), sample(at=5), sample(device="第一"), sample(instance="a\x00b")]
    batch.add([sample(1), *bad, sample(2)])
    (body,) = batch.take([])
    assert isinstance(body, SamplesBody)
    assert body.count == 2
    assert batch.dropped == {"not_finite": 2, "bad_time": 1, "bad_name": 2}


def test_when_nobody_takes_the_oldest_give_way_and_are_counted() -> None:
    batch = Batch(1000)
    batch.add([sample(n) for n in range(MAX_WAITING + 5)])
    bodies = batch.take([])
    assert sum(body.count for body in bodies if isinstance(body, SamplesBody)) == MAX_WAITING
    assert batch.dropped == {"batch_full": 5}


def test_so_do_events() -> None:
    batch = Batch(1000)
    batch.add([], [Event(DeviceId("sw-1"), AT, "link_down")] * (MAX_WAITING - 1))
    batch.add([], [Event(DeviceId("sw-1"), AT, "link_up")] * 3)
    assert batch.dropped == {"batch_full_events": 2}


def test_of_a_devices_documents_the_newest_goes_after_the_facts_alone_and_one_too_large_never() -> None:
    batch = Batch(1000)

    def document(kind: str, content: bytes) -> Document:
        return Document(DeviceId("sw-1"), kind, AT, content)

    batch.add([], documents=[document("stations", b"before"), document("configuration", b"sysname")])
    batch.add(
        [sample()], documents=[document("stations", b"after"), document("newcomers", bytes(MAX_DOCUMENT_BYTES + 1))]
    )
    bodies = batch.take([DeviceFacts(DeviceId("sw-1"), DeviceKind.SWITCH, AT)])
    assert [type(body) for body in bodies] == [FactsBody, DocumentBody, DocumentBody, SamplesBody]
    assert [body.document.content for body in bodies if isinstance(body, DocumentBody)] == [b"after", b"sysname"]
    assert batch.dropped == {"document_too_large": 1}
    assert batch.is_empty


@given(
    st.lists(
        st.builds(
            sample,
            st.floats(),
            st.integers(-(1 << 63), 1 << 63),
            st.sampled_from(["sw-1", "", "-", "sw 2"]),
            st.text(max_size=5),
        ),
        max_size=20,
    )
)
def test_whatever_is_added_every_frame_is_readable(samples: list[Sample]) -> None:
    batch = Batch(7)
    batch.add(samples)
    count = 0
    for body in batch.take([]):
        frame = decode_frame(encode_frame(Frame(SiteId("s"), AgentId("a"), 1, 1, AT, body)))
        assert isinstance(frame.body, SamplesBody)
        count += len(read_columns(frame.body, len(read_dictionary(frame.body.dictionary))).value)
    assert count + batch.dropped.total() == len(samples)
