"""Turns to measure a line: who is believed, who may, and what is counted."""

import secrets
from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Final

from campus.secret import Secret
from campus.topics import Address
from controller.figure import Figure, labelled
from controller.identity.scope import SYSTEM
from controller.throughput.model import Refusal, Slot, ThroughputSettings, Turns
from controller.throughput.port import Calendar, Registry

_AFTER_LESSONS_MS: Final = 60_000


class ThroughputService:
    """Thread-safe. Made with no token it believes nobody."""

    def __init__(
        self,
        registry: Registry,
        calendar: Calendar,
        clock: Callable[[], int],
        settings: ThroughputSettings = ThroughputSettings(),  # noqa: B008 - frozen
        token: Secret | None = None,
    ) -> None:
        self.settings = settings
        self._registry = registry
        self._calendar = calendar
        self._clock = clock
        self._token = token
        self._turns = Turns(settings.every_s)
        self._lock = Lock()
        self._answers: Counter[str] = Counter()

    def is_believed(self, token: str) -> bool:
        """Whether whoever gives this token is one of the district's agents."""
        known = self._token.reveal() if self._token else ""
        believed = bool(known) and secrets.compare_digest(known.encode(), token.encode())
        if not believed:
            self._answers["unbelieved"] += 1
        return believed

    def ask(self, address: Address) -> Slot | Refusal:
        """A turn for an agent's school."""
        now = self._clock()
        if not self._registry.is_enrolled(address):
            self._answers["unknown_agent"] += 1
            return Refusal("this agent is not enrolled", 3600.0)
        if not self.settings.in_lessons:
            lessons = self._calendar.lessons(SYSTEM, address.site, now, now + 1)
            if lessons:
                self._answers["lessons"] += 1
                until = max(lesson.end for lesson in lessons)
                return Refusal("the school has lessons", (until + _AFTER_LESSONS_MS - now) / 1000)
        with self._lock:
            answer = self._turns.ask(address.site, now)
        self._answers["granted" if isinstance(answer, Slot) else "refused"] += 1
        return answer

    def holder(self, ticket: str) -> Slot | None:
        """The turn of a ticket, while it lasts."""
        with self._lock:
            return self._turns.holder(ticket, self._clock())

    def end(self, slot: Slot) -> None:
        """It is done."""
        with self._lock:
            self._turns.end(slot)

    def figures(self) -> list[Figure]:
        """What became of those who asked."""
        return list(labelled("throughput_turns_total", "Turns to measure a line, asked for", "outcome", self._answers))
