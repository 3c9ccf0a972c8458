"""A device that says that something changed is read before its turn: soon, once for many who ask, and nothing else moves."""

import asyncio
from collections.abc import Awaitable, Callable

from hypothesis import given
from hypothesis import strategies as st

from agent.collect.port import Cadence, Harvest
from agent.poll import SETTLE_S, SOON_AT_MOST_EVERY_S, Polled, Poller
from agent.schedule import Outcome, Turns
from campus.ids import DeviceId
from tests.fakes.collector import FakeCollector
from tests.fakes.manual_timer import ManualTimer

INTERVALS = {Cadence.FAST: 300.0, Cadence.NORMAL: 600.0, Cadence.SLOW: 3000.0}
START = 1000.0
SW = DeviceId("sw-1")


def poll(script: Callable[[Poller, ManualTimer, list[float]], Awaitable[None]], collector: FakeCollector) -> None:
    """Poll one device while `script` drives the clock; the third argument fills with the moments of its polls."""
    timer = ManualTimer()
    moments: list[float] = []

    def sink(_device: DeviceId, _harvest: Harvest) -> None:
        moments.append(timer.now_s())

    async def main() -> None:
        devices = [Polled(SW, collector, Turns(SW, INTERVALS, 600.0, timer.now_s()))]
        poller = Poller(devices, sink, concurrency=2, timeout_s=60, clock=timer.utc_ms, timer=timer)
        task = asyncio.create_task(poller.run())
        await timer.advance(700)
        moments.clear()
        await script(poller, timer, moments)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


def test_many_who_ask_are_one_reading_and_what_comes_during_it_is_another() -> None:
    collector = FakeCollector(SW)

    async def script(poller: Poller, timer: ManualTimer, moments: list[float]) -> None:
        asked_s = timer.now_s()
        for _ in range(100):
            poller.poll_soon(SW)
        await timer.advance(SETTLE_S)
        assert moments == [asked_s + SETTLE_S]
        assert {Cadence.FAST, Cadence.NORMAL} <= collector.polls[-1]
        for _ in range(5):
            poller.poll_soon(SW)
            await timer.advance(1)
        assert len(moments) == 1
        await timer.advance(SOON_AT_MOST_EVERY_S)
        assert moments == [asked_s + SETTLE_S, asked_s + SETTLE_S + SOON_AT_MOST_EVERY_S]

    poll(script, collector)


def test_the_turns_of_the_device_stay_where_they_are() -> None:
    collector = FakeCollector(SW)

    async def script(poller: Poller, timer: ManualTimer, moments: list[float]) -> None:
        await timer.advance(400)
        regular = moments[-1] + 300
        poller.poll_soon(SW)
        await timer.advance(301)
        assert moments[-1] == regular
        assert poller.skipped == 0

    poll(script, collector)


def test_one_that_does_not_answer_is_tried_at_once_when_it_speaks() -> None:
    collector = FakeCollector(SW)
    collector.is_up = False

    async def script(poller: Poller, timer: ManualTimer, moments: list[float]) -> None:
        collector.is_up = True
        poller.poll_soon(SW)
        await timer.advance(1)
        assert len(moments) == 1

    poll(script, collector)


def test_a_device_nobody_polls_is_not_asked_for() -> None:
    async def script(poller: Poller, timer: ManualTimer, moments: list[float]) -> None:
        poller.poll_soon(DeviceId("sw-9"))
        await timer.advance(2)
        assert moments == []

    poll(script, FakeCollector(SW))


@given(st.lists(st.tuples(st.floats(0, 400), st.sampled_from(Outcome)), min_size=1, max_size=30))
def test_nothing_that_was_due_is_forgotten_when_a_poll_is_hastened(steps: list[tuple[float, Outcome]]) -> None:
    turns = Turns(SW, INTERVALS, 600.0, START)
    now_s = START
    for forward_s, outcome in steps:
        planned = turns.next
        turns.hasten(max(now_s, planned.due_s - forward_s))
        assert turns.next.due_s <= planned.due_s
        hastened = turns.next.cadences
        now_s = turns.next.due_s + 0.1
        after = turns.finish(outcome, now_s)
        if outcome is Outcome.ANSWERED and now_s < planned.due_s - 1e-3:
            assert after.due_s <= planned.due_s
            again = after.cadences if after.due_s == planned.due_s else frozenset(Cadence)
            assert planned.cadences <= hastened | again
