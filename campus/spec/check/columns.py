"""What is wrong inside one readable samples frame. Pure; looks at whole columns, and at single samples only to name them."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from campus.delivery import LATE_AFTER_MS, SetAside
from campus.document import nearest
from campus.ids import MetricId
from campus.metrics import Metric, MetricKind, publishable
from campus.samples import SeriesKey
from campus.wire.columns import Columns

_NOISE = 1e-6
"""How far from a whole number of resolution steps a value may lie, in steps: 21.7 is 217.00000000000003 steps of 0.1."""
_SLACK_MS = 1_000
"""A sender may cut `sent_at` to whole seconds."""
Mask = NDArray[np.bool_]


class Mistake(NamedTuple):
    """`samples` samples are wrong in one way; `first` is the index of the first and `subject` what they share."""

    reason: str
    subject: str
    detail: str
    first: int
    samples: int


def sample_mistakes(keys: list[SeriesKey], columns: Columns, sent_at: int, arrived_at: int) -> Iterator[Mistake]:
    """Mistakes of one frame's samples; `columns.series` index `keys`. A file's frames have arrived when they were sent."""
    yield from _time_mistakes(keys, columns, sent_at, arrived_at)
    metric_of_series = np.unique([key.metric for key in keys], return_inverse=True)
    names, of_sample = metric_of_series[0], metric_of_series[1][columns.series]
    for code, name in enumerate(names.tolist()):
        mine = of_sample == code
        if not mine.any():
            continue
        metric = publishable().get(MetricId(name))
        if metric is None:
            yield _unknown(name, mine)
        else:
            yield from _value_mistakes(name, metric, keys, columns, mine)


def _unknown(name: str, mine: Mask) -> Mistake:
    advice = nearest(name, list(map(str, publishable())))
    detail = f"metric {name!r} is not in the catalogue.{advice if 'Did you mean' in advice else ''}"
    return Mistake(SetAside.UNKNOWN_METRIC, name, detail, _first(mine), int(mine.sum()))


def _value_mistakes(
    name: str, metric: Metric, keys: list[SeriesKey], columns: Columns, mine: Mask
) -> Iterator[Mistake]:
    value = columns.value

    def said(reason: str, bad: Mask, sentence: Callable[[float], str]) -> Iterator[Mistake]:
        if bad.any():
            index = _first(bad)
            key = keys[int(columns.series[index])]
            part = f" {key.instance}" if key.instance else ""
            yield Mistake(reason, name, f"{key.device}{part}: {sentence(float(value[index]))}", index, int(bad.sum()))

    if metric.kind is MetricKind.STATE:
        states = ", ".join(f"{state.value} {state.name}" for state in metric.states)
        nameless = mine & ~np.isin(value, [state.value for state in metric.states])
        yield from said(SetAside.UNKNOWN_STATE, nameless, lambda seen: f"{name} {seen:g} is none of {states}")
        return
    impossible = (value < metric.minimum) | (value > metric.maximum)
    outside = mine & impossible
    bounds = f"{metric.minimum:g} to {metric.maximum:g} {metric.unit}"
    yield from said(SetAside.OUT_OF_RANGE, outside, lambda seen: f"{name} {seen:g} is outside {bounds}")
    steps = np.where(impossible, 0.0, value) / metric.resolution
    fine = mine & ~outside & (np.abs(steps - np.rint(steps)) > np.maximum(_NOISE, np.abs(steps) * 1e-12))
    step = f"the resolution is {metric.resolution:g} {metric.unit}"
    yield from said("finer_than_resolution", fine, lambda seen: f"{name} {seen!r}: {step}")


def _time_mistakes(keys: list[SeriesKey], columns: Columns, sent_at: int, arrived_at: int) -> Iterator[Mistake]:
    ahead = columns.measured_at - sent_at
    age = arrived_at - columns.measured_at
    cases = (
        ("measured_after_sent", ahead > _SLACK_MS, ahead, "measured {} s after its frame was sent"),
        ("late_samples", age > LATE_AFTER_MS, age, "measured {} s before it arrived"),
    )
    for reason, bad, span_ms, sentence in cases:
        if bad.any():
            index = _first(bad)
            device = keys[int(columns.series[index])].device
            detail = f"{device}: {sentence.format(f'{int(span_ms[index]) / 1000:,.1f}')}"
            yield Mistake(reason, device, detail, index, int(bad.sum()))


def _first(mask: Mask) -> int:
    return int(np.argmax(mask))
