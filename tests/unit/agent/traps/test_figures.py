"""What became of traps stands among the agent's own figures, by reason; an agent that hears none does not speak of them."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from agent.batch import Batch
from agent.candidates import Candidate
from agent.clock import SteadyClock
from agent.collect.port import Harvest
from agent.facts import FactsBook
from agent.intake import Intake
from agent.poll import Poller
from agent.spool.file import SpoolFile
from agent.spool.report import stranger_lines
from agent.spool.spool import Spool
from agent.traps.port import Drop
from agent.traps.receiver import LISTED
from agent.vitals import Vitals
from campus.ids import DeviceId
from tests.fakes.manual_timer import ManualTimer
from tests.support.eventually import until
from tests.unit.agent.bodies import HERE


@dataclass
class Counts:
    """Implements `agent.traps.port.TrapCounts`."""

    received: int = 0
    dropped: Counter[Drop] = field(default_factory=Counter)


def figures(folder: Path, counts: Counts | None) -> dict[tuple[str, str], float]:
    """What is measured a minute after 90 traps came, 30 of them too many."""
    timer = ManualTimer()
    taken: list[Harvest] = []

    def sink(_device: DeviceId, harvest: Harvest) -> None:
        taken.append(harvest)

    async def main() -> None:
        clock = SteadyClock(timer.utc_ms, timer)
        spool = Spool(SpoolFile(folder / "spool.db", HERE, 10 << 20, 3600), clock)
        await spool.start()
        poller = Poller([], sink, concurrency=1, timeout_s=1, clock=clock, timer=timer)
        intake = Intake(FactsBook({}), Batch(10), spool, 2.0, clock, timer)
        vitals = Vitals(
            HERE, spool, poller, intake, sink, interval_s=60, clock=clock, timer=timer, hold_s=lambda: 0.0, traps=counts
        )
        task = asyncio.create_task(vitals.run())
        await until(lambda: len(taken) == 2, "the first figures")
        if counts is not None:
            counts.received, counts.dropped[Drop.OVER_LIMIT] = 90, 30
        await timer.advance(60)
        await until(lambda: len(taken) == 3, "the figures a minute later")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await spool.close()

    asyncio.run(main())
    return {(s.key.metric, s.key.instance): s.value for s in taken[-1].samples if "traps" in s.key.metric}


def test_traps_are_counted_and_those_that_became_no_event_by_reason(tmp_path: Path) -> None:
    found = figures(tmp_path, Counts())
    assert found.pop(("agent_traps_per_min", "")) == 90
    assert found == {("agent_traps_dropped_per_min", str(drop)): 30 if drop is Drop.OVER_LIMIT else 0 for drop in Drop}


def test_who_hears_no_traps_does_not_count_them(tmp_path: Path) -> None:
    assert figures(tmp_path, None) == {}


def test_who_is_listed_is_listed_with_advice() -> None:
    strangers = [Candidate("SNMP traps from 10.0.0.1", 1, drop, 0, b"") for drop in LISTED]
    assert "unreadable" not in stranger_lines(strangers, 0)
