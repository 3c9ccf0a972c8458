"""The words of the spool: what a frame is worth, how far it has come, what a file holds, and what can go wrong with it. Pure."""

from enum import Enum, IntEnum
from typing import NamedTuple, Protocol

from campus.errors import Transient

FRAME_OVERHEAD_BYTES = 160
"""What a row, its payload's row and its index entry cost on disk beside the payload."""


class DiskFull(Transient):
    """Nothing of this call was kept; the file is as it was before. The same call works when there is room."""


class SpoolDamaged(Transient):
    """The file can no longer be read. `SpoolFile.replace_damaged` moves it aside, after which the same call works."""


class Worth(IntEnum):
    """What a frame holds, in the order in which it goes when something must."""

    SAMPLES = 0
    THINNED = 1
    """Of a longer time the lowest and the highest samples only (`agent.spool.thin`)."""
    FACTS = 2
    """Facts and documents: each is whole, so the newer makes the older superfluous."""
    EVENTS = 3
    """Events, and answers to commands."""


class Progress(IntEnum):
    """How far a frame has come."""

    WAITING = 0
    """Never handed to a broker, for certain."""
    SENT = 1
    """Perhaps handed to a broker, so perhaps stored by the controller; sent until it says so."""
    ACKNOWLEDGED = 2
    """Stored by the controller; kept a while, in case that it loses its memory."""


class SpoolClock(Protocol):
    """The agent's clock as the spool needs it. Called from the event loop."""

    def __call__(self) -> int:
        """UTC milliseconds, as far as the agent knows."""

    @property
    def anchor_ms(self) -> int:
        """UTC milliseconds, by this clock, at the moment when CLOCK_BOOTTIME was zero."""

    @property
    def shift_ms(self) -> int:
        """What is added to the instants of bodies when they are sealed: they were stamped by a clock that lacks so much."""

    @property
    def is_confirmed(self) -> bool:
        """Whether the controller has confirmed the time in this process life."""


class Moment(NamedTuple):
    """What a `SpoolClock` said at one moment; by default the words of a clock of which nothing more is known."""

    at: int
    anchor_ms: int | None = None
    is_confirmed: bool = False


class Wanted(Enum):
    """What of the backlog is asked for, each rank before the next."""

    EVERYTHING = ((Worth.FACTS, Worth.EVENTS), (Worth.SAMPLES, Worth.THINNED))
    FACTS = ((Worth.FACTS,),)


class StoredFrame(NamedTuple):
    """One frame as it goes on the wire. `number` is unique in the file; (`epoch`, `number`) names these bytes for ever."""

    number: int
    epoch: int
    payload: bytes
    anchor_ms: int | None
    """The clock's anchor when the frame was sealed, if that was since the last boot; None when nothing follows from it."""


class SpoolState(NamedTuple):
    """What the file holds. Waiting is what the controller has not acknowledged; bytes count payloads and overhead."""

    epoch: int = 0
    frames: int = 0
    """That wait."""
    size_bytes: int = 0
    """Of those that wait."""
    oldest_at: int | None = None
    """When the oldest that waits was sealed."""
    oldest_kept: int = 1
    """The lowest number that waits, or the next one when none does."""
    next_number: int = 1
    acknowledged_frames: int = 0
    """Kept although the controller has them."""
    acknowledged_bytes: int = 0
    dropped_frames: int = 0
    dropped_points: int = 0
    thinned_points: int = 0
    """Left out where frames were thinned."""
    refused_events: int = 0
    damaged_files: int = 0
    """How often a file was found damaged and moved aside."""
