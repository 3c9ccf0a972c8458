"""How often a point is read."""

from enum import StrEnum


class Cadence(StrEnum):
    """How often a point is read; the agent's configuration says what each means in seconds."""

    FAST = "fast"
    NORMAL = "normal"
    SLOW = "slow"
