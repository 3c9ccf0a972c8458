"""How long devices have been running: each is restarted every few months, and by every loss of power."""

import numpy as np

from simulator.district.dice import key_of
from simulator.life.fault import Fault, FaultName
from simulator.life.moment import DAY_MS
from simulator.life.noise import Longs
from simulator.life.scene import BATTERY_S

_FEWEST_DAYS, _MOST_DAYS = 90, 400
REMEMBERED_MS = _MOST_DAYS * DAY_MS
"""Losses of power longer ago are forgotten: every device has been restarted since."""


def started_at(seed: int, site: str, device: str, at: Longs, troubles: tuple[Fault, ...]) -> Longs:
    """When a device started last before each instant (UTC ms); `troubles` are past faults of its site."""
    period_ms = (_FEWEST_DAYS + key_of(seed, site, device, "period") % (_MOST_DAYS - _FEWEST_DAYS)) * DAY_MS
    phase_ms = key_of(seed, site, device, "phase") % period_ms
    start: Longs = at - (at - phase_ms) % period_ms
    for fault in troubles:
        if is_dark(fault):
            start = np.where(at >= fault.end, np.maximum(start, fault.end), start)
    return start


def is_dark(fault: Fault) -> bool:
    """Whether a fault took all power away in the end."""
    return fault.name is FaultName.POWER_LOSS and fault.end - fault.start >= BATTERY_S * 1000
