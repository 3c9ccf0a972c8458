"""Commands of the controller, obeyed on a real spool."""

import asyncio
from pathlib import Path

from agent.clock import SteadyClock
from agent.spool.file import SpoolFile
from agent.spool.spool import Spool
from agent.uplink.orders import obey
from campus.delivery import OFFER_AGAIN, TELL_FACTS
from campus.wire.frame import CommandBody
from tests.support.disk import file_size_limit
from tests.unit.agent.bodies import HERE, NOW, samples

COMMAND = CommandBody("restored-1", OFFER_AGAIN, {"since": str(NOW - 1_000)})


async def unasked() -> None:
    raise AssertionError("nobody asked for facts")


def test_frames_that_a_full_disk_keeps_from_being_offered_again_are_offered_when_asked_later(tmp_path: Path) -> None:
    async def main() -> None:
        spool = Spool(SpoolFile(tmp_path / "spool.db", HERE, 10 << 20, 3600, 3600), SteadyClock(lambda: NOW))
        await spool.append([samples(3)])
        await spool.acknowledge(spool.epoch, [(1, 1)])
        with file_size_limit(0):
            refused = await obey(COMMAND, spool, unasked)
        assert not refused.ok  # else the controller would never ask again
        assert "full" in refused.text
        answer = await obey(COMMAND, spool, unasked)
        assert answer.ok
        assert [frame.number for frame in await spool.read_from(0, 10)] == [1]
        await spool.close()

    asyncio.run(main())


def test_facts_are_told_whenever_they_are_asked_for(tmp_path: Path) -> None:
    told = 0

    async def tell() -> None:
        nonlocal told
        told += 1

    async def main() -> None:
        spool = Spool(SpoolFile(tmp_path / "spool.db", HERE, 10 << 20, 3600, 3600), SteadyClock(lambda: NOW))
        for number in range(2):
            answer = await obey(CommandBody(f"facts-{number}", TELL_FACTS), spool, tell)
            assert (answer.id, answer.ok) == (f"facts-{number}", True)
        await spool.close()

    asyncio.run(main())
    assert told == 2
