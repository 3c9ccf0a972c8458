"""Frames that came before the facts of their devices: put off once, so that the facts may catch up.

A broker without a subscriber forgets, so an agent's first facts can be lost while the samples after them arrive. A frame
that names an unknown device is therefore not stored and not acknowledged the first time; its agent sends it again, and the
facts before it. The second time it is taken as it is.
"""

from collections import OrderedDict
from typing import Final

from controller.store.port import FrameMark

REMEMBERED: Final = 10_000


class Deferrals:
    """Which frames were put off; the oldest are forgotten, and would be put off once more."""

    def __init__(self) -> None:
        self._marks: OrderedDict[FrameMark, None] = OrderedDict()

    def is_first(self, mark: FrameMark) -> bool:
        """Whether `mark` comes for the first time; from then on it does not."""
        if mark in self._marks:
            del self._marks[mark]
            return False
        self._marks[mark] = None
        if len(self._marks) > REMEMBERED:
            self._marks.popitem(last=False)
        return True
