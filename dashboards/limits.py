"""Limits drawn on pictures. They are those of the rules that ship with the controller; a test holds them together.

A district may rule otherwise for itself or for a school; the pictures show the shipped limits, as their descriptions say.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limit:
    """A level in the metric's unit, and the rule that it is of."""

    level: float
    rule: str


AGENT_BEHIND_S: Final = Limit(600, "agent-behind")
LINK_FILLING_PERCENT: Final = Limit(70, "uplink-in-filling")
LINK_FULL_PERCENT: Final = Limit(90, "uplink-in-full")
