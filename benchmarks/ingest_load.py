"""What waits in the broker when the ingest benchmark's clock starts, and whether all of it has come to the store."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.district import District
from benchmarks.telemetry import School, bodies, polls, sealed
from campus.delivery import LATE_AFTER_MS
from campus.topics import Leg
from controller.store.port import Level

LIVE_MS = LATE_AFTER_MS // 2
"""Polls are drawn together so far that all samples are younger than this: the alert engine skips what is late."""
VARIANTS = 8
"""So many schools measure something of their own; the next ones measure the same again."""
IDS_AT_ONCE = 200_000
MOST_IN_FRAME = 1_000


class Load(NamedTuple):
    """What waits in the broker: topics and payloads of all schools in turn, and what must be in the store after it."""

    built_at: int
    messages: list[tuple[str, bytes]]
    samples: int
    total: float

    @property
    def wire_bytes(self) -> int:
        """Of all payloads."""
        return sum(len(payload) for _, payload in self.messages)


class Clock:
    """Runs as fast as any other, and is set to when a load was built before that load is measured."""

    def __init__(self, now: int) -> None:
        self.set(now)

    def set(self, now: int) -> None:
        """It is `now` (UTC ms) at this moment."""
        self._offset_ms = now - time.monotonic_ns() // 1_000_000

    def __call__(self) -> int:
        """UTC milliseconds."""
        return self._offset_ms + time.monotonic_ns() // 1_000_000


class Loads:
    """Loads one after the other, each measured in a span of time of its own."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._epoch = 0

    def next(self, owned: Sequence[School], frame: int, samples: int, fresh: float = 0.0) -> Load:
        """As `build_load`."""
        self._epoch += 1
        return build_load(owned, self._now + self._epoch * 2 * LIVE_MS, self._epoch, frame, samples, fresh)

    def even(self, owned: Sequence[School], samples: int) -> Load:
        """About `samples` samples, as many of each school, for a baseline."""
        frame = max(1, min(MOST_IN_FRAME, samples // len(owned)))
        return self.next(owned, frame, max(1, samples // (frame * len(owned))) * frame * len(owned))


def build_load(owned: Sequence[School], built_at: int, epoch: int, frame: int, samples: int, fresh: float) -> Load:
    """`samples` samples in frames of `frame`, of all schools in turn, measured within `LIVE_MS` before `built_at`."""
    each = -(-samples // frame // len(owned))
    rng = np.random.default_rng(epoch)
    rounds = -(-each // -(-len(owned[0].series) // frame))
    poll_ms = LIVE_MS // (rounds + 1)
    variants = []
    for school in owned[:VARIANTS]:
        read = polls(school, rounds, built_at - LIVE_MS, poll_ms, rng)
        variants.append(list(bodies(school, read, frame, fresh, rng))[:each])
    messages: list[tuple[str, bytes]] = []
    total = 0.0
    for number in range(each):
        for n, school in enumerate(owned[: samples // frame - len(messages)]):
            body, part = variants[n % len(variants)][number]
            payload = sealed(school.address, epoch, number + 1, built_at, body)
            messages.append((school.address.topic(Leg.UP), payload))
            total += part
    return Load(built_at, messages, len(messages) * frame, total)


def verify(district: District, load: Load) -> None:
    """Raise `RuntimeError` unless the store holds the samples of a load, by their number and sum."""
    rows, total = 0, 0.0
    known = district.store.figures().series
    for first in range(0, known, IDS_AT_ONCE):
        some = np.arange(first, min(known, first + IDS_AT_ONCE), dtype=np.int32)
        window = district.store.window(some, load.built_at - LIVE_MS, load.built_at + 1, Level.RAW)
        rows, total = rows + len(window.mean), total + float(window.mean.sum())
    if rows != load.samples or not np.isclose(total, load.total, rtol=1e-9):
        raise RuntimeError(
            f"the store holds {rows} samples with sum {total}, sent were {load.samples} with {load.total}"
        )
