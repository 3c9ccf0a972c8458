"""What the receiver makes of datagrams, with an engine that reads what a test writes."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import cycle, islice

from agent.address import HostPort
from agent.candidates import Candidates
from agent.collect.port import Harvest
from agent.traps.meaning import TrapBook
from agent.traps.port import Drop, Heard, Notification
from agent.traps.receiver import MAX_STRANGERS, MAX_WAITING, TRY_AGAIN_S, Surroundings, TrapReceiver
from agent.traps.senders import Senders
from agent.traps.storm import BURST, INFO_BURST, QUIET_S
from campus.ids import DeviceId
from campus.samples import Event
from firmware_profiles.load import load_catalogue
from tests.fakes.collector import FakeCollector
from tests.fakes.manual_timer import ManualTimer
from tests.support.eventually import until

SHIPPED = load_catalogue()
SW, UPS = DeviceId("sw-1"), DeviceId("ups-1")
DEVICES = {SW: ["10.0.0.1"], UPS: ["10.0.0.2"]}
THREE_HUNDRED = {DeviceId(f"sw-{n}"): [f"10.{n >> 8}.{n & 255}.1"] for n in range(300)}
COLD_START, LINK_DOWN, LINK_UP, AUTHENTICATION_FAILURE = (f"1.3.6.1.6.3.1.1.5.{n}" for n in (1, 3, 4, 5))


class FakeEngine:
    """Implements `agent.traps.port.TrapEngine`: a datagram is an OID, perhaps with a port, an agent's address or an answer."""

    def hear(self, datagram: bytes) -> Heard:
        oid, _, rest = datagram.decode().partition(" ")
        if oid == "breaks":
            raise RecursionError
        said = dict(part.split("=") for part in rest.split())
        if oid in set(Drop):
            return Heard(drop=Drop(oid), answer=said.get("answer", "").encode())
        varbinds = tuple(("1.3.6.1.2.1.2.2.1.1.1", int(said[each])) for each in ("port", "value") if each in said)
        return Heard(Notification(oid, varbinds, said.get("agent", "")), answer=said.get("answer", "").encode())


@dataclass
class School:
    """A receiver and what it did."""

    timer: ManualTimer
    receiver: TrapReceiver
    candidates: Candidates
    events: list[Event] = field(default_factory=list)
    flushed: list[int] = field(default_factory=list)
    polled: list[DeviceId] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    unkept: int = 0
    """How often the disk would not have something."""

    def say(self, what: str, host: str = "10.0.0.1") -> None:
        self.receiver.receive(what.encode(), host, self.answers.append)
        while self.receiver.take_one():
            pass


def school(
    script: Callable[[School], Awaitable[None]], *listen: HostPort, devices: Mapping[DeviceId, list[str]] = DEVICES
) -> School:
    timer = ManualTimer()
    made: list[School] = []

    def sink(device: DeviceId, harvest: Harvest) -> None:
        assert all(event.device == device for event in harvest.events)
        made[0].events += harvest.events

    async def flush() -> int:
        made[0].flushed.append(len(made[0].events))
        return made[0].unkept

    async def main() -> None:
        candidates = Candidates()
        known = {device: FakeCollector(device) for device in devices}
        around = Surroundings(sink, flush, lambda device: made[0].polled.append(device), known, candidates)
        receiver = TrapReceiver(
            listen, FakeEngine(), Senders(devices), TrapBook(SHIPPED), around, clock=timer.utc_ms, timer=timer
        )
        made.append(School(timer, receiver, candidates))
        task = asyncio.create_task(receiver.run())
        await timer.advance(0)
        await script(made[0])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())
    return made[0]


def test_a_trap_is_an_event_on_the_disk_and_a_reading_asked_for() -> None:
    async def script(one: School) -> None:
        one.say(COLD_START)
        assert [event.kind for event in one.events] == ["cold_start"]
        assert (one.polled, one.flushed) == ([SW], [])
        await one.timer.advance(0.5)
        assert one.flushed == [1]

    school(script)


