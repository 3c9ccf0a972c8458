"""Recurring work goes on whatever a round does."""

import logging
import threading

import pytest

from campus.errors import Transient
from controller.housekeeping import Recurring
from tests.servers.daemon import wait_until


def test_rounds_come_until_stopped_and_survive_what_they_raise(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    plan = iter([Transient("disk busy"), Transient("disk busy"), ValueError("a bug"), None])
    seen: list[int] = []

    def work(now: int) -> None:
        seen.append(now)
        if (trouble := next(plan, None)) is not None:
            raise trouble

    recurring = Recurring("tally", 0.001, work, lambda: 42)
    recurring.start()
    wait_until(lambda: recurring.rounds >= 6, "six rounds")
    recurring.stop()
    rounds = recurring.rounds
    assert seen == [42] * rounds
    assert recurring.failures == {"transient": 2, "ValueError": 1}
    assert [record.message for record in caplog.records] == ["tally failed: disk busy", "tally works again"]
    figures = {(figure.name, figure.labels[-1][1]): figure.value for figure in recurring.figures()}
    assert figures.pop(("housekeeping_seconds_total", "tally")) > 0
    assert figures == {
        ("housekeeping_rounds_total", "tally"): rounds,
        ("housekeeping_failures_total", "transient"): 2,
        ("housekeeping_failures_total", "ValueError"): 1,
    }


def test_stop_waits_for_the_round_under_way() -> None:
    entered, finish, done = threading.Event(), threading.Event(), threading.Event()

    def work(_now: int) -> None:
        entered.set()
        finish.wait(10)
        done.set()

    recurring = Recurring("slow", 60, work, lambda: 0)
    recurring.start()
    assert entered.wait(10)
    threading.Timer(0.05, finish.set).start()
    recurring.stop()
    assert done.is_set()
    recurring.stop()


def test_a_wake_brings_the_next_round_at_once() -> None:
    recurring = Recurring("patient", 3600, lambda now: None, lambda: 0)
    recurring.start()
    wait_until(lambda: recurring.rounds == 1, "the first round")
    recurring.wake()
    wait_until(lambda: recurring.rounds == 2, "the round it was woken for")
    recurring.stop()


def test_stop_before_start_is_harmless() -> None:
    Recurring("never", 1, lambda now: None, lambda: 0).stop()
