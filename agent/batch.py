"""Readings gathered into frame bodies: facts before samples, bad readings left out and counted. Pure."""

import math
from collections import Counter, deque
from collections.abc import Sequence
from typing import TypeVar

from campus.ids import DeviceId, is_id, is_instance, is_metric_id
from campus.samples import DeviceFacts, Document, Event, Sample
from campus.wire.frame import EARLIEST_MS, LATEST_MS, MAX_DOCUMENT_BYTES, Body, DocumentBody, EventsBody, FactsBody
from campus.wire.pack import pack_samples

T = TypeVar("T")
FACTS_PER_FRAME = 16
EVENTS_PER_FRAME = 200
MAX_WAITING = 100_000
"""Samples, and as many events; beyond it the oldest are dropped. Reached only when the disk stands still for minutes."""


class Batch:
    """What waits to be sealed."""

    def __init__(self, samples_per_frame: int) -> None:
        self._samples_per_frame = samples_per_frame
        self._samples: deque[Sample] = deque(maxlen=MAX_WAITING)
        self._events: deque[Event] = deque(maxlen=MAX_WAITING)
        self._documents: dict[tuple[DeviceId, str], Document] = {}
        self.dropped: Counter[str] = Counter()
        """Samples left out, by reason, ``batch_full_events``, and ``document_too_large``."""

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        return not self._samples and not self._events and not self._documents

    @property
    def is_full(self) -> bool:
        """Enough samples for a frame wait."""
        return len(self._samples) >= self._samples_per_frame

    def add(self, samples: Sequence[Sample], events: Sequence[Event] = (), documents: Sequence[Document] = ()) -> None:
        """Take readings; one that no frame could carry is left out, its neighbours stay.

        Of two documents of one device and kind that wait the newer is enough.
        """
        for document in documents:
            if len(document.content) > MAX_DOCUMENT_BYTES:
                self.dropped["document_too_large"] += 1
            else:
                self._documents[document.device, document.kind] = document
        for sample in samples:
            reason = _fault(sample)
            if reason:
                self.dropped[reason] += 1
                continue
            if len(self._samples) == MAX_WAITING:
                self.dropped["batch_full"] += 1
            self._samples.append(sample)
        if (lost := len(self._events) + len(events) - MAX_WAITING) > 0:
            self.dropped["batch_full_events"] += lost
        self._events.extend(events)

    def take(self, facts: Sequence[DeviceFacts]) -> list[Body]:
        """Bodies for `facts` and for everything that waits, in the order in which they must arrive; may be empty."""
        bodies: list[Body] = [FactsBody(list(chunk)) for chunk in _chunks(facts, FACTS_PER_FRAME)]
        bodies += [DocumentBody(document) for document in self._documents.values()]
        bodies += [EventsBody(list(chunk)) for chunk in _chunks(list(self._events), EVENTS_PER_FRAME)]
        bodies += [pack_samples(chunk) for chunk in _chunks(list(self._samples), self._samples_per_frame)]
        self._documents.clear()
        self._events.clear()
        self._samples.clear()
        return bodies


def _fault(sample: Sample) -> str:
    key = sample.key
    if not math.isfinite(sample.value):
        return "not_finite"
    if not EARLIEST_MS <= sample.measured_at < LATEST_MS:
        return "bad_time"
    if not (is_id(key.device) and is_metric_id(key.metric) and is_instance(key.instance)):
        return "bad_name"
    return ""


def _chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
