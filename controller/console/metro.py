"""The metro network as a picture: the centre in the middle, schools around it, a double line to each for in and out.

Pure: gives points and classes, the template draws them. Schools go round an ellipse from the top, clockwise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from campus.metrics import Health
from controller.overview.model import LinkNow, SiteHealth

WIDTH: Final = 800
HEIGHT: Final = 392
MAX_SCHOOLS: Final = 24
"""More do not fit legibly; the page shows the grid and the list alone then."""
HOT: Final = 0.7
_RADIUS_X, _RADIUS_Y = 205, 140
_GAP = 3.2


@dataclass(frozen=True)
class Strand:
    """One direction of a link as a line; `tone` names its look, `width` grows with the load."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: str
    width: float


@dataclass(frozen=True)
class Spoke:
    """A school, where it stands, and the strands of its uplink. `anchor` is SVG's text-anchor."""

    site: SiteHealth
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str
    strands: tuple[Strand, ...]


@dataclass(frozen=True)
class Metro:
    """The whole picture."""

    centre: SiteHealth | None
    spokes: tuple[Spoke, ...]
    width: int = WIDTH
    height: int = HEIGHT
    middle_x: float = WIDTH / 2
    middle_y: float = HEIGHT / 2


def metro(sites: Sequence[SiteHealth]) -> Metro | None:
    """The picture of all sites; None when there is no school, or there are too many to draw."""
    centre = next((each for each in sites if each.site.is_centre), None)
    schools = [each for each in sites if not each.site.is_centre]
    if not schools or len(schools) > MAX_SCHOOLS:
        return None
    return Metro(centre, tuple(_spoke(site, place, len(schools)) for place, site in enumerate(schools)))


def _spoke(site: SiteHealth, place: int, count: int) -> Spoke:
    # Half a step off the vertical: two schools share the top, so that no label stands over the centre line.
    angle = -math.pi / 2 + (place + 0.5) * 2 * math.pi / count
    x = WIDTH / 2 + _RADIUS_X * math.cos(angle)
    y = HEIGHT / 2 + _RADIUS_Y * math.sin(angle)
    sideways = math.cos(angle)
    anchor = "middle" if abs(sideways) < 0.25 else "start" if sideways > 0 else "end"
    below = math.sin(angle) > 0
    label_x = x if anchor == "middle" else x + math.copysign(24, sideways)
    label_y = (y + 38 if below else y - 38) if anchor == "middle" else y - 2
    strands = tuple(strand for link in site.links[:1] for strand in _strands(site, link, x, y))
    return Spoke(site, round(x, 1), round(y, 1), round(label_x, 1), round(label_y, 1), anchor, strands)


def _strands(site: SiteHealth, link: LinkNow, x: float, y: float) -> list[Strand]:
    middle_x, middle_y = WIDTH / 2, HEIGHT / 2
    if link.is_up is False or site.is_cut_off:
        return [Strand(middle_x, middle_y, x, y, "down", 2.5)]
    if site.health is Health.UNKNOWN or (link.inbound_bps is None and link.outbound_bps is None):
        return [Strand(middle_x, middle_y, x, y, "unknown", 2)]
    length = math.hypot(x - middle_x, y - middle_y)
    aside_x, aside_y = -(y - middle_y) / length * _GAP, (x - middle_x) / length * _GAP
    return [
        _line(middle_x, middle_y, x, y, aside_x * side, aside_y * side, _look(rate, link.link.capacity_bps, tone))
        for side, tone, rate in ((1, "in", link.inbound_bps), (-1, "out", link.outbound_bps))
    ]


def _look(rate: float | None, capacity: float, tone: str) -> tuple[str, float]:
    if rate is None or capacity <= 0:
        return "unknown", 1.5
    load = min(rate / capacity, 1.0)
    return ("hot" if load > HOT else tone), round(1.2 + 4.3 * load, 1)


def _line(
    x1: float, y1: float, x2: float, y2: float, aside_x: float, aside_y: float, look: tuple[str, float]
) -> Strand:
    return Strand(
        round(x1 + aside_x, 1), round(y1 + aside_y, 1), round(x2 + aside_x, 1), round(y2 + aside_y, 1), look[0], look[1]
    )
