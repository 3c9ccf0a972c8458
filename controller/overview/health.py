"""Which sign a device, a room, a school carries, and why. Pure: facts in, signs out.

An open alert speaks first: a fault is not forgotten because the line was cut. Then comes what is not known, and only
what is heard and silent of faults is good.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from campus.metrics import Health
from campus.samples import Severity
from controller.alerts.model import Alert, Rule
from controller.overview.model import DeviceHealth, HealthCounts
from controller.store.port import Times, Values

SILENT_AFTER_MS: Final = 15 * 60_000
"""A device is unknown when nothing of it was measured for three times the slowest usual cadence."""
CUT_OFF_AFTER_MS: Final = 45_000
"""A school whose agent the broker calls offline is cut off once nothing was heard of it for this long."""
SIGNS: Final = tuple(Health)
_WORST_FIRST: Final = (Health.FAILED, Health.ATTENTION, Health.UNKNOWN, Health.GOOD)
_HURRY: Final = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2, Severity.INFO: 3}


@dataclass(frozen=True)
class OpenAlert:
    """An open alert that is shown, with its rule."""

    alert: Alert
    rule: Rule


@dataclass(frozen=True)
class Standing:
    """What is known of a device at `now`. `reachable` is the newest (instant, value); instants 0 = never."""

    now: int
    newest_at: int
    reachable: tuple[int, float] | None
    alerts: Sequence[OpenAlert]
    is_cut_off: bool


def device_health(standing: Standing) -> DeviceHealth:
    """The sign of one device."""
    told = [each for each in standing.alerts if each.rule.sign is not Health.GOOD]
    if told:
        return _of_alerts(told)
    if standing.newest_at == 0:
        return DeviceHealth(Health.UNKNOWN, "Nothing measured yet", "尚无数据", 0)
    if standing.is_cut_off:
        return DeviceHealth(Health.UNKNOWN, "Its school is cut off", "所在学校断网", standing.newest_at)
    if standing.now - standing.newest_at > SILENT_AFTER_MS:
        return DeviceHealth(Health.UNKNOWN, "Not heard from any more", "已无数据", standing.newest_at)
    if standing.reachable is not None and standing.reachable[1] == 0:
        return DeviceHealth(Health.FAILED, "Does not answer", "无应答", standing.reachable[0])
    return DeviceHealth(Health.GOOD, "Works normally", "运行正常", 0)


def quiet_signs(newest_at: Times, reachable: Values, now: int) -> NDArray[np.intp]:
    """As `device_health` of devices that no alert is open for, in schools that are not cut off: places in `SIGNS`."""
    signs = np.full(len(newest_at), SIGNS.index(Health.GOOD))
    signs[reachable == 0] = SIGNS.index(Health.FAILED)
    signs[(newest_at == 0) | (now - newest_at > SILENT_AFTER_MS)] = SIGNS.index(Health.UNKNOWN)
    return signs


def most_urgent(alerts: Iterable[OpenAlert]) -> list[OpenAlert]:
    """Most severe first, then the oldest."""
    return sorted(alerts, key=lambda each: (_HURRY[each.alert.severity], each.alert.opened_at))


def worst(signs: Iterable[Health]) -> Health:
    """The sign that stands for several: good only when all are good, unknown when there are none.

    >>> worst([Health.GOOD, Health.UNKNOWN, Health.GOOD])
    <Health.UNKNOWN: 'unknown'>
    """
    found = set(signs)
    return next((sign for sign in _WORST_FIRST if sign in found), Health.UNKNOWN)


def site_sign(alerts: Sequence[OpenAlert], devices: HealthCounts) -> Health:
    """The sign of a school that is heard: one printer out of toner does not make a school red, one critical alert does."""
    if any(each.alert.severity is Severity.CRITICAL and each.rule.sign is Health.FAILED for each in alerts):
        return Health.FAILED
    if devices.failed or devices.attention or any(not each.alert.device for each in alerts):
        return Health.ATTENTION
    return Health.GOOD if devices.good else Health.UNKNOWN


def _of_alerts(alerts: Sequence[OpenAlert]) -> DeviceHealth:
    first, *others = most_urgent(alerts)
    more_en = f" (and {len(others)} more)" if others else ""
    more_zh = f"（另有 {len(others)} 项）" if others else ""
    return DeviceHealth(
        health=worst(each.rule.sign for each in alerts),
        reason_en=first.rule.title_en + more_en,
        reason_zh=first.rule.title_zh + more_zh,
        since=first.alert.opened_at,
    )
