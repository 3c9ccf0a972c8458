"""A device that shouts: how much of it is heard and told, and one sentence about the rest. Pure.

A limit stands before decoding, so a thousand datagrams a second cost next to nothing, and others behind it, which only what
was proven spends: nobody can use up in a device's name what the device itself may say.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.traps.meaning import UNKNOWN_TRAP
from campus.samples import Event, Severity

BURST = 100
"""Traps of one device that are told at once: a switch that restarts says as much of its ports."""
RATE_PER_S = 2.0
"""And then on average."""
READ_BURST, READ_PER_S = 2 * BURST, 10.0
"""Datagrams from a device's addresses that are read, whoever sent them."""
STRANGERS = ""
"""All senders that are no device of ours share the place of one."""
STRANGERS_BURST = 20
INFO_BURST, INFO_PER_H = 100, 60
"""Events of one kind of one device that only inform: the event log of a school is bounded, and has to last for all of them."""
QUIET_S = 10.0
"""A storm is over when nothing was folded for so long."""
TELL_EVERY_S = 60.0
"""A storm that does not end, or comes again, is told of so often at first, and after twice as long each time."""
TELL_AT_LEAST_EVERY_S = 3600.0
SAME_WITHIN_S = 60.0
MAX_REMEMBERED = 2_000


class Storm(NamedTuple):
    """What was folded of a sender, and over how long."""

    sender: str
    folded: int
    lasted_s: float


class _Bucket:
    """Tokens that come at a rate, and of which a burst may lie ready."""

    def __init__(self, burst: float, per_s: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._level = burst
        self._filled_s = -math.inf

    def take(self, now_s: float) -> bool:
        """Whether there is one."""
        self._level = min(self._burst, self._level + self._per_s * (now_s - self._filled_s))
        self._filled_s = now_s
        if self._level < 1:
            return False
        self._level -= 1
        return True


@dataclass
class _Sender:
    """The limits of a sender, and what they have folded since it was last told of."""

    read: _Bucket
    told: _Bucket = field(default_factory=lambda: _Bucket(BURST, RATE_PER_S))
    informed: dict[str, _Bucket] = field(default_factory=dict)
    """By kind of event."""
    unread: int = 0
    proven: int = 0
    began_s: float = 0.0
    last_s: float = -math.inf
    is_storming: bool = False
    told_s: float = -math.inf
    pause_s: float = TELL_EVERY_S

    def fold(self, now_s: float) -> None:
        if not self.proven:
            self.began_s = now_s
        self.proven += 1
        self.last_s = now_s


class Limits:
    """What each sender may say. Senders are devices of the configuration and `STRANGERS`, so there are few."""

    def __init__(self) -> None:
        self._senders: dict[str, _Sender] = {}

    def admits(self, sender: str, now_s: float) -> bool:
        """Whether the next datagram is read at all. Nobody knows yet who sent it."""
        one = self._sender(sender)
        if one.read.take(now_s):
            return True
        if now_s - one.last_s >= QUIET_S and not one.proven:
            one.unread = 0  # all of a flood in which the device itself had no part
        one.unread += 1
        return False

    def may_tell(self, device: str, now_s: float) -> bool:
        """Whether the device, which has proven to be it, may say something; if not it storms, and that is folded."""
        one = self._sender(device)
        if one.told.take(now_s):
            return True
        one.is_storming = True
        one.fold(now_s)
        return False

    def may_inform(self, event: Event, now_s: float) -> bool:
        """Whether an event is told that is worth telling: one that only informs may be folded."""
        if event.severity is not Severity.INFO:
            return True
        one = self._sender(event.device)
        if one.informed.setdefault(event.kind, _Bucket(INFO_BURST, INFO_PER_H / 3600)).take(now_s):
            return True
        one.fold(now_s)
        return False

    def is_storming(self, sender: str) -> bool:
        """Whether the sender said too much at once and has not been quiet since."""
        one = self._senders.get(sender)
        return one is not None and one.is_storming

    def ended(self, now_s: float) -> list[str]:
        """Who storms no more, each once."""
        quiet = [name for name, one in self._senders.items() if one.is_storming and now_s - one.last_s >= QUIET_S]
        for name in quiet:
            self._senders[name].is_storming = False
        return quiet

    def told(self, now_s: float) -> list[Storm]:
        """What to tell of now: what was folded of devices that are quiet, or that go on for long. Each is told once."""
        storms = []
        for name, one in self._senders.items():
            is_whole = now_s - one.last_s >= QUIET_S or now_s - one.began_s >= TELL_EVERY_S
            if one.proven and is_whole and now_s - one.told_s >= one.pause_s:
                storms.append(Storm(name, one.proven + one.unread, one.last_s - one.began_s))
                is_again = now_s - one.told_s < 2 * TELL_AT_LEAST_EVERY_S
                one.pause_s = min(2 * one.pause_s, TELL_AT_LEAST_EVERY_S) if is_again else TELL_EVERY_S
                one.proven, one.unread, one.told_s = 0, 0, now_s
        return storms

    def _sender(self, name: str) -> _Sender:
        if name not in self._senders:
            limit = (STRANGERS_BURST, RATE_PER_S) if name == STRANGERS else (READ_BURST, READ_PER_S)
            self._senders[name] = _Sender(_Bucket(*limit))
        return self._senders[name]


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

    def forget(self, event: Event) -> None:
        """The event was not told after all: when it is said again it is no repetition."""
        self._told.pop(_subject(event), None)


def _subject(event: Event) -> tuple[str, ...]:
    if event.kind == UNKNOWN_TRAP:
        oid, _, _ = event.text.partition(":")  # what it carries differs from one to the next
        return event.device, event.kind, oid
    stem, _, side = event.kind.rpartition("_")
    if side in {"up", "down"}:
        return event.device, stem, event.instance
    return event.device, event.kind, event.instance, event.text


def _words(event: Event) -> tuple[str, str]:
    return event.kind, "" if event.kind == UNKNOWN_TRAP else event.text
