"""One series as arithmetic on a site's quantities."""

from dataclasses import dataclass

from campus.samples import SeriesKey


@dataclass(frozen=True)
class Linear:
    """value = rint(quantity x a + b) x scale + offset; without rint for rates (`is_whole` False)."""

    column: int
    a: float = 1.0
    b: float = 0.0
    scale: float = 1.0
    offset: float = 0.0
    is_whole: bool = True


@dataclass(frozen=True)
class Constant:
    """The same value always."""

    value: float


@dataclass(frozen=True)
class Lookup:
    """value = the number that `numbers` has for the quantity as a whole number; pairs, sorted."""

    column: int
    numbers: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Running:
    """Seconds since the device started last."""


@dataclass(frozen=True)
class Jitter:
    """A response time in milliseconds: no quantity of the device, a little chance."""

    key: int


Rule = Linear | Constant | Lookup | Running | Jitter


@dataclass(frozen=True)
class Formula:
    """A series and its rule. `resolution` is the metric's; `alive` is the column that must be above 0 for a sample to exist
    (-1: it always exists)."""

    key: SeriesKey
    rule: Rule
    resolution: float
    alive: int
