"""The spool as the event loop sees it: group commit, and a full disk that costs samples but neither facts nor the agent."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.clock import SteadyClock
from agent.spool.file import SpoolFile
from agent.spool.spool import Spool
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from campus.wire.codec import decode_frame
from campus.wire.frame import EventsBody, FactsBody, SamplesBody
from tests.support.disk import file_size_limit
from tests.unit.agent.bodies import HERE, NOW, event, facts, samples


def with_spool(folder: Path, script: Callable[[Spool], Awaitable[None]]) -> Spool:
    async def main() -> Spool:
        spool = Spool(SpoolFile(folder / "spool.db", HERE, 10 << 20, 3600), SteadyClock(lambda: NOW))
        await spool.start()
        try:
            await script(spool)
        finally:
            await spool.close()
        return spool

    return asyncio.run(main())


def test_what_is_appended_at_the_same_time_is_kept_in_order_and_announced(tmp_path: Path) -> None:
    async def script(spool: Spool) -> None:
        await asyncio.gather(*(spool.append([samples(n + 1), facts()]) for n in range(20)))
        assert spool.appended.is_set()
        frames = await spool.read_from(0, 100)
        bodies = [decode_frame(stored.payload).body for stored in frames]
        assert [body.count for body in bodies if isinstance(body, SamplesBody)] == list(range(1, 21))
        assert spool.next_number == 41
        assert await spool.acknowledge(spool.epoch, [(1, 40)]) == 40

    assert with_spool(tmp_path, script).counts == {"appended_frames": 40, "acknowledged_frames": 40}


def test_a_full_disk_costs_samples_and_is_survived(tmp_path: Path) -> None:
    async def script(spool: Spool) -> None:
        await spool.append([samples(3)])
        with file_size_limit(0):
            await spool.append([samples(100), facts(), event("cut")])
            assert await spool.acknowledge(spool.epoch, [(1, 1)]) == 0
            await spool.save_facts([DeviceFacts(DeviceId("sw-1"), DeviceKind.SWITCH, NOW)])
            await spool.forget_facts([DeviceId("sw-1")])
        assert spool.counts["disk_full_points"] == 100
        assert len(await spool.read_from(0, 10)) == 1
        await spool.append([samples(5)])
        bodies = [decode_frame(stored.payload).body for stored in await spool.read_from(0, 10)]
        assert [type(body) for body in bodies] == [SamplesBody, FactsBody, EventsBody, SamplesBody]
        numbers = [stored.number for stored in await spool.read_from(0, 10)]
        assert numbers == sorted(set(numbers))

    with_spool(tmp_path, script)


def test_what_still_waits_at_the_end_is_kept(tmp_path: Path) -> None:
    async def script(spool: Spool) -> None:
        appending = [asyncio.create_task(spool.append([event(str(n))])) for n in range(5)]
        await asyncio.sleep(0)
        for task in appending[1:]:
            task.cancel()

    with_spool(tmp_path, script)

    async def check(spool: Spool) -> None:
        assert len(await spool.read_from(0, 10)) == 5

    with_spool(tmp_path, check)
