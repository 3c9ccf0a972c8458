"""Polling on a hand-driven clock: neighbours are untouched by a device that hangs, breaks or is gone."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from agent.collect.port import Cadence, Harvest
from agent.poll import Polled, Poller
from agent.schedule import Turns
from campus.ids import DeviceId
from tests.fakes.collector import FakeCollector
from tests.fakes.manual_timer import ManualTimer
from tests.support.eventually import until

INTERVALS = {Cadence.FAST: 5.0, Cadence.NORMAL: 15.0, Cadence.SLOW: 300.0}


class SlowCollector(FakeCollector):
    """Takes 12 s for an answer."""

    def __init__(self, device: str, timer: ManualTimer) -> None:
        super().__init__(device)
        self._timer = timer
        self.at_once = 0
        self.most_at_once = 0

    async def poll(self, cadences: frozenset[Cadence], now: int) -> Harvest:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self._timer.sleep_until(self._timer.now_s() + 12)
        self.at_once -= 1
        return await super().poll(cadences, now)


class BrokenCollector(FakeCollector):
    """Has a bug."""

    async def poll(self, cadences: frozenset[Cadence], now: int) -> Harvest:
        self.polls.append(cadences)
        raise ZeroDivisionError


class DeafCollector(FakeCollector):
    """Never comes back from a poll."""

    async def poll(self, cadences: frozenset[Cadence], now: int) -> Harvest:
        self.polls.append(cadences)
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable")


def run(
    collectors: list[FakeCollector],
    timer: ManualTimer,
    script: Callable[[Poller], Awaitable[None]],
    concurrency: int = 8,
    timeout_s: float = 60.0,
    told: list[tuple[str, str]] | None = None,
) -> Counter[str]:
    """Poll `collectors` while `script` drives the clock; harvests by device. `told` takes kind and text of events."""
    taken: Counter[str] = Counter()

    async def main() -> None:
        devices = [Polled(c.device, c, Turns(c.device, INTERVALS, 30.0, timer.now_s())) for c in collectors]

        def sink(device: DeviceId, harvest: Harvest) -> None:
            taken[device] += 1
            if told is not None:
                told.extend((event.kind, event.text) for event in harvest.events)

        poller = Poller(devices, sink, concurrency=concurrency, timeout_s=timeout_s, clock=timer.utc_ms, timer=timer)
        task = asyncio.create_task(poller.run())
        await script(poller)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    assert all(collector.is_closed for collector in collectors)
    return taken


def test_every_device_is_polled_at_its_cadence() -> None:
    timer = ManualTimer()
    collectors = [FakeCollector(f"sw-{n}") for n in range(5)]

    async def five_minutes(_poller: Poller) -> None:
        await timer.advance(315)

    taken = run(collectors, timer, five_minutes)
    for collector in collectors:
        assert 60 <= taken[collector.device] <= 63
        assert 20 <= sum(Cadence.NORMAL in cadences for cadences in collector.polls) <= 22
        assert 1 <= sum(Cadence.SLOW in cadences for cadences in collector.polls) <= 3


def test_a_slow_device_is_never_asked_twice_at_once_and_its_missed_polls_are_counted() -> None:
    timer = ManualTimer()
    slow, quick = SlowCollector("slow", timer), FakeCollector("quick")

    async def script(poller: Poller) -> None:
        await timer.advance(165)
        assert poller.skipped >= 15

    taken = run([slow, quick], timer, script)
    assert slow.most_at_once == 1
    assert 9 <= taken["slow"] <= 11  # a poll of 12 s on a tick of 5 s: every 15 s
    assert taken["quick"] >= 30


def test_an_unreachable_device_is_asked_less_often_and_its_return_is_noticed_within_two_normal_intervals() -> None:
    timer = ManualTimer()
    gone = FakeCollector("gone")
    gone.is_up = False

    async def script(poller: Poller) -> None:
        await timer.advance(300)
        asked = len(gone.polls)
        assert 9 <= asked <= 13
        gone.is_up = True
        await timer.advance(30)
        assert len(gone.polls) > asked
        await timer.advance(60)
        assert len(gone.polls) >= asked + 12
        assert poller.skipped == 0

    run([gone], timer, script)


def test_a_device_that_refuses_the_login_says_so_once_and_is_not_hammered() -> None:
    timer = ManualTimer()
    locked = FakeCollector("locked")
    locked.refused = "the password is another at the device"
    told: list[tuple[str, str]] = []

    async def script(poller: Poller) -> None:
        await timer.advance(12 * 60)
        for _ in range(20):
            poller.poll_soon(locked.device)
            await timer.advance(10)
        assert len(locked.polls) <= 3
        locked.refused = ""
        await timer.advance(30 * 60)

    run([locked], timer, script, told=told)
    assert told == [("login_down", "the password is another at the device"), ("login_up", "")]


def test_a_collector_that_breaks_costs_only_its_own_turn() -> None:
    timer = ManualTimer()

    async def script(poller: Poller) -> None:
        await timer.advance(100)
        assert poller.counts["polls_broken"] >= 3

    taken = run([BrokenCollector("broken"), FakeCollector("fine")], timer, script)
    assert taken["broken"] == 0
    assert taken["fine"] >= 17


def test_a_poll_that_hangs_is_given_up() -> None:
    timer = ManualTimer()
    deaf = DeafCollector("deaf")

    async def script(poller: Poller) -> None:
        await timer.advance(16)
        # The time-out itself is on the loop's own clock.
        await until(lambda: poller.counts["polls_broken"] > 0, "giving up")

    run([deaf], timer, script, timeout_s=0.05)
    assert len(deaf.polls) == 1


def test_no_more_polls_at_once_than_allowed() -> None:
    timer = ManualTimer()
    at_once = Counter[str]()

    class Counted(SlowCollector):
        async def poll(self, cadences: frozenset[Cadence], now: int) -> Harvest:
            at_once["now"] += 1
            at_once["most"] = max(at_once["most"], at_once["now"])
            harvest = await super().poll(cadences, now)
            at_once["now"] -= 1
            return harvest

    async def script(_poller: Poller) -> None:
        await timer.advance(120)

    run([Counted(f"sw-{n}", timer) for n in range(12)], timer, script, concurrency=3)
    assert at_once["most"] == 3
