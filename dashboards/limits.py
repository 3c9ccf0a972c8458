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
ERRORS_PER_S: Final = Limit(1, "port-receives-errors")
LIGHT_WEAK_DBM: Final = Limit(-18, "link-light-weak")
LASER_WEAK_DBM: Final = Limit(-12, "laser-weak")
CHANNEL_CROWDED_PERCENT: Final = Limit(80, "air-is-crowded")
AIR_NOISY_DBM: Final = Limit(-80, "air-is-noisy")
PATH_LOSSY_PERCENT: Final = Limit(5, "path-lossy")
PATH_SLOW_MS: Final = Limit(150, "path-slow")
AGENT_DROPPING_PER_MIN: Final = Limit(0, "agent-dropping")
AGENT_MEMORY_BYTES: Final = Limit(524_288_000, "agent-memory-high")
FREEZER_WARM_CEL: Final = Limit(-12, "freezer-warm")
COLD_STORE_WARM_CEL: Final = Limit(8, "cold-store-warm")
COLD_STORE_FROZEN_CEL: Final = Limit(-1, "cold-store-frozen")
HOT_COUNTER_COLD_CEL: Final = Limit(60, "hot-holding-cold")
GAS_PERCENT_LEL: Final = Limit(10, "gas-leak")
RECORDING_DAYS: Final = Limit(30, "recording-short")
UPS_OVERLOADED_PERCENT: Final = Limit(90, "ups-overloaded")
BATTERY_LOW_PERCENT: Final = Limit(30, "battery-charge-low")
NETWORK_ROOM_HOT_CEL: Final = Limit(35, "network-room-hot")
NETWORK_ROOM_DAMP_PERCENT: Final = Limit(80, "network-room-damp")
AIR_STALE_PPM: Final = Limit(2500, "air-stale")
SCHOOL_BELOW_TARGET_BPS: Final = Limit(9.0e7, "school-below-target")
PROCESSOR_BUSY_PERCENT: Final = Limit(90, "processor-busy")
AGENT_SILENT_S: Final = 900
"""No rule's: from when on the controller's overview calls an agent silent."""
