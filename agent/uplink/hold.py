"""How much the controller wants at present: nothing, nothing that waited, or everything. Pure."""

import logging
import random

from agent.uplink.window import Lane

LATER_BY = 0.5
"""A hold is kept up to this share longer, so that all agents of a district do not come back in one instant."""
_log = logging.getLogger(__name__)


class Hold:
    """What the last acknowledgement asked, until it is over or the next one replaces it."""

    def __init__(self) -> None:
        self._asked = (0, 0)
        self._until_s = dict.fromkeys(Lane, 0.0)

    def replace(self, hold_s: int, hold_backlog_s: int, now_s: float) -> None:
        """Keep everything back for `hold_s` and the backlog for `hold_backlog_s` from `now_s` on; 0 lifts it."""
        if (hold_s, hold_backlog_s) != self._asked:
            _log.info("uplink_hold all_s=%d backlog_s=%d", hold_s, hold_backlog_s)
        self._asked = (hold_s, hold_backlog_s)
        later = random.uniform(1.0, 1.0 + LATER_BY)
        self._until_s[Lane.LIVE] = now_s + hold_s * later
        self._until_s[Lane.BACKLOG] = now_s + max(hold_s, hold_backlog_s) * later

    def left_s(self, lane: Lane, now_s: float) -> float:
        """Seconds for which nothing of `lane` may be sent; 0.0 when it may."""
        return max(0.0, self._until_s[lane] - now_s)
