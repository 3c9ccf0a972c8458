"""Which samples are live: spooled ones are stored and shown, and never raise an alert."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from campus.delivery import LATE_AFTER_MS
from controller.store.port import Times

TICK_SLACK_MS: Final = 20_000
"""A hold is ended by the clock only this much later than a reading would have ended it: the reading that says otherwise
may be on its way. Longer than the usual cadence and the way of a frame together."""


def is_late(measured_at: Times, received_at: int) -> NDArray[np.bool_]:
    """Which samples are too old to be live."""
    late: NDArray[np.bool_] = measured_at < received_at - LATE_AFTER_MS
    return late
