"""A board of happenings in memory, which can be away."""

from collections.abc import Iterable, Sequence

from campus.errors import Transient
from controller.happenings.model import Happening, Key


class MemoryBoard:
    """Keeps one happening for each key."""

    def __init__(self) -> None:
        self.points: dict[Key, Happening] = {}
        self.is_away = False
        self.writes = 0
        self.refused = 0

    def posted(self, since: int) -> list[Happening]:
        """What began since."""
        self._require()
        return [each for each in self.points.values() if each.key.at >= since]

    def post(self, happenings: Sequence[Happening]) -> None:
        """The later one stays."""
        self._require()
        self.writes += len(happenings)
        self.points |= {each.key: each for each in happenings}

    def remove(self, keys: Iterable[Key]) -> None:
        """Take them away."""
        self._require()
        for key in keys:
            self.points.pop(key, None)

    def close(self) -> None:
        """Nothing to let go of."""

    def _require(self) -> None:
        if self.is_away:
            raise Transient("the board is away")
