"""Units, decimals, words and colours of what is measured, all from the catalogue of metrics."""

from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard, units

from campus.metrics import Health, Metric, MetricKind
from dashboards.words import Language

IN: Final = "#74b1f5"
OUT: Final = "#4fc9b8"
"""In and out, the same two colours everywhere, as on the console."""
GOOD: Final = "#5fae8c"
ATTENTION: Final = "#e3a73c"
FAILED: Final = "#e5575f"
UNKNOWN: Final = "#8793a1"
QUIET: Final = "#9fb0c0"
"""For a number that is neither good nor bad."""
CALM: Final = "#33413d"
"""A tile of which nothing is to be said."""
LIMIT: Final = "#e5575f"
STRONG: Final = "#b79cf0"
"""A second line that must not be taken for in, out or a warning: a percentile, a measured limit."""

_HEALTH: Final = {Health.ATTENTION: ATTENTION, Health.FAILED: FAILED, Health.UNKNOWN: UNKNOWN}
_CALM: Final = (
    "#5fae8c",
    "#6f9fd8",
    "#4f7f9f",
    "#93b8a5",
    "#7d86c9",
    "#a7b7c7",
    "#5b9aa8",
    "#c0b283",
    "#8fa3d0",
    "#7fb7b0",
)
"""States that are all good are told apart by these, in the order of the catalogue."""

_UNITS: Final[dict[str, str]] = {
    "1": units.NoUnit,
    "%": units.Percent,
    "bit/s": units.BitsPerSecondSI,
    "By": units.BytesIEC,
    "s": units.Seconds,
    "ms": units.Milliseconds,
    "h": "suffix:h",
    "d": "suffix:d",
    "Cel": units.Celsius,
    "V": units.Volt,
    "A": units.Ampere,
    "W": units.Watt,
    "Hz": units.Hertz,
    "V.A": units.VoltAmpere,
    "var": units.VoltAmpereReactive,
    "kW.h": units.KiloWattHour,
    "m3": units.CubicMeter,
    "[ppm]": units.PartsPerMillion,
    "[ppb]": units.PartsPerBillion,
    "ug/m3": units.MicrogramPerCubicMeter,
    "hPa": units.Hectopascals,
    "lx": units.Lux,
    "dB": units.Decibel,
    "dB[mW]": units.DecibelMilliWatt,
    "{packet}/s": units.PacketsPerSecond,
    "{turn}/min": units.RevolutionsPerMinute,
    "MHz": "suffix:MHz",
}
_SCALED: Final = frozenset({"bit/s", "By", "s", "ms", "W", "Hz", "V.A", "var", "kW.h"})
"""Grafana picks k, M, G for these, or minutes and hours; the decimals that fit come with that."""


Steps = tuple[str, tuple[tuple[float, str], ...]]
"""A base colour, and the values from which other colours hold."""


def grafana_unit(unit: str) -> str:
    """Grafana's id of a UCUM unit; `KeyError` for one that nobody mapped.

    Counts (``{client}``) are plain numbers: what is counted stands in the title. Rates keep their time.

    >>> grafana_unit("bit/s"), grafana_unit("{client}"), grafana_unit("{poll}/min")
    ('bps', 'none', 'suffix:/min')
    """
    if unit in _UNITS:
        return _UNITS[unit]
    counted, slash, per = unit.partition("/")
    if counted.startswith("{") and counted.endswith("}") and (not slash or per in ("s", "min")):
        return f"suffix:/{per}" if slash else units.NoUnit
    raise KeyError(f"no unit of Grafana for {unit!r}: add it to dashboards/appearance.py")


def decimals(metric: Metric) -> int | None:
    """Digits after the point as finely as the metric is read, two at most; None leaves it to Grafana.

    >>> decimals(Metric("%", "Load", "负载", resolution=0.1)), decimals(Metric("bit/s", "In", "入向"))
    (1, None)
    """
    if metric.unit in _SCALED:
        return None
    return 0 if metric.resolution >= 1 else 1 if metric.resolution >= 0.1 else 2


def states(metric: Metric, language: Language) -> list[dashboard.ValueMapping]:
    """The words and colours of a state metric's values; nothing for a gauge."""
    if metric.kind is not MetricKind.STATE:
        return []
    good = [state.value for state in metric.states if state.health is Health.GOOD]
    options = {
        str(state.value): dashboard.ValueMappingResult(
            text=state.zh if language is Language.CHINESE else state.en,
            color=_HEALTH.get(state.health) or _CALM[good.index(state.value) % len(_CALM)],
            index=place,
        )
        for place, state in enumerate(metric.states)
    }
    return [dashboard.ValueMap(options=options)]


def worst_is_low(metric: Metric) -> bool:
    """Whether failed states have lower numbers than all good ones: then a bucket's lowest value is its worst."""
    failed = [state.value for state in metric.states if state.health is Health.FAILED]
    good = [state.value for state in metric.states if state.health is Health.GOOD]
    return bool(failed and good) and max(failed) < min(good)


def thresholds(base: str, *steps: tuple[float, str]) -> builders.ThresholdsConfig:
    """Colours from a value upwards; `base` below the first step."""
    found = [dashboard.Threshold(value=None, color=base)]
    found += [dashboard.Threshold(value=value, color=colour) for value, colour in steps]
    return builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(found)


def stepped(steps: Steps) -> builders.ThresholdsConfig:
    """The same from steps kept as data."""
    return thresholds(steps[0], *steps[1])


def fixed(colour: str) -> builders.FieldColor:
    """One colour."""
    return builders.FieldColor().mode(dashboard.FieldColorModeId.FIXED).fixed_color(colour)


def by_threshold() -> builders.FieldColor:
    """The colour of the threshold a value is in."""
    return builders.FieldColor().mode(dashboard.FieldColorModeId.THRESHOLDS)


def by_name() -> builders.FieldColor:
    """A colour for each series, the same wherever its name is the same."""
    return builders.FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC_BY_NAME)
