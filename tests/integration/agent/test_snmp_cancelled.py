"""A poll that is cancelled ends, also in the very moment of the device's answer."""

import asyncio

import pytest

from agent.address import HostPort
from agent.collect.snmp_dialogue import SnmpDialogue, SnmpTiming
from agent.snmp_access import Community
from campus.secret import Secret
from simulator.snmp.responder import Responder
from tests.support.snmp import system, tree

UPTIME = "1.3.6.1.2.1.1.3.0"


def test_a_cancellation_that_comes_with_the_answer_is_not_lost() -> None:
    async def run() -> None:
        device = Responder(tree(system()))
        await device.start()
        dialogue = SnmpDialogue(
            HostPort("127.0.0.1", device.port), Community(Secret("public")), SnmpTiming(timeout_s=5)
        )
        asking = asyncio.ensure_future(dialogue.get([UPTIME], {}))
        answer = (
            device._reply
        )  # the device answers, and at once the poll is cancelled: both reach it in one turn of the loop
        device._reply = lambda datagram: (asyncio.get_running_loop().call_soon(asking.cancel), answer(datagram))[1]  # type: ignore[method-assign]
        try:
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(asyncio.shield(asking), 10)
        finally:
            await dialogue.close()
            device.close()

    asyncio.run(run())
