"""Frames that will be better when they come again: put off for a while, neither stored nor acknowledged.

**Facts.** A broker without a subscriber forgets, so an agent's first facts can be lost while the samples after them arrive.
A frame that names an unknown device is therefore put off at first; its agent sends it again, and the facts before it. What
comes again within `PATIENCE_MS` is a broker's repetition, not yet the agent's, and is put off too; what comes after that is
taken as it is.

**Time.** When the controller's own clock is set back, its agents, which follow it, are ahead until they were told so for a
minute. What they seal meanwhile would be set aside; put off, it comes again with the right instants.
"""

from collections import OrderedDict
from typing import Final

from controller.store.port import FrameMark

REMEMBERED: Final = 10_000
CLOCK_PATIENCE_MS: Final = 600_000
"""Enough for an agent to be set right and to send again. After that it is another clock that is wrong, and will stay so."""
PATIENCE_MS: Final = 10_000
"""Shorter than an agent waits for an acknowledgement before it sends again (`uplink.ack_timeout_s`, 30 s by itself)."""


class Deferrals:
    """When each frame was first put off; the oldest are forgotten, and would be put off once more."""

    def __init__(self, patience_ms: int = PATIENCE_MS) -> None:
        self._patience_ms = patience_ms
        self._first_at: OrderedDict[FrameMark, int] = OrderedDict()

    def put_off(self, mark: FrameMark, now: int) -> bool:
        """Whether `mark` must wait; False once it has waited long enough, and then it is forgotten."""
        if now - self._first_at.setdefault(mark, now) >= self._patience_ms:
            del self._first_at[mark]
            return False
        if len(self._first_at) > REMEMBERED:
            self._first_at.popitem(last=False)
        return True
