"""Publishers that no profile understands: counted, and a bounded sample of them kept for the person who adds devices. Pure."""

import re
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

MAX_CANDIDATES = 200
SAMPLE_BYTES = 256
TOPIC_CHARS = 200
_OWN_NAME = re.compile(
    r"(?i)(?<![0-9a-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(?:0x)?(?=[a-f]*[0-9])[0-9a-f]{6,}|(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2})(?![0-9a-z])"
    r"|(?<![0-9a-z])[0-9]+|[0-9]+(?![0-9a-z])"
)
"""A UUID, a MAC address, another hexadecimal name of six digits or more, one of them decimal; or a number not within a word."""


class Candidate(NamedTuple):
    """What something publishes on, how often, why it is not understood, and the beginning of the last message.

    `topic` is a topic, or where many are alike their shape, with ``*`` for the parts that differ.
    """

    topic: str
    messages: int
    reason: str
    last_at: int
    sample: bytes


def topic_shape(topic: str) -> str:
    """A topic with ``*`` for its numbers, MAC addresses and other hexadecimal names, which tell alike devices apart.

    >>> topic_shape("acme/fridge-12/a4cf12b0c3d4/temp"), topic_shape("home/00:1A:2b:3c:4d:5e/rssi")
    ('acme/fridge-*/*/temp', 'home/*/rssi')
    """
    return _OWN_NAME.sub("*", topic[:TOPIC_CHARS])


class Candidates:
    """The `MAX_CANDIDATES` most recently heard topics; the one not heard for longest makes room."""

    def __init__(self) -> None:
        self._by_topic: OrderedDict[str, Candidate] = OrderedDict()
        self._first: dict[str, str] = {}
        """Shape to the one topic of it that is listed by its own name."""
        self.is_changed = False
        """Whether something was noted since the owner last set it to False."""

    def recall(self, before: Iterable[Candidate]) -> None:
        """Take what was kept before a restart."""
        for candidate in sorted(before, key=lambda each: each.last_at)[-MAX_CANDIDATES:]:
            self._by_topic[candidate.topic] = candidate
            self._first.setdefault(topic_shape(candidate.topic), candidate.topic)

    def note(self, topic: str, payload: bytes, reason: str, heard_at: int, shape: str = "") -> bool:
        """Count a message; whether its topic, or any of its `shape`, was not among the candidates before.

        Topics of one shape are one candidate. It bears the topic while there is one, and the shape from the second on.
        """
        topic = topic[:TOPIC_CHARS]
        self.is_changed = True
        name = self._named(topic, shape) if shape else topic
        before = self._by_topic.pop(name, None)
        if before is None and shape and (first := self._first.get(shape)):
            before = self._by_topic.pop(first, None)
        messages = before.messages + 1 if before else 1
        self._by_topic[name] = Candidate(name, messages, reason, heard_at, payload[:SAMPLE_BYTES])
        if shape:
            self._first[shape] = name
        if len(self._by_topic) > MAX_CANDIDATES:
            self._forget(next(iter(self._by_topic)))
        return before is None

    def forget_all_but(self, most: int, beginning: str) -> None:
        """Of the topics with this `beginning` keep the `most` that were heard last."""
        alike = [topic for topic in self._by_topic if topic.startswith(beginning)]
        for topic in alike[: max(0, len(alike) - most)]:
            self._forget(topic)

    def listed(self) -> list[Candidate]:
        """All that are kept, the loudest first."""
        return sorted(self._by_topic.values(), key=lambda candidate: (-candidate.messages, candidate.topic))

    def _named(self, topic: str, shape: str) -> str:
        first = self._first.get(shape, topic)
        return topic if first == topic and shape not in self._by_topic else shape

    def _forget(self, name: str) -> None:
        del self._by_topic[name]
        shape = topic_shape(name)
        if self._first.get(shape) == name:
            del self._first[shape]
