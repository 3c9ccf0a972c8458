"""What went wrong in the past: a few troubles a month in each school, the same for the same seed."""

from dataclasses import dataclass

from campus.samples import DeviceKind
from simulator.district.dice import dice
from simulator.district.district import District
from simulator.district.site import SimSite
from simulator.life.fault import FAULTS, Fault, FaultName
from simulator.life.moment import CHINA_MS, DAY_MS, MINUTE_MS

PERIOD_DAYS = 7
_QUIET_MS = 2 * 3_600_000
"""No trouble of the past reaches into the present."""


@dataclass(frozen=True)
class _Trouble:
    name: FaultName
    odds: float
    minutes: tuple[int, int]


_TROUBLES = (
    _Trouble(FaultName.CAMERA_BLACK, 0.22, (40, 600)),
    _Trouble(FaultName.HANG_BOARD, 0.2, (60, 900)),
    _Trouble(FaultName.WARM_FREEZER, 0.1, (30, 90)),
    _Trouble(FaultName.CUT_UPLINK, 0.12, (10, 70)),
    _Trouble(FaultName.FLOOD_LINK, 0.08, (20, 60)),
    _Trouble(FaultName.POWER_LOSS, 0.06, (15, 45)),
)


_HOUR_MS = 60 * MINUTE_MS
_APART = 3
"""So many schools from one trouble to the next."""
_LATELY = (
    (FaultName.CAMERA_BLACK, DeviceKind.CAMERA, 5, 50),
    (FaultName.LINK_CUT, DeviceKind.ACCESS_POINT, 7, 45),
    (FaultName.WARM_FREEZER, DeviceKind.KITCHEN_MONITOR, 10, 90),
    (FaultName.HANG_BOARD, DeviceKind.BOARD, 4, 55),
)
"""Name, kind of device, how many hours ago, for how many minutes; all are over for longer than `_QUIET_MS`."""


def incidents(district: District, begin: int, end: int, now: int) -> dict[str, tuple[Fault, ...]]:
    """Faults of each school between two instants, by site id; all are over some hours before `now`."""
    weeks = range(_week(begin) - 1, _week(end) + 1)
    return {
        site.id: tuple(
            fault
            for week in weeks
            for fault in _week_of(district.seed, site, week)
            if fault.end > begin and fault.start < end and fault.end < now - _QUIET_MS
        )
        for site in district.schools
    }


def lately(district: District, now: int) -> dict[str, tuple[Fault, ...]]:
    """Some troubles of the last half day, spread over the schools: whoever looks at today sees what one looks like.

    None of them takes power away, so no device has started anew since.
    """
    hour = now - now % _HOUR_MS
    found: dict[str, tuple[Fault, ...]] = {}
    for number, (name, kind, hours_ago, minutes) in enumerate(_LATELY):
        site = district.schools[_APART * number % len(district.schools)]
        devices = site.of_kind(kind)
        start = hour - hours_ago * _HOUR_MS
        fault = Fault(name, site.id, devices[len(devices) // 2].id, start, start + minutes * MINUTE_MS)
        found[site.id] = (*found.get(site.id, ()), fault)
    return found


def _week_of(seed: int, site: SimSite, week: int) -> list[Fault]:
    found = []
    for trouble in _TROUBLES:
        chance = dice(seed, site.id, "trouble", trouble.name.value, week)
        if chance.random() >= trouble.odds:
            continue
        start = week * PERIOD_DAYS * DAY_MS - CHINA_MS + chance.randrange(PERIOD_DAYS * DAY_MS // MINUTE_MS) * MINUTE_MS
        minutes = chance.randint(*trouble.minutes)
        device = _victim(site, trouble.name, chance.random())
        found.append(Fault(trouble.name, site.id, device, start, start + minutes * MINUTE_MS))
    return found


def _victim(site: SimSite, name: FaultName, roll: float) -> str:
    kinds: tuple[DeviceKind, ...] = FAULTS[name].kinds or ()
    fitting = [device.id for device in site.devices if device.kind in kinds]
    return fitting[int(roll * len(fitting))] if fitting else ""


def _week(at: int) -> int:
    return (at + CHINA_MS) // (PERIOD_DAYS * DAY_MS)
