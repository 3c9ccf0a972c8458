"""Hypothesis strategies for frames of every kind, the rawest way to write one, and reading as the controller reads."""

from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import strategies as st

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, Document, Event, Neighbour, PortFacts, Sample, SeriesKey, Severity
from campus.wire.codec import decode_frame
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import (
    EARLIEST_MS,
    FRAME_ERRORS,
    LATEST_MS,
    MAX_FRAME_NUMBER,
    AckBody,
    Body,
    CommandBody,
    DocumentBody,
    EventsBody,
    FactsBody,
    Frame,
    FrameError,
    HelloBody,
    ResultBody,
    SamplesBody,
)
from campus.wire.pack import pack_samples

AT = 1_790_000_000_000

ids = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
metric_ids = st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True)
instances = st.text(st.characters(exclude_categories=("C", "Z")), max_size=128)
words = st.text(max_size=40)
instants = st.integers(EARLIEST_MS, LATEST_MS - 1)
numbers = st.integers(0, MAX_FRAME_NUMBER)
finite = st.floats(allow_nan=False, allow_infinity=False)
keys = st.builds(SeriesKey, ids.map(DeviceId), metric_ids.map(MetricId), instances.map(Instance))
samples = st.builds(Sample, keys, instants, finite)
sample_lists = st.lists(samples, min_size=1, max_size=40)

ports = st.builds(PortFacts, instance=instances, alias=words, type=st.integers(0, 500), mac=words)
neighbours = st.builds(Neighbour, words, words, words, words)
facts = st.builds(
    DeviceFacts,
    device=ids.map(DeviceId),
    kind=st.sampled_from(DeviceKind),
    observed_at=instants,
    name=words,
    uplinks=st.lists(instances, max_size=3).map(tuple),
    uplink_capacity_bps=finite,
    ports=st.lists(ports, max_size=3).map(tuple),
    neighbours=st.lists(neighbours, max_size=3).map(tuple),
)
events = st.builds(
    Event,
    device=ids.map(DeviceId),
    occurred_at=instants,
    kind=words,
    text=words,
    severity=st.sampled_from(Severity),
    instance=instances,
)
documents = st.builds(
    Document, device=ids.map(DeviceId), kind=ids, observed_at=instants, content=st.binary(max_size=200)
)
runs = st.lists(numbers, unique=True, max_size=20).map(
    lambda ends: [(first, last) for first, last in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)]
)
bodies: st.SearchStrategy[Body] = st.one_of(
    sample_lists.map(pack_samples),
    st.builds(FactsBody, st.lists(facts, max_size=4)),
    st.builds(EventsBody, st.lists(events, max_size=4)),
    st.builds(DocumentBody, documents),
    st.builds(HelloBody, version=words, oldest_kept=numbers, spool_bytes=numbers, devices=numbers),
    st.builds(AckBody, epoch=numbers, runs=runs),
    st.builds(CommandBody, id=words, name=words, arguments=st.dictionaries(words, words, max_size=5)),
    st.builds(ResultBody, id=words, ok=st.booleans(), text=words),
)
frames = st.builds(
    Frame,
    site=ids.map(SiteId),
    agent=ids.map(AgentId),
    epoch=numbers,
    number=numbers,
    sent_at=instants,
    body=bodies,
)


def sample(
    device: str = "cold-1", metric: str = "temperature_cel", value: float = 4.2, at: int = AT, instance: str = ""
) -> Sample:
    """A good sample, or one that is wrong in the way a test wants."""
    return Sample(SeriesKey(DeviceId(device), MetricId(metric), Instance(instance)), at, value)


def frame_of(body: Body, number: int = 1, site: str = "no-3-primary", agent: str = "acme", epoch: int = 1) -> Frame:
    """A good frame around `body`."""
    return Frame(site=SiteId(site), agent=AgentId(agent), epoch=epoch, number=number, sent_at=AT, body=body)


def compressed(raw: bytes) -> bytes:
    """`raw` as one zstd frame, whatever it holds."""
    return zstandard.ZstdCompressor(write_content_size=True).compress(raw)


def raw_frame(body: dict[str, Any]) -> bytes:
    """A frame whose body is any map: what a hostile sender would write. `msgspec.Raw` stands for raw MessagePack."""
    return compressed(
        msgspec.msgpack.encode(
            {"site": "a", "agent": "a", "epoch": 1, "number": 1, "sent_at": AT, "v": 1, "body": body}
        )
    )


def refusal(payload: bytes) -> str:
    """Reason of the refusal, reading all the controller would read."""
    with pytest.raises(FrameError) as caught:
        read_whole(payload)
    return caught.value.reason


def read_whole(payload: bytes) -> Frame:
    """Decode one payload, columns and dictionary too."""
    frame = decode_frame(payload)
    if isinstance(frame.body, SamplesBody):
        read_columns(frame.body, len(read_dictionary(frame.body.dictionary)))
    return frame


def check_reason(error: FrameError, *among: str) -> None:
    """Fail unless the reason is one of those published (and one of `among`, when given)."""
    assert error.reason in (among or FRAME_ERRORS)
