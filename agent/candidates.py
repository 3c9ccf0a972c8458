"""Publishers that no profile understands: counted, and a bounded sample of them kept for the person who adds devices. Pure."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

MAX_CANDIDATES = 200
SAMPLE_BYTES = 256
TOPIC_CHARS = 200


class Candidate(NamedTuple):
    """A topic that something publishes on, how often, why it is not understood, and the beginning of the last message."""

    topic: str
    messages: int
    reason: str
    last_at: int
    sample: bytes


class Candidates:
    """The `MAX_CANDIDATES` most recently heard topics; the one not heard for longest makes room."""

    def __init__(self) -> None:
        self._by_topic: OrderedDict[str, Candidate] = OrderedDict()
        self.is_changed = False
        """Whether something was noted since the owner last set it to False."""

    def recall(self, before: Iterable[Candidate]) -> None:
        """Take what was kept before a restart."""
        for candidate in sorted(before, key=lambda each: each.last_at)[-MAX_CANDIDATES:]:
            self._by_topic[candidate.topic] = candidate

    def note(self, topic: str, payload: bytes, reason: str, heard_at: int) -> bool:
        """Count a message; whether its topic was not among the candidates before."""
        topic = topic[:TOPIC_CHARS]
        self.is_changed = True
        before = self._by_topic.pop(topic, None)
        messages = before.messages + 1 if before else 1
        self._by_topic[topic] = Candidate(topic, messages, reason, heard_at, payload[:SAMPLE_BYTES])
        if len(self._by_topic) > MAX_CANDIDATES:
            self._by_topic.popitem(last=False)
        return before is None

    def forget_all_but(self, most: int, beginning: str) -> None:
        """Of the topics with this `beginning` keep the `most` that were heard last."""
        alike = [topic for topic in self._by_topic if topic.startswith(beginning)]
        for topic in alike[: max(0, len(alike) - most)]:
            del self._by_topic[topic]

    def listed(self) -> list[Candidate]:
        """All that are kept, the loudest first."""
        return sorted(self._by_topic.values(), key=lambda candidate: (-candidate.messages, candidate.topic))
