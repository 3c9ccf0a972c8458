"""Who may come in: each agent's share of frames and bytes, looked at before a byte is decoded.

What is over the share is confirmed to the broker, so that its queue moves on, and neither taken nor acknowledged to the
agent: that one keeps it and sends it again, later. Knows nothing of MQTT and stores nothing.
"""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from campus.topics import Address, Leg
from campus.wire.frame import MAX_COMPRESSED_BYTES
from controller.ingest.limits import Limits

BURST_S: Final = 20.0
"""An agent that was quiet may send as much at once as it may send in this time: a broker hands over what it queued."""
LIMITED_FOR_S: Final = 60.0
"""An agent is named as limited until nothing of it was refused for this long."""
MOST_METERS: Final = 10_000
"""Agents remembered; the one unheard the longest is forgotten first, and begins with a full share again."""


class Refusal(StrEnum):
    """Why a message is not taken: the label of its counter."""

    TOO_LARGE = "too_large"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_MANY_BYTES = "too_many_bytes"


@dataclass(frozen=True)
class Limited:
    """An agent that was refused frames lately. Seconds of the door's clock."""

    since_s: float
    last_s: float
    frames: int
    size_bytes: int


class _Meter:
    """Two token buckets; that of bytes may go into debt by one frame."""

    __slots__ = ("at_s", "frames", "size_bytes")

    def __init__(self, frames: float, size_bytes: float, at_s: float) -> None:
        self.frames = frames
        self.size_bytes = size_bytes
        self.at_s = at_s


class Door:
    """Asked by the one thread that receives; `limited` and `refused` may be read by any."""

    def __init__(self, limits: Limits, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.refused: Counter[str] = Counter()
        """Messages not taken, by `Refusal`."""
        self._frames_per_s = limits.frames_per_s
        self._bytes_per_s = limits.bytes_per_s
        self._clock_s = clock_s
        self._meters: OrderedDict[tuple[Address, Leg], _Meter] = OrderedDict()
        self._limited: dict[Address, Limited] = {}
        self._lock = threading.Lock()

    def refusal(self, address: Address, leg: Leg, size_bytes: int) -> Refusal | None:
        """Why a message that has just come is not taken; None when it is. Each leg has a share of its own."""
        now_s = self._clock_s()
        meter = self._meter(address, leg, now_s)
        if size_bytes > MAX_COMPRESSED_BYTES:
            reason = Refusal.TOO_LARGE
        elif meter.frames < 1:
            reason = Refusal.TOO_MANY_FRAMES
        elif meter.size_bytes <= 0:
            reason = Refusal.TOO_MANY_BYTES
        else:
            meter.frames -= 1
            meter.size_bytes -= size_bytes
            return None
        self._note(address, reason, size_bytes, now_s)
        return reason

    def limited(self) -> dict[Address, Limited]:
        """Agents refused lately; those that keep their share again are forgotten."""
        now_s = self._clock_s()
        with self._lock:
            for address in [who for who, told in self._limited.items() if now_s - told.last_s > LIMITED_FOR_S]:
                del self._limited[address]
            return self._limited.copy()

    def _meter(self, address: Address, leg: Leg, now_s: float) -> _Meter:
        key = (address, leg)
        meter = self._meters.get(key)
        most_frames, most_bytes = self._frames_per_s * BURST_S, self._bytes_per_s * BURST_S
        if meter is None:
            meter = self._meters[key] = _Meter(most_frames, most_bytes, now_s)
            if len(self._meters) > MOST_METERS:
                self._meters.popitem(last=False)
            return meter
        passed_s = now_s - meter.at_s
        meter.frames = min(most_frames, meter.frames + self._frames_per_s * passed_s)
        meter.size_bytes = min(most_bytes, meter.size_bytes + self._bytes_per_s * passed_s)
        meter.at_s = now_s
        self._meters.move_to_end(key)
        return meter

    def _note(self, address: Address, reason: Refusal, size_bytes: int, now_s: float) -> None:
        self.refused[reason] += 1
        with self._lock:
            before = self._limited.get(address)
            if before is None or now_s - before.last_s > LIMITED_FOR_S:
                if len(self._limited) < MOST_METERS:
                    self._limited[address] = Limited(now_s, now_s, 1, size_bytes)
                return
            self._limited[address] = Limited(before.since_s, now_s, before.frames + 1, before.size_bytes + size_bytes)
