"""Which of the devices heard over MQTT are there. Pure: told what was heard, it says what `reachable` is.

Three things tell: a device that speaks is there; one whose availability topic (its last will) says so is there or gone, at once
and however long it is silent; one that no such topic speaks for is gone when it is silent for too long. Where the gateway that
speaks for a device is gone, so is the device. Only a listener that is connected can tell any of this: while the school's broker
is away nothing is known, and what was known before is asked anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey

MAX_DEVICES = 2000
"""That one agent hears of. What is beyond is no school's equipment but a flood of topics."""
_REACHABLE = MetricId("reachable")
_DEEPEST = 4
"""Gateways behind gateways, before a chain is taken for a loop."""


class Sign(Enum):
    """What a message says of whether a device is there."""

    SPOKE = "spoke"
    """It has just said something."""
    ONLINE = "online"
    """It is there until the contrary is said."""
    OFFLINE = "offline"
    KNOWN = "known"
    """There is such a device. Retained messages say that: they may be as old as the broker."""


@dataclass
class _Voice:
    via: str = ""
    """Name of the listener that heard of it last; empty when none ever did."""
    heard_s: float = 0.0
    silence_s: float = 0.0
    """How long it may be silent; 0 stands for as long as any."""
    is_online: bool | None = None
    """What its availability says; None when nothing does."""
    has_spoken: bool = False
    """Since the listener, or its gateway, was connected."""
    gateway: DeviceId | None = None
    told: bool | None = None
    told_s: float = 0.0


class Presence:
    """`reachable` of every device that was ever heard of, and of those the configuration expects."""

    def __init__(self, expected: Iterable[DeviceId], silence_s: float, repeat_s: float) -> None:
        self._silence_s = silence_s
        self._repeat_s = repeat_s
        self._connected_s: dict[str, float] = {}
        self._voices = {device: _Voice() for device in expected}
        self._behind: dict[DeviceId, set[DeviceId]] = {}

    def __len__(self) -> int:
        return len(self._voices)

    def admits(self, device: DeviceId) -> bool:
        """Whether it is known, or there is room for one more."""
        return device in self._voices or len(self._voices) < MAX_DEVICES

    def speaks_through(self, device: DeviceId) -> str:
        """The gateway that speaks for a device, else the name of the listener that heard it; empty when none ever did."""
        voice = self._voices.get(device, _Voice())
        return voice.gateway or voice.via

    def connected(self, via: str, now_s: float) -> None:
        """A listener hears again; silence is counted from now."""
        self._connected_s[via] = now_s

    def disconnected(self, via: str) -> bool:
        """A listener hears nothing any more; whether it did until now."""
        for voice in self._voices.values():
            if voice.via == via:
                voice.is_online, voice.has_spoken = None, False
        return self._connected_s.pop(via, None) is not None

    def note(
        self,
        device: DeviceId,
        sign: Sign,
        via: str,
        now_s: float,
        now: int,
        *,
        gateway: DeviceId | None = None,
        silence_s: float = 0.0,
    ) -> list[Sample]:
        """What follows from a message: ``reachable`` of the device, and of those behind it, where it is new or changed.

        It is told again every `repeat_s`. A device that speaks shows that its gateway is there. What a message leaves out,
        gateway or `silence_s`, stays as another said it.
        """
        voice = self._voices.setdefault(device, _Voice())
        voice.via, voice.silence_s = via, silence_s or voice.silence_s
        self._place(device, voice, gateway or voice.gateway)
        samples = self._note_speaking(voice, now_s, now) if sign is Sign.SPOKE else []
        was_up = self._is_up(voice, now_s)
        if sign is Sign.SPOKE:
            voice.heard_s, voice.has_spoken = now_s, True
            voice.is_online = voice.is_online or None  # who speaks is not gone, whatever was said of it
        elif sign is not Sign.KNOWN:
            voice.heard_s, voice.is_online = now_s, sign is Sign.ONLINE
        if was_up is False and self._is_up(voice, now_s):
            self._ask_anew(device, now_s)
        return samples + self._told(device, now_s, now, {device})

    def due(self, now_s: float, now: int) -> list[Sample]:
        """``reachable`` 0 of devices that fell silent, at once and then every `repeat_s`; ask about once a second.

        And 1, as often, of those that may well be silent for longer than others.
        """
        samples = []
        for device, voice in self._voices.items():
            is_up = self._is_up(voice, now_s)
            if is_up is False or (is_up and (voice.is_online or voice.silence_s > self._silence_s)):
                samples += self._say(device, voice, now_s, now, is_up=is_up)
        return samples

    def _place(self, device: DeviceId, voice: _Voice, gateway: DeviceId | None) -> None:
        if gateway == voice.gateway or gateway == device:
            return
        if voice.gateway is not None:
            self._behind[voice.gateway].discard(device)
        if gateway is not None:
            self._behind.setdefault(gateway, set()).add(device)
        voice.gateway = gateway

    def _note_speaking(self, voice: _Voice, now_s: float, now: int) -> list[Sample]:
        """A device that speaks does so through its gateway, whatever was said of that one."""
        gateway = self._voices.get(voice.gateway) if voice.gateway else None
        if gateway is None or voice.gateway is None:
            return []
        if self._is_up(gateway, now_s) is False:
            self._ask_anew(voice.gateway, now_s)
        gateway.heard_s, gateway.has_spoken = now_s, True
        gateway.is_online = gateway.is_online or None
        return self._told(voice.gateway, now_s, now, {voice.gateway})

    def _ask_anew(self, gateway: DeviceId, now_s: float) -> None:
        """Of what stands behind a gateway that has come back nothing is known but what is said to be online."""
        for device in self._behind.get(gateway, ()):
            voice = self._voices[device]
            voice.heard_s, voice.has_spoken = now_s, False

    def _is_up(self, voice: _Voice, now_s: float, depth: int = 0) -> bool | None:
        """None while nothing is known."""
        gateway = self._voices.get(voice.gateway) if voice.gateway else None
        if voice.is_online is False:
            return False
        if gateway and depth < _DEEPEST and self._is_up(gateway, now_s, depth + 1) is False:
            return False
        since_s = self._listening_since_s(voice.via)
        if since_s is None:
            return None
        if voice.is_online:
            return True
        if now_s - max(since_s, voice.heard_s) >= (voice.silence_s or self._silence_s):
            return False
        return True if voice.has_spoken else None

    def _listening_since_s(self, via: str) -> float | None:
        if via:
            return self._connected_s.get(via)
        return max(self._connected_s.values(), default=None)

    def _told(self, device: DeviceId, now_s: float, now: int, seen: set[DeviceId]) -> list[Sample]:
        """What is to be said of a device and, where that changed, of all behind it."""
        voice = self._voices[device]
        before, is_up = voice.told, self._is_up(voice, now_s)
        if is_up is None:
            return []
        samples = self._say(device, voice, now_s, now, is_up=is_up)
        if before is not is_up:
            for child in sorted(self._behind.get(device, set()) - seen):
                samples += self._told(child, now_s, now, seen | {child})
        return samples

    def _say(self, device: DeviceId, voice: _Voice, now_s: float, now: int, *, is_up: bool) -> list[Sample]:
        if voice.told is is_up and now_s - voice.told_s < self._repeat_s:
            return []
        voice.told, voice.told_s = is_up, now_s
        return [Sample(SeriesKey(device, _REACHABLE, Instance("")), now, float(is_up))]