def test_an_inform_is_answered_once_its_event_is_on_the_disk_and_again_when_it_is_repeated() -> None:
    async def script(one: School) -> None:
        one.say(f"{COLD_START} answer=first")
        assert one.answers == []
        await one.timer.advance(0.5)
        assert (one.flushed, one.answers) == ([1], [b"first"])
        one.say(f"{COLD_START} answer=second")
        await one.timer.advance(0.5)
        assert one.answers == [b"first", b"second"]
        assert len(one.events) == 1
        assert one.receiver.dropped == {Drop.DUPLICATE: 1}

    school(script)


def test_an_inform_is_not_answered_when_the_disk_did_not_have_its_event_and_is_heard_anew_when_it_is_repeated() -> None:
    async def script(one: School) -> None:
        one.unkept += 1
        one.say(f"{COLD_START} answer=first")
        await one.timer.advance(0.5)
        assert (one.flushed, one.answers) == ([1], [])
        one.say(f"{COLD_START} answer=second")
        await one.timer.advance(0.5)
        assert (len(one.events), one.answers) == (2, [b"second"])

    school(script)


def test_an_inform_of_nobody_we_know_or_beyond_the_limit_is_not_answered() -> None:
    async def script(one: School) -> None:
        one.say(f"{COLD_START} answer=stranger", "10.9.9.9")
        for number in range(BURST + 20):
            one.say(f"{LINK_DOWN} port={number} answer={number}")
        await one.timer.advance(0.5)
        assert one.answers == [str(number).encode() for number in range(BURST)]

    school(script)


def test_an_inform_that_was_folded_is_not_answered_when_it_is_repeated_either() -> None:
    async def script(one: School) -> None:
        for number in range(INFO_BURST):
            one.say(f"{LINK_DOWN} port={number}")
            await one.timer.advance(0.5)
        for number in range(2):
            one.say(f"{LINK_DOWN} port=999 answer={number}")
            await one.timer.advance(0.5)
        assert (len(one.events), one.answers) == (INFO_BURST, [])
        one.say(f"{LINK_UP} port=999 answer=up")
        await one.timer.advance(0.5)
        assert one.answers == [b"up"], "of another kind"

    school(script)


def test_a_step_of_discovery_is_answered_at_once_and_accuses_nobody() -> None:
    async def script(one: School) -> None:
        one.say("too_old answer=report")
        assert one.answers == [b"report"]
        assert one.candidates.listed() == []
        one.say("too_old")
        assert [each.reason for each in one.candidates.listed()] == ["too_old"]

    school(script)


def test_what_nobody_understands_is_told_once_a_minute_and_the_device_is_not_read_for_it() -> None:
    async def script(one: School) -> None:
        for number in range(50):
            one.say(f"1.3.6.1.4.1.99999.1 value={number}")
        one.say(AUTHENTICATION_FAILURE)

    one = school(script)
    assert [event.kind for event in one.events] == ["unknown_trap", "authentication_failure"]
    assert one.receiver.dropped == {Drop.DUPLICATE: 49}
    assert one.polled == []


def test_a_datagram_that_breaks_us_costs_itself_alone() -> None:
    async def script(one: School) -> None:
        one.say("breaks")
        one.say(COLD_START)

    one = school(script)
    assert one.receiver.dropped == {Drop.FAILED: 1}
    assert [event.kind for event in one.events] == ["cold_start"]


def test_what_comes_faster_than_it_is_decoded_waits_up_to_a_bound_and_lets_others_have_their_turn() -> None:
    turns = 0

    async def neighbour() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async def script(one: School) -> None:
        other = asyncio.create_task(neighbour())
        for _ in range(5):
            one.receiver.receive(COLD_START.encode(), "10.0.0.1", one.answers.append)
        assert one.events == []
        await until(lambda: one.receiver.dropped[Drop.DUPLICATE] == 4, "the decoding")
        assert turns >= 4
        other.cancel()

    school(script)


