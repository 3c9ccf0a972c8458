"""What ingest needs beside a store: a registrar, a judge, keepers of events and documents; and a store made to fail."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from campus.errors import Transient
from campus.ids import DeviceId, SiteId
from campus.samples import DeviceFacts, Document, Event
from campus.topics import Address
from controller.ingest.port import Committed
from controller.store.port import Batch, FrameMark
from tests.fakes.memory_store import MemoryStore


class MemoryRegistrar:
    """Knows what it was told. `is_away` makes it refuse to learn, `refused` are devices whose facts it will not have."""

    def __init__(self, *addresses: Address) -> None:
        self.enrolled = set(addresses)
        self.devices: set[tuple[SiteId, DeviceId]] = set()
        self.notes: dict[Address, dict[str, object]] = defaultdict(dict)
        self.is_away = False
        self.refused: set[DeviceId] = set()

    def is_enrolled(self, address: Address) -> bool:
        """As told."""
        return address in self.enrolled

    def is_known(self, site: SiteId, device: DeviceId) -> bool:
        """As learnt."""
        return (site, device) in self.devices

    def learn_facts(self, address: Address, facts: Sequence[DeviceFacts], now: int) -> None:
        """Remember the devices."""
        if self.is_away:
            raise Transient("the registry is away")
        self.devices |= {(address.site, one.device) for one in facts if one.device not in self.refused}

    def note_agent(
        self,
        address: Address,
        *,
        online: bool | None = None,
        version: str | None = None,
        spool_bytes: int | None = None,
    ) -> None:
        """Remember what is not None."""
        words = {"online": online, "version": version, "spool_bytes": spool_bytes}
        self.notes[address] |= {name: value for name, value in words.items() if value is not None}

    def note_frames(self, addresses: Iterable[Address], at: int) -> None:
        """Remember it of each."""
        for address in addresses:
            self.notes[address] |= {"last_frame_at": at}


class RecordingJudge:
    """Keeps what it was given; `fails` makes it raise afterwards."""

    def __init__(self) -> None:
        self.committed: list[Committed] = []
        self.fails = False

    def judge(self, committed: Committed) -> None:
        """Keep it."""
        self.committed.append(committed)
        if self.fails:
            raise ValueError("a mistake in a rule")

    @property
    def samples(self) -> int:
        """How many it was given."""
        return int(np.sum([len(one.series) for one in self.committed]))


class RecordingEvents:
    """Keeps events."""

    def __init__(self) -> None:
        self.events: list[tuple[Address, Event]] = []

    def note_events(self, address: Address, mark: FrameMark, events: Sequence[Event]) -> None:
        """Keep them."""
        self.events += [(address, event) for event in events]


class RecordingDocuments:
    """Keeps documents; `trouble` makes it refuse them."""

    def __init__(self) -> None:
        self.kept: list[tuple[Address, Document]] = []
        self.trouble: Exception | None = None

    def keep_document(self, address: Address, document: Document, received_at: int) -> None:
        """Keep it."""
        if self.trouble:
            raise self.trouble
        self.kept.append((address, document))


class FlakyStore(MemoryStore):
    """A memory store whose next appends raise what `failures` holds, one each."""

    def __init__(self) -> None:
        super().__init__()
        self.failures: list[Exception] = []
        self.is_away = False
        self.poisonous: float | None = None
        """A batch with this value can never be stored, by a mistake nobody foresaw."""
        self.attempts = 0

    def append(self, batch: Batch) -> None:
        """Fail first, then append."""
        self.attempts += 1
        if self.is_away:
            raise Transient("the store is away")
        if self.failures:
            raise self.failures.pop(0)
        if self.poisonous is not None and (batch.value == self.poisonous).any():
            raise ZeroDivisionError("nobody foresaw this")
        super().append(batch)
