"""What ingest needs of its neighbours. It owns these ports; the registry, the alert engine and the event log fill them.

The judge is called in a thread of its own, all others in the one ingest thread. What they raise is logged and counted at the
thread's edge: a neighbour that fails can delay an alert, it can never lose or double a sample.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceFacts, Document, Event
from campus.topics import Address
from campus.wire.frame import ResultBody
from controller.store.port import FrameMark, Ids, Times, Values


class Committed(NamedTuple):
    """What one commit made durable: three columns of equal length in arrival order, never empty.

    `received_at` (UTC ms) is when the newest of its frames reached the controller: a sample measured long before it came
    out of a spool and must not raise a live alert.
    """

    series: Ids
    measured_at: Times
    value: Values
    received_at: int


class Judge(Protocol):
    """The alert engine as ingest sees it."""

    def judge(self, committed: Committed) -> None:
        """Look at everything one commit brought; called after it is durable and acknowledged."""


class Registrar(Protocol):
    """The registry as ingest sees it."""

    def is_enrolled(self, address: Address) -> bool:
        """Whether this agent may speak for this site; from memory."""

    def is_known(self, site: SiteId, device: DeviceId) -> bool:
        """Whether the device has been registered; from memory."""

    def learn_facts(self, address: Address, facts: Sequence[DeviceFacts], now: int) -> None:
        """Register or refresh devices, durable on return; idempotent."""

    def note_agent(
        self,
        address: Address,
        *,
        online: bool | None = None,
        version: str | None = None,
        spool_bytes: int | None = None,
    ) -> None:
        """Remember what is known of the agent; None leaves a property as it is."""

    def note_frames(self, addresses: Iterable[Address], at: int) -> None:
        """Remember that frames of these agents were stored at `at`. Cheap: called at every commit."""


class EventSink(Protocol):
    """Who keeps the moments that agents report."""

    def note_events(self, address: Address, mark: FrameMark, events: Sequence[Event]) -> None:
        """Keep the events of one frame, oldest first, durable on return: the frame is committed after it.

        Idempotent by `mark`: the same frame may come again after a crash. `Transient` when they cannot be kept now.
        """


class DocumentSink(Protocol):
    """Who keeps the documents of one kind."""

    def keep_document(self, address: Address, document: Document, received_at: int) -> None:
        """Keep it, durable on return: its frame is committed after it. Called in the ingest thread, so be quick.

        Idempotent: the same may come again after a crash. One that was observed before the one that is kept came out of a
        spool and is history. The device may not be registered (yet). `Transient` when it cannot be kept now, `Poison` when
        its content is not what its kind promises.
        """


class Listener(Protocol):
    """Who wants to know what agents say of themselves; each may be told the same twice."""

    def note_hello(self, address: Address, epoch: int, said_at: int, now: int) -> None:
        """A connection begins: `said_at` by the agent's clock, heard `now`."""

    def note_frame(self, address: Address, epoch: int, sealed_at: int, now: int) -> None:
        """Any other frame came, `sealed_at` by the agent's clock. Cheap: called for each."""

    def note_strangers(self, address: Address, waited_ms: int) -> None:
        """A frame is put off for devices the registry does not know; the first of them was named `waited_ms` ago. Cheap."""

    def note_result(self, address: Address, result: ResultBody) -> None:
        """A command ended."""
