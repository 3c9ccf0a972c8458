"""Evidence of settled days, remembered: what the store has told of them once need not be read again."""

from collections.abc import Sequence
from threading import Lock
from typing import Final

from campus.ids import DeviceId, SiteId

BoardKey = tuple[SiteId, DeviceId]
MAX_BOARD_DAYS: Final = 150_000
"""About 40 MB: thirty days of five thousand boards."""


class EvidenceMemory:
    """Rows of `Evidence.rows` by day and board, of the newest days where not all have room. Thread-safe."""

    def __init__(self, max_board_days: int = MAX_BOARD_DAYS) -> None:
        self._max_board_days = max_board_days
        self._days: dict[int, tuple[int, dict[BoardKey, bytes]]] = {}
        self._held = 0
        self._lock = Lock()

    def __len__(self) -> int:
        return self._held

    def recall(self, day: int, number: int, boards: Sequence[BoardKey]) -> list[bytes] | None:
        """The rows of `boards` in their order; None unless all are known of the day with this number."""
        with self._lock:
            known, rows = self._days.get(day, (number, {}))
            if known != number:
                return None
            found = [row for board in boards if (row := rows.get(board)) is not None]
        return found if len(found) == len(boards) else None

    def keep(self, day: int, number: int, boards: Sequence[BoardKey], rows: Sequence[bytes]) -> None:
        """Remember rows of a day with its number; what was kept of the day under another number is forgotten."""
        with self._lock:
            if day in self._days and self._days[day][0] != number:
                self._forget(day)
            fresh = dict(zip(boards, rows, strict=True))
            known = self._days.get(day, (number, {}))[1]
            needed = len(fresh.keys() - known.keys())
            if not self._make_room(day, needed):
                return
            known.update(fresh)
            self._days[day] = (number, known)
            self._held += needed

    def _make_room(self, day: int, needed: int) -> bool:
        """Forget older days than this one until it fits; whether it does."""
        for older in sorted(each for each in self._days if each < day):
            if self._held + needed <= self._max_board_days:
                break
            self._forget(older)
        return self._held + needed <= self._max_board_days

    def _forget(self, day: int) -> None:
        self._held -= len(self._days.pop(day)[1])
