"""Which of the devices heard over MQTT still speak. Pure: told what was heard, it says what `reachable` is.

A device can be called silent only by a listener that is connected: while the school's broker is away nothing is known.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey

_REACHABLE = MetricId("reachable")


@dataclass
class _Voice:
    heard_s: float
    via: str
    """Name of the listener that heard it last; empty when none ever did."""
    speaks: bool | None = None
    told_s: float = 0.0


class Presence:
    """`reachable` of every device that was ever heard, and of those the configuration expects."""

    def __init__(self, expected: Iterable[DeviceId], silence_s: float, repeat_s: float) -> None:
        self._silence_s = silence_s
        self._repeat_s = repeat_s
        self._connected_s: dict[str, float] = {}
        self._voices = {device: _Voice(heard_s=0.0, via="") for device in expected}

    def __len__(self) -> int:
        return len(self._voices)

    def connected(self, via: str, now_s: float) -> None:
        """A listener hears again; silence is counted from now."""
        self._connected_s[via] = now_s

    def disconnected(self, via: str) -> bool:
        """A listener hears nothing any more; whether it did until now."""
        return self._connected_s.pop(via, None) is not None

    def heard(self, device: DeviceId, via: str, now_s: float, now: int) -> list[Sample]:
        """Note that a device spoke; its ``reachable`` 1 when it is new, was silent, or was told `repeat_s` ago."""
        voice = self._voices.setdefault(device, _Voice(now_s, via))
        voice.heard_s, voice.via = now_s, via
        return self._told(device, voice, speaks=True, now_s=now_s, now=now)

    def silent(self, now_s: float, now: int) -> list[Sample]:
        """``reachable`` 0 of devices that fell silent, at once and then every `repeat_s`; ask about once a second."""
        samples = []
        for device, voice in self._voices.items():
            since_s = self._listening_since_s(voice.via)
            if since_s is not None and now_s - max(since_s, voice.heard_s) >= self._silence_s:
                samples += self._told(device, voice, speaks=False, now_s=now_s, now=now)
        return samples

    def _listening_since_s(self, via: str) -> float | None:
        if via:
            return self._connected_s.get(via)
        return max(self._connected_s.values(), default=None)

    def _told(self, device: DeviceId, voice: _Voice, *, speaks: bool, now_s: float, now: int) -> list[Sample]:
        if voice.speaks is speaks and now_s - voice.told_s < self._repeat_s:
            return []
        voice.speaks, voice.told_s = speaks, now_s
        return [Sample(SeriesKey(device, _REACHABLE, Instance("")), now, float(speaks))]
