"""How much the controller wants at present: nothing, nothing that waited, or everything. Pure."""

import logging
import random

from agent.uplink.window import Lane

LATER_BY = 0.5
LATEST_S = 60.0
"""A hold is kept up to this share of it longer, but no more than this, so that a district does not come back in one instant."""
_log = logging.getLogger(__name__)


class Hold:
    """What the last acknowledgement asked, until it is over or the next one replaces it."""

    def __init__(self) -> None:
        self._is_asked = (False, False)
        self._until_s = dict.fromkeys(Lane, 0.0)

    def replace(self, hold_s: int, hold_backlog_s: int, now_s: float) -> None:
        """Keep everything back for `hold_s` and the backlog for `hold_backlog_s` from `now_s` on; 0 lifts it."""
        is_asked = (hold_s > 0, hold_backlog_s > 0)
        if is_asked != self._is_asked:
            _log.info("uplink_hold all_s=%d backlog_s=%d", hold_s, hold_backlog_s)
        self._is_asked = is_asked
        chance = random.random()
        for lane, asked_s in ((Lane.LIVE, hold_s), (Lane.BACKLOG, max(hold_s, hold_backlog_s))):
            self._until_s[lane] = now_s + asked_s + chance * min(LATER_BY * asked_s, LATEST_S)

    def left_s(self, lane: Lane, now_s: float) -> float:
        """Seconds for which nothing of `lane` may be sent; 0.0 when it may."""
        return max(0.0, self._until_s[lane] - now_s)
