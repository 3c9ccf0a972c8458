"""More is found than can wait for a database that is away: it is found again in what is stored, and nothing is told twice."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from campus.errors import Transient
from campus.samples import Event, Severity
from controller.alerts.engine import AlertEngine
from controller.alerts.model import AlertState
from tests.support.district import KITCHEN, NO_1, SWITCH, address_of
from tests.unit.alerts.scene import Scene

PARTS = [f"freezer-{number}" for number in range(30)]


@contextmanager
def away(scene: Scene) -> Iterator[None]:
    """Nothing of alerts can be read or written."""
    with scene.registry.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE alert RENAME TO alert_away")
    yield
    with scene.registry.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE alert_away RENAME TO alert")


@pytest.fixture
def small(scene: Scene) -> Scene:
    """A scene whose engine keeps twenty findings at most."""
    registry = scene.registry
    scene.engine = AlertEngine(
        scene.feed.store, registry.service, registry.engine, registry.clock, scene.rulebook, most_waiting=20
    )
    scene.engine.restore()
    scene.feed.listeners[:] = [scene.engine.judge]
    return scene


def gas(scene: Scene, second: float, level: float, parts: list[str]) -> None:
    scene.registry.clock.now = max(scene.registry.clock.now, scene.at(second))
    for part in parts:
        scene.feed.say(NO_1, KITCHEN, "gas_percent_lel", level, at=scene.at(second), instance=part)


def test_what_is_still_bad_is_told_once_when_the_database_is_back(small: Scene) -> None:
    gas(small, 0, 0, PARTS)
    gas(small, 10, 40, PARTS[:2])
    small.engine.tick(small.at(10))
    assert len(small.open()) == 2
    with away(small):
        gas(small, 20, 40, PARTS)
        with pytest.raises(Transient):
            small.engine.tick(small.at(20))
        figures = small.engine.figures()
        assert (figures.waiting, figures.dropped > 0) == (0, True)
        gas(small, 30, 40, PARTS[5:])
        for second in range(30, 200, 10):
            gas(small, second, 0, PARTS[:5])
        gas(small, 190, 40, PARTS[5:])
        with pytest.raises(Transient):
            small.engine.tick(small.at(200))
    small.engine.tick(small.at(201))
    assert sorted(alert.instance for alert in small.open()) == sorted(PARTS[5:])
    assert small.engine.figures().waiting == 0
    by_part = [(alert.instance, alert.state) for alert in small.everything()]
    assert len(by_part) == len(set(by_part))
    assert (PARTS[0], AlertState.CLEARED) in by_part


def test_a_second_outage_is_borne_as_well(small: Scene) -> None:
    gas(small, 0, 0, PARTS)
    for start in (10, 1000):
        with away(small):
            gas(small, start, 40, PARTS)
            with pytest.raises(Transient):
                small.engine.tick(small.at(start))
        small.engine.tick(small.at(start + 1))
        assert len(small.open()) == len(PARTS)
        for later in (100, 200, 400, 500):
            gas(small, start + later, 0, PARTS)
            small.engine.tick(small.at(start + later))
        assert small.open() == []


def test_events_that_could_not_wait_are_taken_up_from_disk(small: Scene) -> None:
    gas(small, 0, 0, PARTS)
    with away(small):
        gas(small, 20, 40, PARTS)
        events = [Event(SWITCH, small.at(20), "fan_failed", "fan", Severity.MAJOR, str(n)) for n in range(5)]
        small.engine.note_events(address_of(NO_1), small.mark(), events)
        with pytest.raises(Transient):
            small.engine.tick(small.at(21))
    small.engine.tick(small.at(22))
    assert sum(alert.rule == "event:fan_failed" for alert in small.open()) == 5
