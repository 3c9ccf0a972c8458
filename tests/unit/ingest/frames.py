"""Frames for tests of ingest, and a pipeline with fakes around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, Sample, SeriesKey
from campus.topics import Address
from campus.wire.codec import encode_frame
from campus.wire.frame import Body, FactsBody, Frame
from campus.wire.pack import pack_samples
from controller.ingest.counters import IngestCounters
from controller.ingest.dead_letters import DeadLetters
from controller.ingest.group import Arrived
from controller.ingest.pipeline import Pipeline
from tests.fakes.ingest_neighbours import FlakyStore, MemoryRegistrar, RecordingDocuments, RecordingEvents

NOW = 1_790_000_000_000
NO_1 = Address(SiteId("no-1"), AgentId("no-1"))
NO_2 = Address(SiteId("no-2"), AgentId("no-2"))


def sample(device: str = "sw-1", metric: str = "cpu_percent", value: float = 20.0, at: int = NOW - 1000) -> Sample:
    """One sample without an instance."""
    return Sample(SeriesKey(DeviceId(device), MetricId(metric), Instance("")), at, value)


def frame(
    number: int, body: Body | Sequence[Sample], address: Address = NO_1, epoch: int = 1, sent_at: int = NOW
) -> bytes:
    """An encoded frame; samples may be given as they are."""
    packed = pack_samples(body) if isinstance(body, list | tuple) else body
    return encode_frame(
        Frame(site=address.site, agent=address.agent, epoch=epoch, number=number, sent_at=sent_at, body=packed)  # type: ignore[arg-type]
    )


def facts(*devices: str) -> FactsBody:
    """Facts of switches."""
    return FactsBody([DeviceFacts(device=DeviceId(name), kind=DeviceKind.SWITCH, observed_at=NOW) for name in devices])


def arrived(payload: bytes, address: Address = NO_1) -> Arrived:
    """A frame just received on its address's topic."""
    return Arrived(address, payload, NOW)


@dataclass
class Bench:
    """A pipeline among fakes; `now` is its clock."""

    directory: Path
    store: FlakyStore = field(default_factory=FlakyStore)
    registrar: MemoryRegistrar = field(default_factory=lambda: MemoryRegistrar(NO_1, NO_2))
    events: RecordingEvents = field(default_factory=RecordingEvents)
    documents: RecordingDocuments = field(default_factory=RecordingDocuments)
    counters: IngestCounters = field(default_factory=IngestCounters)
    now: int = NOW
    believed: Callable[[int], int] = lambda now: now

    def __post_init__(self) -> None:
        self.registrar.devices |= {(NO_1.site, DeviceId("sw-1")), (NO_2.site, DeviceId("sw-1"))}
        self.dead_letters = DeadLetters(self.directory, self.counters)
        self.pipeline = Pipeline(
            self.store,
            self.registrar,
            self.events,
            self.dead_letters,
            self.counters,
            lambda: self.now,
            keep_days=35,
            documents={"stations": self.documents},
            believed=self.believed,
        )
