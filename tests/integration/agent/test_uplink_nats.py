"""The uplink with a NATS server for a central broker: the same promises as with Mosquitto."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from tests.fakes.acking_controller import AckingController
from tests.servers.daemon import free_port, wait_until
from tests.servers.nats import nats
from tests.support.eventually import until
from tests.support.uplink import settings, until_empty, uplink_of
from tests.unit.agent.bodies import noisy


@pytest.mark.slow
def test_a_nats_server_killed_and_started_again_loses_nothing_and_keeps_the_state(tmp_path: Path) -> None:
    port = free_port()

    async def scenario(controller: AckingController) -> None:
        async with uplink_of(tmp_path, settings(port)) as (spool, uplink):
            for life in range(2):
                with nats(tmp_path, port) as broker:
                    controller.connect(port)
                    await until(lambda: uplink.is_connected, "connection")
                    for n in range(20):
                        await spool.append([noisy(50, 100 * life + n)])
                    await until_empty(spool)
                    os.kill(broker.pid, signal.SIGKILL)
                await until(lambda: not uplink.is_connected, "noticing")
                await spool.append([noisy(50, 100 * life + 50)])
            with nats(tmp_path, port):
                controller.connect(port)
                await until_empty(spool)
                await asyncio.to_thread(_see_who_is_online, port, True)
        assert controller.sample_count() == 2 * 21 * 50

    with AckingController() as controller:
        asyncio.run(scenario(controller))


def _see_who_is_online(port: int, online: bool) -> None:
    with AckingController() as late:
        late.connect(port)
        wait_until(lambda: bool(late.states), "the retained state")
        assert json.loads(late.states[-1])["online"] is online
