"""A day of a service at a glance: an SVG document of its own, a bar for each hour. Pure.

How high the coloured part of a bar is tells for how many schools it failed; where nobody looked the bar is dotted, so that
it reads without colours. It stands in pages as an image, where the page's styles do not reach: it reads on light and dark.
"""

import math
from typing import Final

from controller.applications.model import ServiceHistory

WIDTH: Final = 144
HEIGHT: Final = 24
_BARS: Final = 24
_GOOD, _BAD, _NOTHING = "#3f9a6b", "#d64545", "#8592a0"
_GAP: Final = 1.2


def strip_svg(history: ServiceHistory) -> str:
    """The bars of [start, end), each of a 24th of it."""
    width = WIDTH / _BARS
    bars = [_bar(place * width, width - _GAP, share) for place, share in enumerate(_shares(history))]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"{''.join(bars)}</svg>"
    )


def _shares(history: ServiceHistory) -> list[float | None]:
    """The worst share of each bar, None where nobody looked."""
    shares: list[float | None] = [None] * _BARS
    span_ms = max(1, history.end - history.start)
    for at, share in zip(history.at.tolist(), history.failed_share.tolist(), strict=True):
        place = min(_BARS - 1, max(0, (at + history.step_ms // 2 - history.start) * _BARS // span_ms))
        if not math.isnan(share):
            shares[place] = max(share, shares[place] or 0.0)
    return shares


def _bar(x: float, width: float, share: float | None) -> str:
    if share is None:
        return (
            f'<path d="M{x + width / 2:.1f} 3V{HEIGHT - 3}" stroke="{_NOTHING}" stroke-width="1" stroke-dasharray="1 4" '
            'stroke-opacity=".7"/>'
        )
    high = max(4.0, share * HEIGHT) if share > 0 else 0.0
    calm = f'<rect x="{x:.1f}" y="{HEIGHT - 3}" width="{width:.1f}" height="3" fill="{_GOOD}" fill-opacity=".75"/>'
    bad = f'<rect x="{x:.1f}" y="{HEIGHT - high:.1f}" width="{width:.1f}" height="{high:.1f}" rx="1" fill="{_BAD}"/>'
    return bad if high else calm
