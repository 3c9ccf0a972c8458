"""Net-snmp's own commands against the receiver: v1, v2c, v3; traps and informs; those who may and those who may not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from agent.address import HostPort
from agent.candidates import Candidates
from agent.clock import SteadyClock, SteadyTimer
from agent.collect.port import Harvest
from agent.snmp_access import AuthProtocol, PrivacyProtocol, SnmpUser
from agent.traps.access import TrapAccess
from agent.traps.engine import PysnmpEngine
from agent.traps.meaning import TrapBook
from agent.traps.port import Drop
from agent.traps.receiver import Surroundings, TrapReceiver
from agent.traps.senders import Senders
from campus.ids import DeviceId
from campus.samples import Event
from campus.secret import Secret
from firmware_profiles.load import load_catalogue
from tests.fakes.collector import FakeCollector
from tests.servers.daemon import require_program
from tests.support.eventually import until

SHIPPED = load_catalogue()
SW = DeviceId("sw-1")
OWN_ID = bytes.fromhex("80004fb8050102030405")
LINK_DOWN, LINK_UP, COLD_START = (f"1.3.6.1.6.3.1.1.5.{n}" for n in (3, 4, 1))
PORT_3 = ("1.3.6.1.2.1.2.2.1.1.3", "i", "3")
SECRET = "eve's secret"
BOB = ("-v3", "-u", "bob", "-l", "authNoPriv", "-a", "SHA-256", "-A", "bob's password")
ANN = ("-v3", "-u", "ann", "-l", "authPriv", "-a", "SHA-256", "-A", "ann's password", "-x", "AES", "-X", "ann's secret")
EVE = ("-v3", "-u", "eve", "-l", "authPriv", "-a", "SHA-512", "-A", "eve's password", "-x", "AES-256", "-X", SECRET)


@dataclass
class Ear:
    """A receiver on a free port, and what came of it."""

    receiver: TrapReceiver
    candidates: Candidates
    home: Path
    events: list[Event] = field(default_factory=list)
    flushed: int = 0
    polled: list[DeviceId] = field(default_factory=list)

    async def run(self, program: str, *arguments: str) -> int:
        """Run ``snmptrap`` or ``snmpinform`` against it; ``HERE`` stands for its address. The exit code."""
        here = str(self.receiver.ports[0])
        command = [require_program(program, "snmp"), *(here if each == "HERE" else each for each in arguments)]
        environment = {"SNMP_PERSISTENT_DIR": str(self.home), "SNMPCONFPATH": str(self.home), "MIBS": ""}
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        return await process.wait()

    async def trap(self, *arguments: str) -> None:
        """Send a trap, and return once it was heard."""
        before = self.receiver.received
        assert await self.run("snmptrap", *arguments) == 0
        await until(lambda: self.receiver.received > before, "the trap")


def users() -> tuple[SnmpUser, ...]:
    bob = SnmpUser("bob", AuthProtocol.SHA256, Secret("bob's password"))
    return (
        bob,
        SnmpUser("ann", AuthProtocol.SHA256, Secret("ann's password"), PrivacyProtocol.AES128, Secret("ann's secret")),
        SnmpUser("eve", AuthProtocol.SHA512, Secret("eve's password"), PrivacyProtocol.AES256, Secret(SECRET)),
    )


@pytest.fixture
def hear(tmp_path: Path) -> Callable[[Callable[[Ear], Awaitable[None]]], Ear]:
    return partial(_heard, home=tmp_path)


def _heard(script: Callable[[Ear], Awaitable[None]], home: Path, host: str = "127.0.0.1") -> Ear:
    made: list[Ear] = []

    def sink(_device: DeviceId, harvest: Harvest) -> None:
        made[0].events += harvest.events

    async def flush() -> int:
        made[0].flushed = len(made[0].events)
        return 0

    async def main() -> None:
        timer = SteadyTimer()
        clock, candidates, switch = SteadyClock(timer=timer), Candidates(), FakeCollector(SW)
        await switch.poll(frozenset(), clock())
        around = Surroundings(sink, flush, lambda device: made[0].polled.append(device), {SW: switch}, candidates)
        access = TrapAccess(OWN_ID, (Secret("s3cret"),), users())
        engine = PysnmpEngine(access, lambda: clock() / 1000)
        places = [HostPort("127.0.0.1", 0)]
        senders = Senders({SW: [host]})
        receiver = TrapReceiver(places, engine, senders, TrapBook(SHIPPED), around, clock=clock, timer=timer)
        made.append(Ear(receiver, candidates, home))
        task = asyncio.create_task(receiver.run())
        await until(lambda: bool(receiver.ports), "the socket")
        await script(made[0])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    return made[0]


Hear = Callable[[Callable[[Ear], Awaitable[None]]], Ear]


@pytest.mark.parametrize(
    "arguments",
    [
        ("-v1", "-c", "s3cret", "HERE", "", "10.1.1.1", "2", "0", "", *PORT_3),
        ("-v2c", "-c", "s3cret", "HERE", "", LINK_DOWN, *PORT_3),
        (*BOB, "HERE", "", LINK_DOWN, *PORT_3),
        (*ANN, "HERE", "", LINK_DOWN, *PORT_3),
        (*EVE, "HERE", "", LINK_DOWN, *PORT_3),
    ],
    ids=["v1", "v2c", "v3-sha256", "v3-sha256-aes128", "v3-sha512-aes256"],
)
def test_a_trap_of_every_version_is_the_same_event(hear: Hear, arguments: tuple[str, ...]) -> None:
    async def script(ear: Ear) -> None:
        await ear.trap(*arguments)
        await until(lambda: ear.flushed == 1, "the disk")

    ear = hear(script)
    (event,) = ear.events
    assert (event.device, event.kind, event.instance) == (SW, "link_down", "port 3")
    assert ear.polled == [SW]
    assert ear.receiver.dropped == {}


@pytest.mark.parametrize(
    "who",
    [("-v2c", "-c", "s3cret"), BOB, ANN, EVE],
    ids=["v2c", "v3-sha256", "v3-sha256-aes128", "v3-sha512-aes256"],
)
def test_an_inform_is_confirmed_and_the_engine_is_found_out(hear: Hear, who: tuple[str, ...]) -> None:
    async def script(ear: Ear) -> None:
        for kind in (LINK_DOWN, LINK_UP):
            assert await ear.run("snmpinform", *who, "HERE", "", kind, *PORT_3) == 0
            assert ear.flushed == len(ear.events)

    assert [event.kind for event in hear(script).events] == ["link_down", "link_up"]


REFUSED = [
    (("-v2c", "-c", "wrong"), Drop.UNKNOWN_COMMUNITY),
    (("-v3", "-u", "nobody", "-l", "noAuthNoPriv"), Drop.UNKNOWN_USER),
    (("-v3", "-u", "bob", "-l", "noAuthNoPriv"), Drop.WRONG_LEVEL),
    ((*BOB[:-1], "another password"), Drop.WRONG_PASSWORD),
    ((*BOB[:-3], "SHA-512", *BOB[-2:]), Drop.WRONG_PASSWORD),
]


@pytest.mark.parametrize(("who", "reason"), REFUSED, ids=[str(reason) for _, reason in REFUSED])
def test_who_cannot_prove_to_be_somebody_makes_no_event(hear: Hear, who: tuple[str, ...], reason: Drop) -> None:
    ear = hear(lambda ear: ear.trap(*who, "HERE", "", LINK_DOWN, *PORT_3))
    assert ear.events == []
    assert ear.receiver.dropped == {reason: 1}
    assert [(each.topic, each.reason) for each in ear.candidates.listed()] == [("SNMP traps from 127.0.0.1", reason)]
    assert ear.candidates.listed()[0].sample == b""


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        (("-v3", "-u", "ann", "-l", "authNoPriv", "-a", "SHA-256", "-A", "ann's password"), Drop.WRONG_LEVEL),
        ((*ANN[:-1], "another secret"), Drop.WRONG_PASSWORD),
    ],
    ids=["not-encrypted", "encrypted-otherwise"],
)
def test_who_should_encrypt_must(hear: Hear, who: tuple[str, ...], reason: Drop) -> None:
    ear = hear(lambda ear: ear.trap(*who, "HERE", "", LINK_DOWN, *PORT_3))
    assert (ear.events, ear.receiver.dropped) == ([], {reason: 1})


def test_an_inform_that_is_refused_is_not_confirmed(hear: Hear) -> None:
    async def script(ear: Ear) -> None:
        wrong = ("-v2c", "-c", "wrong", "-r", "0", "-t", "0.3", "HERE", "", LINK_DOWN)
        assert await ear.run("snmpinform", *wrong) == 1

    assert hear(script).events == []


def test_a_device_that_nobody_polls_is_listed_with_what_it_said(tmp_path: Path) -> None:
    ear = _heard(lambda ear: ear.trap("-v2c", "-c", "s3cret", "HERE", "", COLD_START), tmp_path, host="10.0.0.1")
    assert (ear.events, ear.receiver.dropped) == ([], {Drop.UNKNOWN_SENDER: 1})
    assert [(each.topic, each.sample) for each in ear.candidates.listed()] == [
        ("SNMP traps from 127.0.0.1", COLD_START.encode())
    ]


def test_a_v1_trap_names_the_device_behind_the_address_it_came_from(tmp_path: Path) -> None:
    trap = ("-v1", "-c", "s3cret", "HERE", "", "10.0.0.1", "0", "0", "")
    ear = _heard(lambda ear: ear.trap(*trap), tmp_path, host="10.0.0.1")
    assert [event.kind for event in ear.events] == ["cold_start"]


def test_what_was_recorded_long_ago_is_not_believed_again(hear: Hear) -> None:
    async def script(ear: Ear) -> None:
        engine = ("-e", "0x80001f888056e5ad4bb1a3c366")
        await ear.trap(*BOB, *engine, "-Z", "7,100000", "HERE", "", COLD_START)
        await ear.trap(*BOB, *engine, "-Z", "7,99000", "HERE", "", LINK_UP, *PORT_3)
        await ear.trap(*BOB, *engine, "-Z", "6,100500", "HERE", "", LINK_UP, *PORT_3)

    ear = hear(script)
    assert [event.kind for event in ear.events] == ["cold_start"]
    assert ear.receiver.dropped == {Drop.TOO_OLD: 2}
