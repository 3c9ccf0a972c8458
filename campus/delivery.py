"""What the two sides agree on about delivery, beyond the format of a frame.

The controller's ingest and alert engine act on these; the data-access specification publishes them; `campanile spec check`
holds a publisher to them.
"""

from enum import StrEnum
from typing import Final

LATE_AFTER_MS: Final = 120_000
"""A sample that reaches the controller longer than this after it was measured is history: stored and shown, no live alert."""
MAX_AHEAD_MS: Final = 300_000
"""A sample measured later than this after it reached the controller comes from a wrong clock and is set aside."""


OFFER_AGAIN: Final = "offer_again"
"""Name of the command by which a controller that was restored from a backup asks an agent for all frames it still keeps.

Its argument ``since`` is the instant (UTC milliseconds, as text) before which the controller is whole: frames sealed at
or after it go out once more, behind what is new; those that were stored all the same are recognised by their marks.
"""

TELL_FACTS: Final = "tell_facts"
"""Name of the command by which a controller that hears samples of devices it does not know asks an agent for its facts.

No arguments; the agent tells the facts of all its devices again.
"""


class SetAside(StrEnum):
    """Why a controller keeps a well-formed frame, or some of its samples, out of the store: the label of its counter."""

    WRONG_TOPIC = "wrong_topic"
    """The frame names another site or agent than the topic it came on."""
    UNKNOWN_AGENT = "unknown_agent"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_METRIC = "unknown_metric"
    TOO_MANY_SERIES = "too_many_series"
    """Of a series never seen before, by an agent that has used up its share of new ones."""
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_STATE = "unknown_state"
    CLOCK_AHEAD = "clock_ahead"
    TOO_OLD = "too_old"
    """Measured before the oldest day of which the controller keeps samples."""
