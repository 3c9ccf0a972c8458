"""Units as devices write them, brought to the catalogue's (UCUM). Pure."""

from typing import NamedTuple

from campus.errors import Poison


class Conversion(NamedTuple):
    """In the metric's unit a number is number x scale + offset."""

    scale: float
    offset: float


class _Unit(NamedTuple):
    """A unit as so many of what its `dimension` is counted in here, from a zero point that lies at `zero`."""

    dimension: str
    size: float
    zero: float = 0.0


_DIMENSIONS: dict[str, dict[str, float]] = {
    "power": {"W": 1, "kW": 1e3, "mW": 1e-3, "MW": 1e6},
    "apparent power": {"VA": 1, "V.A": 1, "kVA": 1e3},
    "reactive power": {"var": 1, "VAr": 1, "kvar": 1e3},
    "energy": {"kWh": 1, "kW.h": 1, "Wh": 1e-3, "MWh": 1e3, "J": 1 / 3.6e6, "kJ": 1 / 3600, "MJ": 1 / 3.6},
    "voltage": {"V": 1, "mV": 1e-3, "kV": 1e3},
    "current": {"A": 1, "mA": 1e-3},
    "frequency": {"Hz": 1, "kHz": 1e3, "MHz": 1e6},
    "illuminance": {"lx": 1, "lux": 1, "klx": 1e3},
    "ratio": {"1": 1, "": 1, "lqi": 1, "%": 0.01, "%RH": 0.01, "% RH": 0.01},
    "mixing ratio": {"ppm": 1, "[ppm]": 1, "ppb": 1e-3, "[ppb]": 1e-3},
    "mass in air": {"ug/m3": 1, "mg/m3": 1e3},
    "pressure": {"hPa": 1, "mbar": 1, "Pa": 0.01, "kPa": 10, "bar": 1e3, "psi": 68.947573, "mmHg": 1.3332239, "inHg": 33.863886},
    "level": {"dB": 1, "dBA": 1, "dB(A)": 1},
    "level of power": {"dBm": 1, "dB[mW]": 1},
    "time": {"s": 1, "sec": 1, "ms": 1e-3, "min": 60, "h": 3600, "d": 86_400},
    "volume": {"m3": 1, "L": 1e-3, "l": 1e-3, "ft3": 0.028316847, "gal": 0.0037854118},
    "rate of bits": {"bit/s": 1, "bps": 1, "kbit/s": 1e3, "Mbit/s": 1e6},
    "bytes": {"By": 1, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9},
}  # fmt: skip
_UNITS = {name: _Unit(dimension, size) for dimension, sizes in _DIMENSIONS.items() for name, size in sizes.items()} | {
    **{name: _Unit("temperature", 1) for name in ("Cel", "°C", "C", "℃", "degC", "celsius", "Celsius")},
    **{name: _Unit("temperature", 5 / 9, -160 / 9) for name in ("°F", "F", "℉", "degF", "fahrenheit", "Fahrenheit")},
    "K": _Unit("temperature", 1, -273.15),
}
_SPELLED = str.maketrans({"µ": "u", "μ": "u", "³": "3", "²": "2"})


def conversion(told: str, wanted: str) -> Conversion:
    """How numbers in the unit `told` become numbers in the catalogue's unit `wanted`; as they are where they are spelled alike.

    `Poison` ``unknown_unit`` when one is unknown or they measure different things.

    >>> conversion("°F", "Cel").scale * 212 + conversion("°F", "Cel").offset, conversion("µg/m³", "ug/m3").scale
    (100.0, 1.0)
    """
    spelled = told.strip().translate(_SPELLED)
    if spelled == wanted:
        return Conversion(1.0, 0.0)
    source, goal = _UNITS.get(spelled), _UNITS.get(wanted)
    if source is None or goal is None or source.dimension != goal.dimension:
        raise Poison("unknown_unit", f"{told[:40]!r} is no unit that becomes {wanted}")
    return Conversion(source.size / goal.size, (source.zero - goal.zero) / goal.size)
