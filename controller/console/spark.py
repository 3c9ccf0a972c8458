"""A little picture of a link: in above, out below the zero line, no axes. Pure; an SVG document of its own.

It stands in pages as an image, where the page's styles do not reach: its colours read on light and dark alike.
"""

import math
from typing import Final

from controller.telemetry.model import Chart

WIDTH: Final = 132
HEIGHT: Final = 32
_IN, _OUT, _ZERO = "#3b82c4", "#1f9a8d", "#8592a0"
_MIDDLE: Final = HEIGHT / 2


def spark_svg(inward: Chart, outward: Chart, start: int, end: int) -> str:
    """Both directions of a link over [start, end), each side scaled by the peak of both; gaps stay open."""
    peak = max((value for chart in (inward, outward) for value in _known(chart)), default=0.0)
    shapes = [
        f'<path d="{path}" fill="{tint}" fill-opacity=".25" stroke="{tint}" stroke-width="1"/>'
        for chart, tint, side in ((inward, _IN, -1), (outward, _OUT, 1))
        for path in _paths(chart, start, end, peak, side)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path d="M0 {_MIDDLE}H{WIDTH}" stroke="{_ZERO}" stroke-width=".7" stroke-opacity=".6"/>{"".join(shapes)}</svg>'
    )


def _known(chart: Chart) -> list[float]:
    return [value for line in chart.series for value in line.mean.tolist() if not math.isnan(value)]


def _paths(chart: Chart, start: int, end: int, peak: float, side: int) -> list[str]:
    """One closed area for each stretch without a gap."""
    if not chart.series or peak <= 0 or end <= start:
        return []
    runs: list[list[tuple[float, float]]] = [[]]
    line = chart.series[0]
    for at, value in zip(line.at.tolist(), line.mean.tolist(), strict=True):
        if math.isnan(value):
            runs.append([])
            continue
        x = (at - start) / (end - start) * WIDTH
        runs[-1].append((x, _MIDDLE + side * value / peak * (_MIDDLE - 1)))
    return [_area(run) for run in runs if len(run) > 1]


def _area(run: list[tuple[float, float]]) -> str:
    points = "L".join(f"{x:.1f} {y:.1f}" for x, y in run)
    return f"M{run[0][0]:.1f} {_MIDDLE}L{points}L{run[-1][0]:.1f} {_MIDDLE}"
