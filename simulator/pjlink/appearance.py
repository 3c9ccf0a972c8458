"""What the district's projectors say over PJLink: the live answer, and what an agent makes of it for the history."""

from collections.abc import Callable

from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import catalogue
from campus.samples import DeviceFacts, SeriesKey
from simulator.district.device import SimDevice
from simulator.history.formula import Constant, Formula, Jitter, Linear, Lookup, Rule
from simulator.life.columns import ColumnName, Columns, Quantity
from simulator.live.district import LiveDistrict
from simulator.pjlink.projector import ON, STANDBY, ProjectorPlate, ProjectorSight

PROFILE = "generic/pjlink"
_LIFE_ON = 2
"""`Quantity.POWER` of a projector that is on."""
_PARTS = ("fan", "lamp", "temperature", "cover", "filter", "other")


def plate_of(device: SimDevice, password: str) -> ProjectorPlate:
    """What its labels say."""
    return ProjectorPlate(
        device.system_name, device.vendor, device.model, device.serial, device.firmware, password, pjlink_class=2
    )


def live_sight(live: LiveDistrict, site: str, device: str) -> Callable[[], ProjectorSight]:
    """What it would say at the moment it is asked; its one source is the HDMI cable at the lectern."""
    columns = live.life.sites[site].columns
    power, lamp = (columns[ColumnName(device, quantity)] for quantity in (Quantity.POWER, Quantity.LAMP_HOURS))

    def sight() -> ProjectorSight:
        row = live.row(site, live.clock())
        hours = int(row[lamp])
        return ProjectorSight(power=ON if row[power] >= _LIFE_ON else STANDBY, lamp_h=hours, filter_h=hours)

    return sight


def pjlink_formulas(device: SimDevice, columns: Columns, alive: int, key: int) -> list[Formula]:
    """Its series as its agent finds them; `key` seeds the response time."""
    power = columns[ColumnName(device.id, Quantity.POWER)]
    lamp = columns[ColumnName(device.id, Quantity.LAMP_HOURS)]
    rules: list[tuple[str, str, Rule]] = [
        ("response_time_ms", "", Jitter(key)),
        ("login_state", "", Constant(_state("login_state", "accepted"))),
        ("power_state", "", _by_power(power, "power_state", "standby", "on")),
        ("input_state", "", _by_power(power, "input_state", "none", "hdmi")),
        ("picture_mute_state", "", Constant(_state("picture_mute_state", "none"))),
        ("lamp_h", "", Linear(lamp)),
        ("filter_h", "", Linear(lamp)),
        *(("hardware_state", part, Constant(_state("hardware_state", "normal"))) for part in _PARTS),
    ]
    told = [_formula(device.id, metric, instance, rule, alive) for metric, instance, rule in rules]
    return [_formula(device.id, "reachable", "", Linear(alive), -1), *told]


def pjlink_facts(device: SimDevice, at: int) -> DeviceFacts:
    """What it tells of itself."""
    return DeviceFacts(
        DeviceId(device.id),
        device.kind,
        at,
        profile=PROFILE,
        vendor=device.vendor,
        model=device.model,
        serial=device.serial,
        firmware=device.firmware,
    )


def _by_power(column: int, metric: str, off: str, on: str) -> Lookup:
    return Lookup(column, ((0, _state(metric, off)), (1, _state(metric, off)), (_LIFE_ON, _state(metric, on))))


def _state(metric: str, name: str) -> float:
    return float(catalogue()[MetricId(metric)].state_value(name))


def _formula(device: str, metric: str, instance: str, rule: Rule, alive: int) -> Formula:
    key = SeriesKey(DeviceId(device), MetricId(metric), Instance(instance))
    return Formula(key, rule, catalogue()[key.metric].resolution, alive)
