"""Cameras on a bad day: a wrong password, silence, garbage, another make, a refusal without end."""

import asyncio
import time
from contextlib import suppress
from itertools import pairwise

import pytest

from agent.address import HostPort
from agent.collect.camera.http import DeviceHttp
from agent.collect.camera.login import AGAIN_AFTER_MS, Login
from agent.collect.camera.onvif import OnvifDevice
from agent.collect.camera.requests import Asker
from agent.collect.port import Cadence, Harvest
from agent.credentials import Credential
from campus.ids import DeviceId
from campus.secret import Secret
from simulator.camera.dialects import dahua, hikvision, onvif
from simulator.camera.proof import Account
from simulator.camera.web import Asked, CameraDoors, Said
from tests.support.cameras import NOW, PASSWORD, camera, collector_for, profiles, sight_of, state, told

ALL, NORMAL = frozenset(Cadence), frozenset({Cadence.FAST, Cadence.NORMAL})
MINUTE_MS = 60_000


def test_a_wrong_password_is_tried_once_an_hour_and_said() -> None:
    """Cameras shut out who was wrong five times; half a day of polls must stay below that at every door together."""

    async def scenario() -> None:
        async with camera(hikvision, sight_of(hikvision)) as doors:
            collector = collector_for(doors, "wrong")
            harvests = [await collector.poll(ALL, NOW + minute * MINUTE_MS) for minute in range(180)]
            assert doors.account.shown == 3
            assert harvests[0].facts is not None
            assert (harvests[0].facts.profile, harvests[0].facts.vendor) == ("hikvision/isapi", "")
            assert {state(harvest, "login_state") for harvest in harvests} == {"refused"}
            assert {state(harvest, "reachable") for harvest in harvests} == {"yes"}
            assert [event.kind for harvest in harvests for event in harvest.events] == ["login_down"]
            doors.account.password = "wrong"  # somebody put the account right
            doors.account.refused = 0
            right = await collector.poll(ALL, NOW + 3 * AGAIN_AFTER_MS)
            assert state(right, "login_state") == "accepted"
            assert [event.kind for event in right.events] == ["login_up"]
            assert state(right, "picture_state") == "ok"
            await collector.close()

    asyncio.run(scenario())


def test_a_wrong_onvif_password_is_tried_once_an_hour() -> None:
    async def scenario() -> None:
        async with camera(onvif, sight_of(onvif)) as doors:
            collector = collector_for(doors, "wrong")
            for minute in range(90):
                harvest = await collector.poll(ALL, NOW + minute * MINUTE_MS)
            assert doors.account.shown == 2
            assert state(harvest, "login_state") == "refused"
            await collector.close()

    asyncio.run(scenario())


def test_a_password_that_is_changed_shuts_all_doors_for_an_hour() -> None:
    async def scenario() -> None:
        async with camera(hikvision, sight_of(hikvision)) as doors:
            collector = collector_for(doors)
            await collector.poll(ALL, NOW)
            doors.account.password = "another"
            before = doors.account.refused
            for minute in range(1, 59):
                await collector.poll(NORMAL, NOW + minute * MINUTE_MS)
            assert doors.account.refused - before <= 2  # the nonce may merely have been old: it is tried with a new one
            await collector.close()

    asyncio.run(scenario())


def test_without_a_password_a_camera_is_recognised_and_no_more() -> None:
    async def scenario() -> None:
        async with camera(hikvision, sight_of(hikvision)) as doors:
            collector = collector_for(doors, "")
            harvest = await collector.poll(ALL, NOW)
            await collector.close()
        assert told(harvest) == {("reachable", ""): 1}
        assert harvest.dropped["login_wanted"] == 1
        assert collector.profile_name == "hikvision/isapi"

    asyncio.run(scenario())


def test_silence_is_unreachable_and_nothing_else() -> None:
    async def scenario() -> None:
        async with camera(hikvision, sight_of(hikvision)) as doors:
            collector = collector_for(doors)
        harvest = await collector.poll(ALL, NOW)
        assert told(harvest) == {("reachable", ""): 0}
        assert not harvest.events
        await collector.close()

    asyncio.run(scenario())


def test_garbage_disturbs_nobody() -> None:
    async def scenario() -> None:
        async with camera(hikvision, sight_of(hikvision)) as doors:
            doors.babbles = True
            collector = collector_for(doors, profile="hikvision/isapi")
            harvest = await collector.poll(ALL, NOW)
            await collector.close()
        assert told(harvest)["reachable", ""] == 1
        assert harvest.dropped["not_xml"] >= 3
        assert state(harvest, "picture_state") == "none"

    asyncio.run(scenario())


def test_a_camera_whose_stream_is_gone_says_so() -> None:
    async def scenario() -> None:
        async with camera(hikvision, sight_of(hikvision)) as doors:
            doors.rtsp_port = 1  # nobody listens there
            collector = collector_for(doors, look=False)
            harvest = await collector.poll(ALL, NOW)
            await collector.close()
        assert state(harvest, "stream_state") == "none"
        assert not state(harvest, "picture_state")

    asyncio.run(scenario())


def answering(doors: CameraDoors, path: str, said: Said) -> list[str]:
    """Have `path` answered by `said`; the list fills with every path that is asked."""
    asked_paths: list[str] = []
    usual = doors.answer

    def answer(asked: Asked) -> Said:
        asked_paths.append(asked.path)
        return said if asked.path == path else usual(asked)

    doors.answer = answer
    return asked_paths


