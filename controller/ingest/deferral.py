"""Frames that came before the facts of their devices: put off, so that the facts may catch up.

A broker without a subscriber forgets, so an agent's first facts can be lost while the samples after them arrive. A frame
that names an unknown device is therefore not stored and not acknowledged at first; its agent sends it again, and the facts
before it. What comes again within `PATIENCE_MS` is a broker's repetition, not yet the agent's, and is put off too; what
comes after that is taken as it is.
"""

from collections import OrderedDict
from typing import Final

from controller.store.port import FrameMark

REMEMBERED: Final = 10_000
PATIENCE_MS: Final = 10_000
"""Shorter than an agent waits for an acknowledgement before it sends again (`uplink.ack_timeout_s`, 30 s by itself)."""


class Deferrals:
    """When each frame was first put off; the oldest are forgotten, and would be put off once more."""

    def __init__(self) -> None:
        self._first_at: OrderedDict[FrameMark, int] = OrderedDict()

    def put_off(self, mark: FrameMark, now: int) -> bool:
        """Whether `mark` must wait for its facts; False once it has waited long enough, and then it is forgotten."""
        if now - self._first_at.setdefault(mark, now) >= PATIENCE_MS:
            del self._first_at[mark]
            return False
        if len(self._first_at) > REMEMBERED:
            self._first_at.popitem(last=False)
        return True
