"""What a frame holds, and the limits every reader enforces.

A frame decodes by itself: no table that both sides must remember. Numbers only grow within an epoch; the pair
(site, agent, epoch, number) names a frame for ever, and a commit is idempotent on it.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from campus.errors import Poison
from campus.ids import AgentId, SiteId
from campus.samples import DeviceFacts, Document, Event

MAX_COMPRESSED_BYTES: Final = 1 << 20
MAX_FRAME_BYTES: Final = 4 << 20
"""After decompression. A bomb that claims more is refused before a byte is allocated for it."""
MAX_SAMPLES: Final = 65_536
MAX_SERIES: Final = 65_535
MAX_DEVICES: Final = 4_096
MAX_EVENTS: Final = 16_384
MAX_DOCUMENT_BYTES: Final = 960 << 10
"""Of content: even what cannot be compressed fits in a message."""
MAX_RUNS: Final = 65_536
MAX_ARGUMENTS: Final = 64
EARLIEST_MS: Final = 946_684_800_000
"""2000-01-01: a clock before it was never set."""
LATEST_MS: Final = 4_102_444_800_000
"""2100-01-01."""
MAX_HOLD_S: Final = 3_600
MAX_FRAME_NUMBER: Final = (1 << 63) - 1
HELLO_NUMBER: Final = 0
"""Not a frame's place in a spool: those count from 1."""


class FrameError(Poison):
    """Bytes that are not a frame; `reason` is one of `FRAME_ERRORS`."""


FRAME_ERRORS: Final = frozenset(
    {
        "not_a_frame",
        "too_large",
        "corrupt",
        "bad_version",
        "bad_shape",
        "bad_dictionary",
        "bad_columns",
        "bad_index",
        "bad_time",
        "not_finite",
        "bad_id",
    }
)


class SamplesBody(msgspec.Struct, frozen=True, tag="samples", tag_field="kind"):
    """`count` samples in columns; all buffers little-endian.

    dictionary
        MessagePack of `SeriesDictionary`. Equal series lists give equal bytes, so a reader may cache by its hash.
    series
        `count` x i32: index into the dictionary, each as the difference to the one before (the first to 0).
    measured_at
        `count` x i64: milliseconds since 1970-01-01 UTC, each as the difference to the one before (the first to 0).
    value
        `count` x f64 (IEEE 754), finite, in the metric's unit.
    """

    count: int
    dictionary: bytes
    series: bytes
    measured_at: bytes
    value: bytes


Words = Annotated[list[str], Meta(max_length=MAX_SERIES)]
"""Bounded before the first word is read: four million empty words would fit in one frame."""


class SeriesDictionary(msgspec.Struct, frozen=True):
    """The series of a frame: three lists of distinct words and, per series, three u16 little-endian indices into them."""

    devices: Words
    metrics: Words
    instances: Words
    device: bytes
    metric: bytes
    instance: bytes


class FactsBody(msgspec.Struct, frozen=True, tag="facts", tag_field="kind"):
    """Slow properties of devices, each whole."""

    devices: Annotated[list[DeviceFacts], Meta(max_length=MAX_DEVICES)]


class EventsBody(msgspec.Struct, frozen=True, tag="events", tag_field="kind"):
    """Moments, oldest first."""

    events: Annotated[list[Event], Meta(max_length=MAX_EVENTS)]


class DocumentBody(msgspec.Struct, frozen=True, tag="document", tag_field="kind"):
    """One large, slow thing read of a device."""

    document: Document


class HelloBody(msgspec.Struct, frozen=True, tag="hello", tag_field="kind"):
    """First frame of a connection: who the agent is and what it still keeps.

    `oldest_kept` is the lowest frame number still in the spool; numbers below it will never come. An agent that does not
    spool its hello gives it the number `HELLO_NUMBER`: it is heard every time, and never acknowledged.
    """

    version: str
    oldest_kept: int
    spool_bytes: int = 0
    devices: int = 0


class AckBody(msgspec.Struct, frozen=True, tag="ack", tag_field="kind"):
    """Controller to agent: these frames of this epoch are stored. `runs` are inclusive [first, last], sorted, disjoint.

    Every hello is answered with one, perhaps without runs, so that the agent learns at once what time it is (`sent_at` of
    the frame) and how much is wanted. `hold_backlog_s`: send nothing that waited but facts for so many seconds, counted from
    hearing this. `hold_s`: nothing at all, keep it in the spool. Each ack replaces what the one before asked; 0 lifts it.
    """

    epoch: int
    runs: Annotated[list[tuple[int, int]], Meta(max_length=MAX_RUNS)]
    hold_s: int = 0
    hold_backlog_s: int = 0


class CommandBody(msgspec.Struct, frozen=True, tag="command", tag_field="kind"):
    """Controller to agent: do something. `name` is one of a fixed list; unknown ones are answered with a failure."""

    id: str
    name: str
    arguments: Annotated[dict[str, str], Meta(max_length=MAX_ARGUMENTS)] = {}


class ResultBody(msgspec.Struct, frozen=True, tag="result", tag_field="kind"):
    """Agent to controller: how a command ended."""

    id: str
    ok: bool
    text: str = ""


Body = SamplesBody | FactsBody | EventsBody | DocumentBody | HelloBody | AckBody | CommandBody | ResultBody


class Frame(msgspec.Struct, frozen=True):
    """One unit of delivery. `sent_at` is when its sender sealed it, in milliseconds UTC by the sender's clock."""

    site: SiteId
    agent: AgentId
    epoch: int
    number: int
    sent_at: int
    body: Body
    v: int = 1
