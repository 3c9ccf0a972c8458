"""Stories of devices side by side on one time line of minutes, through the real engine with the shipped rules."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from campus.ids import DeviceId
from campus.metrics import catalogue
from campus.samples import DeviceFacts, DeviceKind, Neighbour
from tests.support.district import NO_1, address_of
from tests.unit.alerts.scene import Scene

Curve = Sequence[tuple[float, float | str]]
"""Corners (minute, value): straight lines between numbers, steps between states, the last one lasts."""
Window = tuple[int, int]
"""Minutes from which and until which something is expected."""


class Story(NamedTuple):
    """What one device tells (metric or "metric of part" -> curve), and which alerts that is to make, when."""

    kind: DeviceKind
    told: Mapping[str, Curve]
    want: Mapping[str, Window] = {}
    uplinks: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()


def play(scene: Scene, stories: Mapping[str, Story], minutes: int, every: int = 1) -> None:
    """All stories from minute 0 on, a sample each `every` minutes; asserts that just the wanted alerts open, in their windows."""
    facts = [
        DeviceFacts(
            DeviceId(name),
            story.kind,
            scene.at(0),
            uplinks=story.uplinks,
            neighbours=tuple(Neighbour(port, remote_name="other") for port in story.neighbours),
        )
        for name, story in stories.items()
    ]
    scene.registry.service.learn_facts(address_of(NO_1), facts, scene.at(0))
    scene.restart()
    for minute in range(0, minutes, every):
        scene.registry.clock.now = scene.at(minute * 60)
        for name, story in stories.items():
            for series, curve in story.told.items():
                metric, _, part = series.partition(" of ")
                value = value_at(metric, curve, minute)
                scene.feed.say(NO_1, name, metric, value, at=scene.registry.clock.now, instance=part)
        scene.engine.tick(scene.registry.clock.now)
    opened: dict[str, dict[str, float]] = defaultdict(dict)
    for alert in scene.everything():
        opened[alert.device][alert.rule] = (alert.opened_at - scene.at(0)) / 60_000
    assert {name: set(rules) for name, rules in opened.items()} == {
        name: set(story.want) for name, story in stories.items() if story.want
    }
    for name, story in stories.items():
        for rule, (earliest, latest) in story.want.items():
            assert earliest <= opened[name][rule] <= latest, (name, rule, opened[name][rule])


def value_at(metric: str, curve: Curve, minute: float) -> float:
    """The value of a curve; a state by its name."""
    if isinstance(curve[0][1], str):
        name = [value for corner, value in curve if corner <= minute][-1]
        states = {state.name: state.value for state in catalogue()[metric].states}  # type: ignore[index]
        return float(states[str(name)])
    corners = [corner for corner, _ in curve]
    return float(np.interp(minute, corners, [float(value) for _, value in curve]))
