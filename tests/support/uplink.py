"""A spool and an uplink at work, for tests with real brokers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agent.clock import SteadyClock, SteadyTimer
from agent.config import Broker
from agent.settings import UplinkSettings
from agent.spool.file import SpoolFile
from agent.spool.spool import Spool
from agent.uplink.uplink import Uplink
from tests.support.eventually import until
from tests.unit.agent.bodies import HERE, facts


def settings(port: int, **more: float) -> UplinkSettings:
    """Impatient ones."""
    quick = {"ack_timeout_s": 1.0, "reconnect_min_s": 0.1, "reconnect_max_s": 0.3, "keepalive_s": 5} | more
    return UplinkSettings(port=port, **quick)  # type: ignore[arg-type]


def spool_in(folder: Path, clock: SteadyClock | None = None) -> Spool:
    """Not started yet; the same folder gives the same frames again."""
    return Spool(SpoolFile(folder / "spool.db", HERE, 50 << 20, 3600, 3600), clock or SteadyClock())


@asynccontextmanager
async def uplink_of(
    folder: Path,
    chosen: UplinkSettings,
    clock: SteadyClock | None = None,
    answer_within_s: float = 0.5,
    state_every_s: float = 60.0,
) -> AsyncIterator[tuple[Spool, Uplink]]:
    """Both started; cancelled, not killed, at the end."""
    clock = clock or SteadyClock()
    spool = spool_in(folder, clock)
    await spool.start()

    async def greet() -> None:
        await spool.append([facts()])

    uplink = Uplink(
        Broker(chosen, None, None),
        chosen,
        HERE,
        spool,
        clock=clock,
        timer=SteadyTimer(),
        greeting=greet,
        device_count=lambda: 1,
        answer_within_s=answer_within_s,
        state_every_s=state_every_s,
    )
    task = asyncio.create_task(uplink.run())
    try:
        yield spool, uplink
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await spool.close()


async def until_empty(spool: Spool) -> None:
    """Return when the controller has acknowledged all."""

    async def is_empty() -> bool:
        return not (await spool.state()).frames

    await until(is_empty, "an empty spool")
