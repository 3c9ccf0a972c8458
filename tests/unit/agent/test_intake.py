"""What was gathered goes to the disk, and whoever asks for that learns whether it is there."""

import asyncio
from pathlib import Path

from agent.batch import Batch
from agent.clock import SteadyClock
from agent.collect.port import Harvest
from agent.facts import FactsBook
from agent.intake import Intake
from agent.spool.file import SpoolFile
from agent.spool.spool import Spool
from campus.ids import DeviceId
from campus.samples import Event
from campus.wire.codec import decode_frame
from campus.wire.frame import EventsBody
from tests.fakes.manual_timer import ManualTimer
from tests.support.disk import file_size_limit
from tests.unit.agent.bodies import HERE, NOW

SW = DeviceId("sw-1")


def told(kind: str) -> Harvest:
    return Harvest(events=[Event(SW, NOW, kind)])


def test_each_flush_that_leaves_something_off_the_disk_is_counted_until_it_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        timer = ManualTimer()
        clock = SteadyClock(timer.utc_ms, timer)
        spool = Spool(SpoolFile(tmp_path / "spool.db", HERE, 10 << 20, 3600), clock)
        await spool.start()
        intake = Intake(FactsBook({}), Batch(10), spool, 2.0, clock, timer)
        intake.take(SW, told("cold_start"))
        assert await intake.flush() == 0
        with file_size_limit(0):
            intake.take(SW, told("link_down"))
            assert await intake.flush() == 1
            assert await intake.flush() == 2, "what is owed is not on the disk although nothing new waits"
        assert await intake.flush() == 2
        bodies = [decode_frame(stored.payload).body for stored in await spool.read_from(0, 10)]
        kinds = [event.kind for body in bodies if isinstance(body, EventsBody) for event in body.events]
        assert kinds == ["cold_start", "link_down"]
        await spool.close()

    asyncio.run(main())
