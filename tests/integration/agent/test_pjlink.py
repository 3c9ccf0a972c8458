"""Projectors asked over real TCP: what they tell, what they refuse, and what they break off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.address import HostPort
from agent.collect.pjlink import REFUSED_PAUSE_MS, PjlinkCollector, ProjectorTarget
from agent.collect.port import Cadence, Harvest
from campus.ids import DeviceId
from campus.secret import Secret
from simulator.pjlink.projector import ON, STANDBY, PjlinkProjector, ProjectorPlate, ProjectorSight
from tests.support.snmp import values

NOW = 1_790_000_000_000
ALL, NORMAL = frozenset(Cadence), frozenset({Cadence.FAST, Cadence.NORMAL})
PLATE = ProjectorPlate("图书馆投影机", "NEC", "NP-PA703W", "NE1234", "2.11", password="pj-l1nk")
LIT = ProjectorSight(power=ON, source="31", mute="11", errors="010200", lamp_h=1234, filter_h=56)


@asynccontextmanager
async def projector(plate: ProjectorPlate = PLATE, sight: ProjectorSight = LIT) -> AsyncIterator[PjlinkProjector]:
    found = PjlinkProjector("127.0.0.1", 0, plate, lambda: sight)
    await found.start()
    try:
        yield found
    finally:
        await found.close()


def collector(port: int, password: str = PLATE.password) -> PjlinkCollector:
    secret = Secret(password) if password else None
    return PjlinkCollector(ProjectorTarget(DeviceId("projector-2"), HostPort("127.0.0.1", port), secret))


def told(harvest: Harvest) -> dict[tuple[str, str], float]:
    return {key: value for key, value in values(harvest).items() if key[0] != "response_time_ms"}


def test_a_projector_tells_its_state_its_parts_and_what_it_is() -> None:
    async def scenario() -> None:
        async with projector() as there:
            harvest = await collector(there.port).poll(ALL, NOW)
        assert told(harvest) == {
            ("reachable", ""): 1,
            ("login_state", ""): 1,
            ("power_state", ""): 2,
            ("input_state", ""): 2,
            ("picture_mute_state", ""): 1,
            ("hardware_state", "fan"): 1,
            ("hardware_state", "lamp"): 2,
            ("hardware_state", "temperature"): 1,
            ("hardware_state", "cover"): 3,
            ("hardware_state", "filter"): 1,
            ("hardware_state", "other"): 1,
            ("lamp_h", ""): 1234,
            ("filter_h", ""): 56,
        }
        facts = harvest.facts
        assert facts
        assert (facts.vendor, facts.model, facts.serial, facts.firmware) == ("NEC", "NP-PA703W", "NE1234", "2.11")
        assert (facts.name, facts.kind, facts.profile) == ("图书馆投影机", "projector", "generic/pjlink")

    asyncio.run(scenario())


def test_one_in_standby_of_class_1_without_password_leaves_out_what_it_does_not_know() -> None:
    async def scenario() -> None:
        plate = ProjectorPlate("hall", "Epson", "CB-L630U", "hidden", "1.0", pjlink_class=1)
        async with projector(plate, ProjectorSight(power=STANDBY)) as there:
            asker = collector(there.port, password="")
            first, second = await asker.poll(ALL, NOW), await asker.poll(NORMAL, NOW + 60_000)
        assert told(first) == told(second)
        assert told(first)["power_state", ""] == 1
        assert (told(first)["input_state", ""], told(first)["picture_mute_state", ""]) == (0, 0)
        assert ("filter_h", "") not in told(first)
        assert first.facts
        assert (first.facts.model, first.facts.serial) == ("CB-L630U", "")
        assert second.facts is None
        assert first.dropped == second.dropped == {}

    asyncio.run(scenario())


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_refused_password_is_said_and_not_tried_again_for_an_hour(password: str) -> None:
    async def scenario() -> None:
        async with projector() as there:
            asker = collector(there.port, password)
            harvests = [await asker.poll(NORMAL, NOW + 60_000 * minute) for minute in range(3)]
            assert [told(harvest) for harvest in harvests] == [{("reachable", ""): 1, ("login_state", ""): 0}] * 3
            assert there.refused == (1 if password else 0)
            await asker.poll(NORMAL, NOW + REFUSED_PAUSE_MS)
            assert there.refused == (2 if password else 0)

    asyncio.run(scenario())


def test_nobody_there_is_unreachable_and_so_is_one_that_speaks_something_else() -> None:
    async def scenario() -> None:
        async with projector() as there:
            port = there.port
        harvest = await collector(port).poll(ALL, NOW)
        assert (told(harvest), harvest.dropped) == ({("reachable", ""): 0}, {})

        async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n\xff\xfe")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        async with server:
            harvest = await collector(server.sockets[0].getsockname()[1]).poll(ALL, NOW)
        assert (told(harvest), harvest.dropped) == ({("reachable", ""): 0}, {"garbage": 1})

    asyncio.run(scenario())


def test_answers_that_make_no_sense_cost_themselves_alone() -> None:
    async def scenario() -> None:
        nonsense = ProjectorSight(power="1", source="ZZ", mute="99", errors="0102", lamp_h=7, filter_h=8)
        async with projector(sight=nonsense) as there:
            harvest = await collector(there.port).poll(NORMAL, NOW)
        assert told(harvest) == {
            ("reachable", ""): 1, ("login_state", ""): 1, ("power_state", ""): 2, ("lamp_h", ""): 7, ("filter_h", ""): 8
        }  # fmt: skip
        assert harvest.dropped == {"bad_answer": 3}

    asyncio.run(scenario())


def test_a_projector_that_hangs_up_in_the_middle_keeps_what_it_said() -> None:
    async def scenario() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"PJLINK 0\r")
            await reader.readuntil(b"\r")
            writer.write(b"%1POWR=1\r")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        async with server:
            harvest = await collector(server.sockets[0].getsockname()[1], password="").poll(ALL, NOW)
        assert told(harvest) == {("reachable", ""): 1, ("power_state", ""): 2}
        assert harvest.dropped == {"no_answer": 1}
        assert harvest.facts is None

    asyncio.run(scenario())
