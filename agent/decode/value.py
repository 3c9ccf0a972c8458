"""One raw value to one number of a metric: parsed, scaled, named, bounded, rounded.

Every refusal is a `Poison` with a countable reason.
"""

import math

from campus.errors import Poison
from campus.metrics import Metric
from firmware_profiles.model import PointType
from firmware_profiles.raw import Raw, text_of


def number_of(raw: Raw) -> float:
    """The number in a raw value; text that is a number counts. `Poison` ``not_a_number`` otherwise.

    >>> number_of(b"41.5\\x00"), number_of(3)
    (41.5, 3.0)
    """
    if isinstance(raw, bool) or raw is None:
        raise Poison("not_a_number", f"{raw!r} is not a number")
    if isinstance(raw, int | float):
        try:
            return float(raw)
        except OverflowError as error:
            raise Poison("not_a_number", "an integer beyond any number") from error
    text = text_of(raw)
    try:
        return float(text)
    except ValueError as error:
        raise Poison("not_a_number", f"{text[:40]!r} is not a number") from error


def mapped(raw: Raw, values: dict[int | str, float]) -> float:
    """The number that `values` says a raw value stands for, the raw number itself without any.

    `Poison` ``unknown_value`` when it stands for none.
    """
    if not values:
        return number_of(raw)
    text = text_of(raw)
    for known, number in values.items():
        if str(known) == text:
            return number
    raise Poison("unknown_value", f"{text[:40]!r} is no value the profile knows")


def si_factor(prefix: float) -> float:
    """The factor of an SI prefix as EntitySensorDataScale numbers it (RFC 3433): 9 is none, 8 is milli, 10 is kilo.

    >>> si_factor(9), si_factor(8), si_factor(10)
    (1.0, 0.001, 1000.0)
    """
    if prefix not in range(1, 18):
        raise Poison("unknown_value", f"{prefix:g} is no SI prefix")
    return float(10.0 ** (3 * (int(prefix) - 9)))


def is_ignored(raw: Raw, ignore: tuple[int | str, ...]) -> bool:
    """Whether the profile says that this raw value means "none here"."""
    return bool(ignore) and (raw in ignore or text_of(raw) in {str(word) for word in ignore})


def value_of(metric: Metric, raw: Raw, kind: PointType, scale: float, offset: float) -> float:
    """A gauge's or timeticks' raw value in the metric's unit, bounded and rounded."""
    ticks = 0.01 if kind is PointType.TIMETICKS else 1.0
    return settled(metric, number_of(raw) * ticks * scale + offset)


def bits_of(metric: Metric, raw: Raw, states: dict[int | str, str]) -> float:
    """The number of the first of `states` whose bit is set, bit 0 being the highest of the first octet (RFC 2578, 7.1.4).

    Where no bit is set it is that of the state under ``none``. `Poison` ``unknown_state`` when the profile knows none that fits.
    """
    octets = raw if isinstance(raw, bytes) else b""
    for bit, name in states.items():
        if isinstance(bit, int) and bit // 8 < len(octets) and octets[bit // 8] & (0x80 >> bit % 8):
            return float(metric.state_value(name))
    if any(octets) or "none" not in states:
        raise Poison("unknown_state", f"the bits {octets.hex()} are no state the profile knows")
    return float(metric.state_value(states["none"]))


def state_of(metric: Metric, raw: Raw, states: dict[int | str, str]) -> float:
    """The number of the state that `states` maps a raw value to; `Poison` ``unknown_state`` when it maps to none."""
    key = str(raw).lower() if isinstance(raw, bool) else text_of(raw)
    for known, name in states.items():
        if str(known) == key:
            return float(metric.state_value(name))
    raise Poison("unknown_state", f"{key[:40]!r} is no state the profile knows")


def settled(metric: Metric, value: float) -> float:
    """`value` rounded to the metric's resolution; `Poison` when it is not finite or physically impossible.

    >>> settled(Metric(unit="Cel", en="", zh="", minimum=-80, maximum=500, resolution=0.1), 21.449)
    21.4
    """
    if not math.isfinite(value):
        raise Poison("not_finite", "not a finite number")
    if not metric.minimum <= value <= metric.maximum:
        raise Poison("out_of_range", f"{value:g} is outside {metric.minimum:g} to {metric.maximum:g} {metric.unit}")
    digits = -math.log10(metric.resolution)
    if abs(digits - round(digits)) < 1e-9:
        return round(value, round(digits))
    return round(value / metric.resolution) * metric.resolution
