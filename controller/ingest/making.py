"""Samples that the controller itself makes, on their way to the store: they come in beside the frames, for the store has one
writer. They have no marks, are acknowledged to nobody and judged by no rule.
"""

import threading
from collections import deque
from typing import Final

from controller.figure import Figure
from controller.ingest.model import Made
from controller.store.port import Batch, SampleStore

MOST_WAITING: Final = 64
"""About an hour of them, while the store is away; then the oldest are let go."""


class Making:
    """Any thread brings; the one thread that writes to the store takes. Thread-safe."""

    def __init__(self) -> None:
        self._waiting: deque[Made] = deque()
        self._lock = threading.Lock()
        self._stored = 0
        self._dropped = 0

    def keep(self, made: Made) -> None:
        """Have rows stored after what was brought before; does not wait for it."""
        with self._lock:
            self._waiting.append(made)
            while len(self._waiting) > MOST_WAITING:
                self._dropped += len(self._waiting.popleft().series)

    def take(self) -> Made | None:
        """What was brought first, if anything waits."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def store(self, made: Made, store: SampleStore) -> None:
        """One commit; `Transient` when the store is away, and then nothing was kept."""
        ids = store.series_ids(made.names)
        store.append(Batch([], ids[made.series], made.measured_at, made.value))
        self._stored += len(made.series)

    def figures(self) -> list[Figure]:
        """What `/metrics` says."""
        return [
            Figure("ingest_own_samples_total", "Samples stored that the controller itself made", self._stored),
            Figure(
                "ingest_own_samples_dropped_total",
                "Samples the controller made and let go because the store was away too long",
                self._dropped,
            ),
        ]
