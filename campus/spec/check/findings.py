"""What the checker has to say, gathered by kind: a publisher that is wrong once is usually wrong a thousand times."""

from dataclasses import dataclass, field
from typing import NamedTuple

from campus.spec.texts import reasons

MAX_GROUPS = 1_000
"""A hostile publisher may be wrong in more ways than anybody wants to read."""


class Place(NamedTuple):
    """Where: `message` counts from 1 in order of arrival or in the file; `frame` is ``site/agent epoch.number`` once
    readable; `path` is the field inside, such as ``samples[3].value``. Parts that are not known are empty.
    """

    message: int
    topic: str = ""
    frame: str = ""
    path: str = ""

    def __str__(self) -> str:
        """One line for people."""
        parts = [f"message {self.message}", self.topic and f"on {self.topic}", self.frame, self.path]
        return ", ".join(part for part in parts if part)


@dataclass
class Finding:
    """One kind of mistake about one subject: the first place, the first detail, and how often."""

    reason: str
    subject: str
    detail: str
    place: Place
    count: int = 1

    @property
    def is_advice(self) -> bool:
        """Whether it is taken all the same."""
        return self.reason in reasons()["advice"]


@dataclass
class Findings:
    """Everything said so far, in order of first appearance."""

    groups: dict[tuple[str, str], Finding] = field(default_factory=dict)
    left_out: int = 0
    """Findings of kinds beyond `MAX_GROUPS`."""

    def add(self, reason: str, subject: str, detail: str, place: Place, count: int = 1) -> None:
        """Note `count` mistakes of one kind; `subject` is what they are about (a device, a metric, a topic)."""
        known = self.groups.get((reason, subject))
        if known:
            known.count += count
        elif len(self.groups) < MAX_GROUPS:
            self.groups[reason, subject] = Finding(reason, subject, detail, place, count)
        else:
            self.left_out += count

    @property
    def wrong(self) -> list[Finding]:
        """What must be put right."""
        return [finding for finding in self.groups.values() if not finding.is_advice]

    @property
    def advice(self) -> list[Finding]:
        """What could be better."""
        return [finding for finding in self.groups.values() if finding.is_advice]