@pytest.mark.parametrize(("status", "named"), [(404, ""), (403, ""), (500, "none"), (200, "none")])
def test_a_path_that_a_model_lacks_is_no_broken_camera(status: int, named: str) -> None:
    async def scenario() -> Harvest:
        async with camera(hikvision, sight_of(hikvision)) as doors:
            answering(doors, "/ISAPI/Streaming/channels/101/picture", Said(status, b"<html>"))
            collector = collector_for(doors)
            harvest = await collector.poll(ALL, NOW)
            await collector.close()
        return harvest

    harvest = asyncio.run(scenario())
    assert state(harvest, "picture_state") == named
    assert harvest.dropped.total() == 1


def test_what_a_device_does_not_know_is_asked_again_with_the_next_slow_reading_only() -> None:
    path = "/ISAPI/ContentMgmt/Storage"

    async def scenario() -> list[int]:
        counts = []
        async with camera(hikvision, sight_of(hikvision)) as doors:
            asked = answering(doors, "", Said())
            collector = collector_for(doors, look=False)
            for minute, cadences in enumerate((ALL, NORMAL, NORMAL, ALL)):
                await collector.poll(cadences, NOW + minute * MINUTE_MS)
                counts.append(asked.count(path))
            await collector.close()
        return counts

    first, second, third, slow = asyncio.run(scenario())
    assert first == second == third < slow


def test_a_recorder_that_takes_its_time_is_asked_for_a_few_channels_each_time() -> None:
    async def scenario() -> list[set[str]]:
        sight = sight_of(hikvision, is_recorder=True)
        async with camera(hikvision, sight) as doors:
            login = Login(Credential("cams", username="monitor", password=Secret(PASSWORD)))
            http = DeviceHttp(HostPort("127.0.0.1", doors.port), login)
            profile = profiles().profiles["hikvision/isapi"]
            asker = Asker(DeviceId("nvr"), profile, http, OnvifDevice(http), budget_s=0.0)
            rounds = []
            for _ in range(4):
                harvest = Harvest()
                await asker.ask(ALL, NOW, time.monotonic(), harvest)
                rounds.append({instance for metric, instance in told(harvest) if metric == "recording_days"})
            await http.close()
        return rounds

    assert asyncio.run(scenario()) == [{"1"}, {"2"}, {"3"}, {"1"}]


def test_a_channel_that_cannot_be_searched_hides_no_other() -> None:
    async def scenario() -> Harvest:
        async with camera(hikvision, sight_of(hikvision, is_recorder=True)) as doors:
            usual = doors.answer
            doors.answer = lambda asked: Said(404) if "<trackID>101<" in asked.body else usual(asked)
            collector = collector_for(doors)
            harvest = await collector.poll(ALL, NOW)
            await collector.close()
        return harvest

    harvest = asyncio.run(scenario())
    assert {instance for metric, instance in told(harvest) if metric == "recording_days"} == {"2", "3"}
    assert harvest.dropped == {"http_404": 1}


def test_an_unknown_device_is_not_bothered_every_minute() -> None:
    async def scenario() -> list[int]:
        counts = []
        async with camera(hikvision, sight_of(hikvision)) as doors:
            doors.answer = lambda _: Said(404)
            collector = collector_for(doors)
            for minute, cadences in enumerate((ALL, NORMAL, NORMAL, NORMAL)):
                harvest = await collector.poll(cadences, NOW + minute * MINUTE_MS)
                assert told(harvest) == {("reachable", ""): 1}
                assert harvest.dropped["no_profile"] == 1
                counts.append(doors.counts["http"])
            await collector.close()
        return counts

    first, *others = asyncio.run(scenario())
    assert first <= 6
    assert [later - earlier for earlier, later in pairwise([first, *others])] == [1, 1, 1]


def test_another_make_at_the_same_address_is_noticed() -> None:
    async def scenario() -> tuple[str, str]:
        sight = sight_of(hikvision)
        async with camera(hikvision, sight) as doors:
            collector = collector_for(doors, look=False)
            await collector.poll(ALL, NOW)
            before = collector.profile_name
            doors.answer = lambda asked: dahua(sight, asked)
            doors.account.realm = "Login to 4D0C2F1PAZ"
            harvest = await collector.poll(ALL, NOW + MINUTE_MS)
            await collector.close()
        assert harvest.facts is not None
        return before, harvest.facts.profile

    assert asyncio.run(scenario()) == ("hikvision/isapi", "dahua/cgi")


def test_a_refusal_without_end_is_broken_off() -> None:
    """The body of a 401 is no reason to take a hundred megabytes in."""
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="IP Camera", nonce="1"\r\n\r\n')
        with suppress(ConnectionError):
            while sent < 200 << 20:
                writer.write(bytes(1 << 16))
                sent += 1 << 16
                await writer.drain()
        writer.close()

    async def scenario() -> Harvest:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        doors = CameraDoors("", server.sockets[0].getsockname()[1], 0, "", Account("", "", ""), lambda _: Said())
        collector = collector_for(doors, profile="hikvision/isapi")
        harvest = await collector.poll(ALL, NOW)
        await collector.close()
        server.close()
        return harvest

    harvest = asyncio.run(scenario())
    assert harvest.dropped["too_large"] > 0
    assert sent < 100 << 20


def test_passwords_are_never_shown() -> None:
    async def scenario() -> list[str]:
        seen = []
        sight = sight_of(hikvision)
        async with camera(hikvision, sight) as doors:
            answer = doors.answer
            doors.answer = lambda asked: (seen.append(asked.path + asked.body), answer(asked))[1]  # type: ignore[func-returns-value]
            collector = collector_for(doors)
            harvest = await collector.poll(ALL, NOW)
            await collector.close()
        return [*seen, repr(collector.__dict__), str(harvest)]

    assert not any(PASSWORD in text for text in asyncio.run(scenario()))
