"""What listeners hear and cannot read is told as figures of the agent, by reason."""

import asyncio
from collections import Counter
from pathlib import Path

from agent.batch import Batch
from agent.clock import SteadyClock
from agent.collect.port import Harvest
from agent.facts import FactsBook
from agent.intake import Intake
from agent.poll import Poller
from agent.spool.file import SpoolFile
from agent.spool.spool import Spool
from agent.vitals import Vitals
from campus.ids import DeviceId
from tests.fakes.manual_timer import ManualTimer
from tests.support.eventually import until
from tests.unit.agent.bodies import HERE


class Listener:
    """Two hundred messages so far."""

    def __init__(self) -> None:
        self.counts = Counter(messages=200)


def test_messages_and_those_not_understood_by_reason(tmp_path: Path) -> None:
    timer, taken, listeners = ManualTimer(), list[Harvest](), (Listener(), Listener())

    def sink(_device: DeviceId, harvest: Harvest) -> None:
        taken.append(harvest)

    async def main() -> None:
        clock = SteadyClock(timer.utc_ms, timer)
        spool = Spool(SpoolFile(tmp_path / "spool.db", HERE, 10 << 20, 3600), clock)
        await spool.start()
        poller = Poller([], sink, concurrency=1, timeout_s=1, clock=clock, timer=timer)
        intake = Intake(FactsBook({}), Batch(10), spool, 2.0, clock, timer)
        vitals = Vitals(
            HERE, spool, poller, intake, sink, interval_s=60, clock=clock, timer=timer, hold_s=lambda: 0.0, listeners=listeners
        )  # fmt: skip
        task = asyncio.create_task(vitals.run())
        await until(lambda: len(taken) == 2, "the first figures")
        listeners[0].counts.update(messages=30, unread_not_json=6)
        listeners[1].counts.update(messages=60, overflowed=3)
        await timer.advance(60)
        await until(lambda: len(taken) == 3, "the figures a minute later")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await spool.close()

    asyncio.run(main())
    assert {(s.key.metric, s.key.instance): s.value for s in taken[-1].samples if "messages" in s.key.metric} == {
        ("agent_messages_per_min", ""): 90,
        ("agent_messages_unread_per_min", "not_json"): 6,
        ("agent_messages_unread_per_min", "overflowed"): 3,
    }
