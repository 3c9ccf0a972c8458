"""A device that shouts: how much of it is heard, and one sentence about the rest. Pure.

Limits stand before decoding, so a thousand datagrams a second cost next to nothing; what is folded is counted by sender.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from campus.samples import Event

BURST = 100
"""Datagrams of one sender that are heard at once: a switch that restarts says as much of its ports."""
RATE_PER_S = 2.0
"""And then on average."""
STRANGERS = ""
"""All senders that are no device of ours share the place of one."""
STRANGERS_BURST = 20
QUIET_S = 10.0
"""A storm is over when nothing was folded for so long."""
TELL_EVERY_S = 60.0
"""A storm that does not end is told of so often."""
SAME_WITHIN_S = 60.0
MAX_REMEMBERED = 2_000


class Storm(NamedTuple):
    """What was folded of a sender, and over how long."""

    sender: str
    folded: int
    lasted_s: float
    is_over: bool


@dataclass
class _Sender:
    level: float
    filled_s: float
    folded: int = 0
    began_s: float = 0.0
    last_s: float = 0.0


class Limits:
    """A token bucket for each sender. Senders are devices of the configuration and `STRANGERS`, so there are few."""

    def __init__(self) -> None:
        self._senders: dict[str, _Sender] = {}

    def admits(self, sender: str, now_s: float) -> bool:
        """Whether the next datagram is heard; if not it is counted as folded."""
        burst = STRANGERS_BURST if sender == STRANGERS else BURST
        one = self._senders.setdefault(sender, _Sender(burst, now_s))
        one.level = min(burst, one.level + RATE_PER_S * (now_s - one.filled_s))
        one.filled_s = now_s
        if one.level >= 1:
            one.level -= 1
            return True
        if not one.folded:
            one.began_s = now_s
        one.folded += 1
        one.last_s = now_s
        return False

    def is_storming(self, sender: str) -> bool:
        """Whether something of the sender was folded and not yet told."""
        one = self._senders.get(sender)
        return one is not None and one.folded > 0

    def told(self, now_s: float) -> list[Storm]:
        """Storms to tell of now: those that ended, and those that go on for `TELL_EVERY_S`; each is told once."""
        storms = []
        for name, one in self._senders.items():
            is_over = now_s - one.last_s >= QUIET_S
            if one.folded and (is_over or now_s - one.began_s >= TELL_EVERY_S):
                storms.append(Storm(name, one.folded, one.last_s - one.began_s, is_over))
                one.folded = 0
        return storms


class Repeats:
    """Recognises an event that was told already: devices send a trap several times, and once to each address we have.

    Of a pair such as link_down and link_up only the newest counts: a port that flaps is told as often as it flaps.
    """

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, ...], tuple[Event, float]] = OrderedDict()

    def has(self, event: Event, now_s: float) -> bool:
        """Note an event; whether the same was told less than `SAME_WITHIN_S` ago."""
        key = _subject(event)
        before, told_s = self._told.pop(key, (None, 0.0))
        is_same = before is not None and _words(before) == _words(event) and now_s - told_s < SAME_WITHIN_S
        self._told[key] = (event, told_s if is_same else now_s)
        if len(self._told) > MAX_REMEMBERED:
            self._told.popitem(last=False)
        return is_same


def _subject(event: Event) -> tuple[str, ...]:
    stem, _, side = event.kind.rpartition("_")
    if side in {"up", "down"}:
        return event.device, stem, event.instance
    return event.device, event.kind, event.instance, event.text


def _words(event: Event) -> tuple[str, str]:
    return event.kind, event.text
