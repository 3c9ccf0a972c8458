"""What a chart is sent: points in the district's wall time, gaps as empty points, states as blocks, limits as lines.

Answers of the chart addresses, JSON: ``{kind: lines|mirrored|strip, language, start, end, seconds, unit, floor, ceiling,
series, limits, states}``. Times are wall-clock milliseconds (as if UTC), so that the browser's own zone plays no part.
A point is ``[at, mean, minimum, maximum]``, numbers null in a gap. A block is ``[from, to, place in states]``.
"""

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from campus.metrics import Metric
from campus.samples import DeviceKind
from controller.alerts.model import Comparison, Rule, Threshold
from controller.console.format import local, unit_name
from controller.console.language import Language
from controller.console.page import Page
from controller.store.port import Level
from controller.telemetry.model import Chart, ChartSeries

STEP_MS: Final = {Level.RAW: 0, Level.FIVE_MINUTES: 300_000, Level.HOUR: 3_600_000, Level.DAY: 86_400_000}
DEFAULT_STEP_MS: Final = 60_000
MIXED: Final = -1
"""The state of a bucket in which it changed."""
_SECONDS_WORDS: Final = {
    Language.EN: [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]],
    Language.ZH: [[86_400, "天"], [3_600, "小时"], [60, "分钟"], [1, "秒"]],
}
Json = dict[str, object]


def lines_picture(page: Page, inward: Chart, outward: Chart | None, limits: Sequence[Json] = ()) -> Json:
    """Numbers over time; with `outward` the two are mirrored about zero."""
    definition = inward.definition
    series = [_line(page, each, "in" if outward else "") for each in inward.series]
    series += [_line(page, each, "out") for each in outward.series] if outward else []
    names = {"in": page.metric(inward.metric), "out": page.metric(outward.metric) if outward else ""}
    for entry in series:
        entry["name"] = names.get(str(entry["role"])) or entry["name"] or page.metric(inward.metric)
    return {
        **_frame(page, inward, "mirrored" if outward else "lines"),
        "unit": _unit(definition, page.language),
        # Percentages stand on their whole scale; temperatures and voltages would be flat on theirs.
        "floor": None if outward or definition.minimum < 0 or definition.unit == "V" else 0,
        "ceiling": 100 if definition.unit == "%" and definition.maximum == 100 else None,
        "series": series,
        "limits": list(limits),
    }


def strip_picture(page: Page, charts: Sequence[Chart]) -> Json:
    """States over time: a row for each part of each state metric. A block names its state by its place in `states`."""
    rows: list[Json] = []
    states: list[Json] = []
    places: dict[tuple[str, int], int] = {}
    for chart in charts:
        for each in chart.series:
            blocks = _blocks(each, STEP_MS[chart.level], chart.end, page.zone)
            for block in blocks:
                key = (chart.metric, block[2])
                if key not in places:
                    places[key] = len(states)
                    states.append(_state(page, chart, block[2]))
                block[2] = places[key]
            part = f" · {page.part(each.instance)}" if len(chart.series) > 1 else ""
            rows.append({"name": page.metric(chart.metric) + part, "blocks": blocks})
    return {**_frame(page, charts[0], "strip"), "series": rows, "states": states}


def _state(page: Page, chart: Chart, value: int) -> Json:
    """`rank` is the place among the metric's states, by which calm ones get their tints."""
    if value == MIXED:
        return {"name": page.t("chart.mixed"), "health": "good", "rank": 3}
    state = chart.definition.state(value)
    if state is None:
        return {"name": str(value), "health": "unknown", "rank": 0}
    calm = [each.value for each in chart.definition.states if each.health == "good"]
    rank = calm.index(state.value) if state.value in calm else 0
    return {"name": page.state(state), "health": state.health, "rank": rank}


def rule_limits(
    page: Page, rules: Sequence[Rule], metric: str, kind: DeviceKind, instances: Sequence[str]
) -> list[Json]:
    """The levels at which somebody would be called, for a metric of a device; each level once."""
    found: dict[tuple[float, Comparison], Json] = {}
    for rule in rules:
        condition = rule.condition
        if rule.metric != metric or not isinstance(condition, Threshold) or (rule.kinds and kind not in rule.kinds):
            continue
        meant = [instance for instance in instances if fnmatchcase(instance, rule.instance)]
        if not meant:
            continue
        above = condition.comparison is Comparison.ABOVE
        key = "chart.alarm_line" if above else "chart.alarm_line_below"
        text = page.t(key, value=page.quantity(condition.level, metric))
        if len(meant) < len(instances):
            text = f"{page.t('common.comma').join(page.part(each) for each in meant)}: {text}"
        found[condition.level, condition.comparison] = {"value": condition.level, "name": text}
    return list(found.values())


def wall_ms(at: int, zone: ZoneInfo) -> int:
    """An instant shifted to the zone's wall clock, read as UTC."""
    offset = local(at, zone).utcoffset()
    return at + (int(offset.total_seconds()) * 1000 if offset else 0)


def _frame(page: Page, chart: Chart, kind: str) -> Json:
    return {
        "kind": kind,
        "language": page.language,
        "start": wall_ms(chart.start, page.zone),
        "end": wall_ms(chart.end, page.zone),
        "seconds": chart.end - chart.start <= 2 * 3_600_000,
        "level": chart.level,
    }


def _line(page: Page, series: ChartSeries, role: str) -> Json:
    offset = wall_ms(int(series.at[0]), page.zone) - int(series.at[0]) if len(series.at) else 0
    columns = [np.round(column, 4) for column in (series.mean, series.minimum, series.maximum)]
    points = [
        [at + offset, *(None if math.isnan(value) else value for value in row)]
        for at, *row in zip(series.at.tolist(), *(column.tolist() for column in columns), strict=True)
    ]
    return {
        "name": page.part(series.instance),
        "role": role,
        "banded": bool(np.any(series.maximum > series.minimum)),
        "points": points,
    }


def _blocks(series: ChartSeries, step_ms: int, end: int, zone: ZoneInfo) -> list[list[int]]:
    """Stretches of one state: each sample lasts until the next; before a gap and at the end, as long as the one before it."""
    offset = wall_ms(int(series.at[0]), zone) - int(series.at[0]) if len(series.at) else 0
    rows = list(zip(series.at.tolist(), series.minimum.tolist(), series.maximum.tolist(), strict=True))
    blocks: list[list[int]] = []
    lasted = step_ms or DEFAULT_STEP_MS
    for place, (at, low, high) in enumerate(rows):
        if math.isnan(low):
            continue
        following = rows[place + 1] if place + 1 < len(rows) else None
        if following is not None and not math.isnan(following[1]):
            lasted = following[0] - at
        until = min(at + lasted, end if following is None else following[0])
        state = int(low) if low == high else MIXED
        if blocks and blocks[-1][2] == state and blocks[-1][1] >= at + offset:
            blocks[-1][1] = until + offset
        else:
            blocks.append([at + offset, until + offset, state])
    return blocks


def _unit(definition: Metric, language: Language) -> Json:
    scale = {"bit/s": "decimal", "By": "bytes", "s": "seconds"}.get(definition.unit, "")
    name = "bit/s" if scale == "decimal" else unit_name(definition.unit, language)
    return {"scale": scale, "name": name, "words": _SECONDS_WORDS[language]}