def test_the_queue_is_bounded_and_what_finds_no_room_is_counted() -> None:
    async def script(one: School) -> None:
        for (host,) in islice(cycle(THREE_HUNDRED.values()), MAX_WAITING + 700):
            one.receiver.receive(b"malformed", host, one.answers.append)
        assert one.receiver.dropped == {Drop.NO_ROOM: 700}
        while one.receiver.take_one():
            pass
        assert one.receiver.dropped == {Drop.NO_ROOM: 700, Drop.MALFORMED: MAX_WAITING}

    school(script, devices=THREE_HUNDRED)


def test_who_is_not_known_is_counted_and_listed_and_never_an_event() -> None:
    async def script(one: School) -> None:
        one.say(COLD_START, "10.9.9.9")
        one.say("unknown_community", "10.0.0.1")
        one.say("malformed", "10.9.9.8")

    one = school(script)
    assert one.events == []
    assert one.polled == []
    assert one.receiver.received == 3
    assert one.receiver.dropped == {Drop.UNKNOWN_SENDER: 1, Drop.UNKNOWN_COMMUNITY: 1, Drop.MALFORMED: 1}
    assert {(each.topic, each.reason) for each in one.candidates.listed()} == {
        ("SNMP traps from 10.9.9.9", "unknown_sender"),
        ("SNMP traps from 10.0.0.1", "unknown_community"),
    }


def test_a_device_behind_another_address_is_known_by_the_one_its_trap_names() -> None:
    one = school(lambda one: _said(one, f"{COLD_START} agent=10.0.0.2", "10.7.7.7"))
    assert [event.device for event in one.events] == [UPS]


async def _said(one: School, what: str, host: str) -> None:
    one.say(what, host)


def test_forged_addresses_do_not_fill_the_list_and_the_latest_to_speak_is_seen() -> None:
    async def script(one: School) -> None:
        one.candidates.note("door/17", b"open", "no_profile", 0)
        for number in range(MAX_STRANGERS + 40):
            one.say(COLD_START, f"10.9.{number}.1")
            await one.timer.advance(1)

    one = school(script)
    topics = {each.topic for each in one.candidates.listed()}
    assert len(topics) == MAX_STRANGERS + 1
    assert {"door/17", f"SNMP traps from 10.9.{MAX_STRANGERS + 39}.1"} <= topics


def test_a_port_that_is_taken_is_tried_again_until_it_is_free() -> None:
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("127.0.0.1", 0))
    place = HostPort("127.0.0.1", taken.getsockname()[1])

    async def script(one: School) -> None:
        await one.timer.advance(TRY_AGAIN_S)
        assert one.receiver.ports == []
        taken.close()

        async def is_open() -> bool:
            await one.timer.advance(TRY_AGAIN_S)
            return one.receiver.ports == [place]

        await until(is_open, "the socket")

    school(script, place)


def test_a_storm_reads_the_device_once_at_its_beginning_and_once_at_its_end_and_tells_of_what_it_folded() -> None:
    async def script(one: School) -> None:
        for number in range(5000):
            one.say(f"{(LINK_DOWN, LINK_UP)[number % 2]} port=3")
        one.say(COLD_START, "10.0.0.2")
        assert len(one.events) == BURST + 1
        assert set(one.polled[:-1]) == {SW}
        before = len(one.polled)
        await one.timer.advance(5)
        one.say(f"{LINK_DOWN} port=4")
        assert len(one.polled) == before
        await one.timer.advance(QUIET_S)
        assert one.polled[before:] == [SW]

    one = school(script)
    (storm,) = [event for event in one.events if event.kind == "trap_storm"]
    assert storm.device == SW
    assert f"{5000 - BURST} traps" in storm.text
    assert one.receiver.dropped == {Drop.OVER_LIMIT: 5000 - BURST}
    assert one.receiver.received == 5002
