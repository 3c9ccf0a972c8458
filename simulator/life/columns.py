"""Names of a site's quantities and their places in its matrix."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Quantity(StrEnum):
    """What can be known of a device. Rates are per second and are what counters sum up."""

    ALIVE = "alive"
    IN_OCTETS = "in_octets"
    OUT_OCTETS = "out_octets"
    IN_ERRORS = "in_errors"
    OUT_DISCARDS = "out_discards"
    OPER_STATUS = "oper_status"
    CPU = "cpu"
    MEMORY = "memory"
    STORAGE = "storage"
    PROCESSES = "processes"
    TEMPERATURE = "temperature"
    CLIENTS = "clients"
    CHANNEL_USE = "channel_use"
    CHANNEL_OTHERS = "channel_others"
    NOISE = "noise"
    LIGHT_IN = "light_in"
    LIGHT_OUT = "light_out"
    UPS_SOURCE = "ups_source"
    UPS_ON_BATTERY = "ups_on_battery"
    BATTERY_STATUS = "battery_status"
    BATTERY = "battery"
    BATTERY_MINUTES = "battery_minutes"
    LOAD = "load"
    INPUT_VOLTAGE = "input_voltage"
    POWER_W = "power_w"
    PAGES = "pages"
    SUPPLY = "supply"
    PRINTER_STATUS = "printer_status"
    POWER = "power"
    INPUT = "input"
    TOUCHES = "touches"
    APP = "app"
    LAMP_HOURS = "lamp_hours"
    DOOR = "door"
    GAS = "gas"
    SMOKE = "smoke"
    HUMIDITY = "humidity"
    STREAM = "stream"
    RECORDING = "recording"
    BITRATE = "bitrate"
    CLOCK_OFFSET = "clock_offset"
    GATE = "gate"
    PASSAGES = "passages"


RATES = frozenset({Quantity.IN_OCTETS, Quantity.OUT_OCTETS, Quantity.IN_ERRORS, Quantity.OUT_DISCARDS})


class ColumnName(NamedTuple):
    """A quantity of a device, or of one part of it (a port, a sensor)."""

    device: str
    quantity: Quantity
    part: str = ""


class Columns:
    """Gives each name a column, once; the order of asking is the order of columns."""

    def __init__(self) -> None:
        self._index: dict[ColumnName, int] = {}

    def __len__(self) -> int:
        return len(self._index)

    def add(self, names: Sequence[ColumnName]) -> slice:
        """Columns for `names`, side by side; `ValueError` for a name that has one."""
        start = len(self._index)
        for name in names:
            if name in self._index:
                raise ValueError(f"{name} has a column already")
            self._index[name] = len(self._index)
        return slice(start, len(self._index))

    def __getitem__(self, name: ColumnName) -> int:
        return self._index[name]

    def __contains__(self, name: ColumnName) -> bool:
        return name in self._index

    def names(self) -> list[ColumnName]:
        """In column order."""
        return list(self._index)

    def rates(self) -> list[int]:
        """Columns that counters sum up."""
        return [index for name, index in self._index.items() if name.quantity in RATES]
