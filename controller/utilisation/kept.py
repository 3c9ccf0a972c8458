"""The last answers, for a short while: a page asks for boards, schools and hours at once."""

from collections.abc import Hashable
from threading import Lock
from typing import Final, Generic, NamedTuple, TypeVar

KEEP_MS: Final = 30_000
MAX_KEPT_BOARDS: Final = 10_000
"""About 30 MB. What is larger is worked out anew each time."""
Answer = TypeVar("Answer")


class _Kept(NamedTuple, Generic[Answer]):
    until: int
    size: int
    answer: Answer


class KeptAnswers(Generic[Answer]):
    """Answers by question, the oldest forgotten first. Thread-safe."""

    def __init__(self, max_size: int = MAX_KEPT_BOARDS) -> None:
        self._max_size = max_size
        self._kept: dict[Hashable, _Kept[Answer]] = {}
        self._lock = Lock()

    def answer(self, question: Hashable, now: int) -> Answer | None:
        """What was kept, if it is not older than `KEEP_MS`."""
        with self._lock:
            kept = self._kept.get(question)
        return kept.answer if kept is not None and now < kept.until else None

    def keep(self, question: Hashable, now: int, answer: Answer, *, size: int) -> None:
        """Keep an answer about `size` boards, and forget what is old or has no room any more."""
        with self._lock:
            self._kept.pop(question, None)
            self._kept[question] = _Kept(now + KEEP_MS, size, answer)
            sizes = sum(kept.size for kept in self._kept.values())
            for other, kept in list(self._kept.items()):
                if kept.until <= now or sizes > self._max_size:
                    sizes -= kept.size
                    del self._kept[other]
