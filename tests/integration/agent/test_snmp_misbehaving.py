"""Devices that answer badly: their own samples say so, nothing raises, nothing hangs."""

import asyncio
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.address import HostPort
from agent.collect.port import Harvest
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.collect.snmp_dialogue import MAX_WALK_ROWS, SnmpTiming
from agent.collect.snmp_learn import MAX_ASKS
from agent.snmp_access import Community
from campus.ids import DeviceId
from campus.secret import Secret
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Cadence
from simulator.snmp.ber import Oid, encode_integer, encode_oid
from simulator.snmp.message import ErrorStatus, Pdu, decode_request, encode_response
from simulator.snmp.quirk import Quirks
from simulator.snmp.responder import Responder, responding
from simulator.snmp.tree import Binding, MibTree
from tests.support.snmp import ALL, NOW, QUICK, SHIPPED, collector, polls, port, system, tree, values

MINUTE_MS = 60_000
IF_X_TABLE: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1)
IF_DESCR: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 2)


def twelve_ports() -> MibTree:
    rows = system()
    for index in range(1, 13):
        rows |= port(index)
    return tree(rows)


def alone(harvest: Harvest) -> dict[tuple[str, str], float]:
    """The samples, which must be `reachable` and nothing else."""
    assert harvest.facts is None
    return values(harvest)


def test_silence_is_unreachable_and_the_neighbour_is_untouched() -> None:
    dead, live = Responder(twelve_ports(), quirks=Quirks(silent=True)), Responder(twelve_ports())
    with responding(dead, live):
        (of_dead,), (of_live,) = polls(collector(dead), NOW), polls(collector(live), NOW)
    assert alone(of_dead) == {("reachable", ""): 0.0}
    assert values(of_live)["reachable", ""] == 1


def test_a_wrong_community_is_met_with_silence() -> None:
    device = Responder(twelve_ports(), community="secret")
    with responding(device):
        (harvest,) = polls(collector(device), NOW)
    assert alone(harvest) == {("reachable", ""): 0.0}
    assert device.counts["other_community"] == QUICK.hail_attempts


@pytest.mark.parametrize("host", ["no-such-host.invalid", "255.255.255.255", "::1"])
def test_an_address_that_leads_nowhere_is_unreachable_too(host: str) -> None:
    target = DeviceTarget(DeviceId("sw-1"), HostPort(host, 9), Community(Secret("public")))
    (harvest,) = polls(SnmpCollector(target, SHIPPED, QUICK), NOW)
    assert alone(harvest) == {("reachable", ""): 0.0}


def test_a_host_name_is_looked_up() -> None:
    meant = str(socket.getaddrinfo("localhost", 9, type=socket.SOCK_DGRAM)[0][4][0])
    device = Responder(twelve_ports(), meant)
    with responding(device):
        target = DeviceTarget(DeviceId("sw-1"), HostPort("localhost", device.port), Community(Secret("public")))
        (harvest,) = polls(SnmpCollector(target, SHIPPED, QUICK), NOW)
    assert values(harvest)["reachable", ""] == 1


def test_nothing_listens_there() -> None:
    device = Responder(twelve_ports())
    with responding(device):
        pass
    (harvest,) = polls(collector(device), NOW)
    assert alone(harvest) == {("reachable", ""): 0.0}


def test_garbage_and_torn_datagrams_are_counted_and_the_device_comes_back() -> None:
    device = Responder(twelve_ports(), quirks=Quirks(garbage=True))
    with responding(device):
        one = collector(device)
        mad = polls(one, *range(NOW, NOW + 10))
        device.quirks = Quirks()
        (sane,) = polls(one, NOW + MINUTE_MS)
    for harvest in mad:
        assert alone(harvest) == {("reachable", ""): 0.0}
        assert harvest.dropped["garbage"] <= 1
    assert one.dialogue.counts["garbage"] > 0
    assert values(sane)["if_oper_state", "GE0/12"] == 1


def test_half_a_table_gives_the_half_that_is_there() -> None:
    rows = system() | port(1) | port(2)
    for gone in (
        "1.3.6.1.2.1.2.2.1.8.2",
        "1.3.6.1.2.1.31.1.1.1.6.2",
        "1.3.6.1.2.1.2.2.1.10.2",
        "1.3.6.1.2.1.31.1.1.1.1.2",
    ):
        del rows[gone]
    device = Responder(tree(rows))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        (harvest,) = polls(one, NOW + MINUTE_MS)
    told = values(harvest)
    assert told["if_oper_state", "GE0/1"] == 1
    assert told["if_in_bps", "GE0/1"] == 0
    assert ("if_oper_state", "port 2") not in told
    assert ("if_in_bps", "port 2") not in told
    assert told["if_out_bps", "port 2"] == 0


RADIOS = """
title: Clients of all radios together
kind: access_point
get_at_once: 1
tables:
  clients:
    rows: 1.3.9.5
    instance: {text: ''}
    same_name: sum
    points: [{metric: wireless_clients, oid: 1.3.9.2}]
"""


def test_a_sum_that_was_broken_off_is_none(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "radios.yaml").write_text(RADIOS)
    rows: dict[str, tuple[int, object]] = {"1.3.9.5.1": (2, 1), "1.3.9.5.2": (2, 1), "1.3.9.2.1": (66, 20)}
    good = tree(system() | rows | {"1.3.9.2.2": (66, 3)})
    torn = {oid: good.value(oid, 0) or b"" for oid in good.oids()} | {(1, 3, 9, 2, 2): b"\x42\x05\x01"}
    device = Responder(MibTree(torn))
    with responding(device):
        impatient = SnmpTiming(timeout_s=0.15, attempts=1, patience=1)
        one = collector(device, load_catalogue(tmp_path), "test/radios", impatient)
        (cut_short,) = polls(one, NOW)
        device.view = good
        (whole,) = polls(one, NOW + MINUTE_MS)
    assert cut_short.facts is not None
    assert ("wireless_clients", "") not in values(cut_short)
    assert values(whole)["wireless_clients", ""] == 23


def test_a_sum_of_more_rows_than_are_read_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.collect.snmp_learn.MAX_ASKS", 3)
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "radios.yaml").write_text(RADIOS)
    rows: dict[str, tuple[int, object]] = {f"1.3.9.5.{n}": (2, 1) for n in range(1, 5)}
    rows |= {f"1.3.9.2.{n}": (66, 20) for n in range(1, 5)}
    device = Responder(tree(system() | rows))
    with responding(device):
        (harvest,) = polls(collector(device, load_catalogue(tmp_path), "test/radios"), NOW)
    assert ("wireless_clients", "") not in values(harvest)
    assert harvest.dropped == {"too_many_rows": 4}


def test_a_device_without_a_system_group_is_still_read() -> None:
    device = Responder(tree(port(1)))
    with responding(device):
        (harvest,) = polls(collector(device), NOW)
    assert values(harvest)["reachable", ""] == 1
    assert values(harvest)["if_oper_state", "GE0/1"] == 1


def test_wrong_types_drop_their_point_and_no_other() -> None:
    rows = system() | port(1)
    rows["1.3.6.1.2.1.2.2.1.8.1"] = (4, "up")
    rows["1.3.6.1.2.1.31.1.1.1.6.1"] = (4, "lots")
    rows["1.3.6.1.2.1.31.1.1.1.15.1"] = (2, -5)
    rows["1.3.6.1.2.1.2.2.1.7.1"] = (2, 77)
    device = Responder(tree(rows))
    with responding(device):
        (harvest,) = polls(collector(device), NOW)
    assert harvest.dropped == {"unknown_state": 2, "not_a_number": 1, "out_of_range": 1}
    assert values(harvest)["reachable", ""] == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "quirks",
    [Quirks(max_repetitions=7), Quirks(no_bulk=True), Quirks(max_bytes=484)],
    ids=["max-repetitions 7", "no bulk", "answers of 484 bytes"],
)
def test_a_device_that_bears_little_is_asked_for_little(quirks: Quirks) -> None:
    device = Responder(twelve_ports(), quirks=quirks)
    with responding(device):
        one = collector(device, timing=replace(QUICK, patience=40) if quirks.max_bytes < 1000 else QUICK)
        first, second = polls(one, NOW, NOW + MINUTE_MS)
    assert len(first.facts.ports if first.facts else ()) == 12
    assert values(second)["if_in_bps", "GE0/12"] == 0
    assert first.dropped + second.dropped == {}
    bears_all = one.dialogue.at_once == 40 and one.dialogue.repetitions == 20
    assert not bears_all


class Forbidding(Responder):
    """Answers authorizationError where anything of ifXTable is asked for; counts how often."""

    def receive(self, datagram: bytes, sender: Any) -> None:
        request = decode_request(datagram)
        if request.pdu is Pdu.GET and any(oid[:9] == IF_X_TABLE for oid in request.oids):
            self.counts["forbidden"] += 1
            self._send(encode_response(request, request.raw_varbinds, ErrorStatus.AUTHORIZATION_ERROR, 1), sender)
        else:
            super().receive(datagram, sender)


def test_a_device_that_forbids_some_objects_gives_the_others() -> None:
    device = Forbidding(tree(system() | port(1) | port(2)))
    with responding(device):
        one = collector(device)
        first, second = polls(one, NOW, NOW + MINUTE_MS)
        forbidden = device.counts["forbidden"]
        (third,) = polls(one, NOW + 2 * MINUTE_MS, cadences=frozenset({Cadence.NORMAL}))
    assert values(first)["reachable", ""] == 1
    assert first.refused == ""
    assert values(second)["if_oper_state", "GE0/2"] == 1
    assert values(third)["if_in_bps", "GE0/2"] == 0, "the 32-bit columns are not forbidden"
    assert device.counts["forbidden"] == forbidden > 0, "what is forbidden is not asked for until it is learnt anew"
    assert one.dialogue.at_once == 40, "it was not the size"


@pytest.mark.slow
def test_what_a_device_bears_is_found_once_and_then_kept() -> None:
    device = Responder(twelve_ports(), quirks=Quirks(max_repetitions=5))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        found = one.dialogue.repetitions
        silences = device.counts["ignored"]
        polls(one, *(NOW + n * MINUTE_MS for n in range(1, 6)))
    assert (found, one.dialogue.repetitions) == (5, 5)
    assert silences == 4, "20 and 10, each twice"
    assert device.counts["ignored"] == silences + 2, "7 in the next round, and then nothing for long"


def test_numbers_that_end_in_nul_and_text_around_them() -> None:
    rows = system() | port(1)
    rows["1.3.6.1.2.1.31.1.1.1.15.1"] = (4, "1000\0")
    rows["1.3.6.1.2.1.2.2.1.8.1"] = (4, "1\0\0")
    device = Responder(tree(rows))
    with responding(device):
        (harvest,) = polls(collector(device), NOW)
    assert values(harvest)["if_speed_bps", "GE0/1"] == 1e9
    assert values(harvest)["if_oper_state", "GE0/1"] == 1
    assert harvest.dropped == {}


def test_names_are_readable_whatever_they_are_written_in_and_those_that_are_alike_are_told_apart() -> None:
    rows = system() | port(1) | port(2) | port(3) | port(4)
    names = {1: "一楼上联".encode("gbk"), 2: "Größe".encode("latin-1"), 3: "教室".encode(), 4: "教室".encode("gbk")}
    for index, name in names.items():
        rows[f"1.3.6.1.2.1.31.1.1.1.1.{index}"] = (4, name.decode("utf-8", "surrogateescape"))
    device = Responder(tree(rows))
    with responding(device):
        first, second = polls(collector(device), NOW, NOW + MINUTE_MS)
    assert first.facts is not None
    assert [found.instance for found in first.facts.ports] == ["一楼上联", "Größe", "教室", "教室 (4)"]
    assert values(second)["if_in_bps", "教室 (4)"] == 0


@pytest.mark.slow
def test_ten_thousand_interfaces_are_read_as_far_as_the_bound_goes() -> None:
    rows = system()
    for index in range(1, 10_001):
        rows |= port(index, wide=False)
    device = Responder(tree(rows))
    with responding(device):
        one = collector(device, timing=SnmpTiming())
        first, second = polls(one, NOW, NOW + MINUTE_MS)
    assert one.learnt is not None
    assert MAX_ASKS - 100 < len(one.learnt.asks) <= MAX_ASKS + 100
    ports = len(first.facts.ports if first.facts else ())
    assert ports + first.dropped["too_many_rows"] == 10_000
    assert sum(metric == "if_in_bps" for metric, _ in values(second)) == ports > 1000


class RebootingTree(MibTree):
    """Starts again in the middle of being walked: its ports have other numbers and names then, and its clock begins at 0."""

    def __init__(self, before: MibTree, after: MibTree, steps: int) -> None:
        super().__init__({oid: before.value(oid, 0) or b"" for oid in before.oids()})
        self._after = after
        self._steps = steps

    def value(self, oid: Oid, now: int) -> bytes | None:
        return self._after.value(oid, now) if self._steps <= 0 else super().value(oid, now)

    def successor(self, oid: Oid, now: int) -> Binding | None:
        self._steps -= 1
        return self._after.successor(oid, now) if self._steps <= 0 else super().successor(oid, now)


@pytest.mark.parametrize("steps", [5, 30, 60])
def test_a_device_that_restarts_while_it_is_walked_is_learnt_anew(steps: int) -> None:
    before, after = system(), system(uptime=100)
    for index in range(1, 13):
        before |= port(index)
        after |= port(100 + index)
    device = Responder(RebootingTree(tree(before), tree(after), steps))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        second, third = polls(one, NOW + MINUTE_MS, NOW + 2 * MINUTE_MS)
    assert [event.kind for event in second.events] == ["device_restarted"]
    assert second.facts is not None
    assert [found.instance for found in second.facts.ports] == [f"GE0/{n}" for n in range(101, 113)]
    assert values(third)["if_in_bps", "GE0/112"] == 0
    assert third.dropped == {}


@pytest.mark.slow
def test_a_device_too_slow_for_one_poll_is_learnt_over_several() -> None:
    device = Responder(twelve_ports(), quirks=Quirks(delay_s=0.03))

    async def rounds(one: SnmpCollector) -> int:
        for count in range(1, 100):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.15):  # a fifth of what learning takes
                    await one.poll(ALL, NOW)
            if one.learnt:
                return count
        return 0

    with responding(device):
        one = collector(device, profile="generic/if-mib")
        taken = asyncio.run(rounds(one))
    assert taken > 1
    assert one.learnt is not None
    assert [port.instance for port in one.learnt.ports] == [f"GE0/{n}" for n in range(1, 13)]


def test_what_was_half_walked_before_a_restart_is_walked_again() -> None:
    before, after = system() | port(1) | port(2), system(uptime=100) | port(101) | port(102)
    torn = tree(before)
    broken = {oid: torn.value(oid, 0) or b"" for oid in torn.oids()} | {
        (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1, 1): b"\x42\x05\x01"
    }
    device = Responder(MibTree(broken))
    with responding(device):
        one = collector(device, timing=replace(QUICK, attempts=1, patience=1))
        (first,) = polls(one, NOW)
        device.view = tree(after)
        (second,) = polls(one, NOW + MINUTE_MS)
    assert first.dropped["learning"] == 1
    assert second.facts is not None
    assert [found.instance for found in second.facts.ports] == ["GE0/101", "GE0/102"]


def test_a_line_that_loses_one_in_ten_is_learnt_in_a_few_rounds() -> None:
    device = Responder(twelve_ports(), quirks=Quirks(loss=0.1))
    with responding(device):
        one = collector(device)
        harvests = polls(one, *(NOW + n * MINUTE_MS for n in range(4)))
    assert one.profile_name == "generic/if-mib"
    assert max(len(h.samples) for h in harvests) > 60


class EndlessTree(MibTree):
    """ifDescr has no end: every row is followed by another."""

    def successor(self, oid: Oid, now: int) -> Binding | None:
        if oid[:10] == IF_DESCR:
            following = (*IF_DESCR, oid[10] + 1 if len(oid) > 10 else 1)
            return Binding(following, encode_oid(following), encode_integer(1))
        return super().successor(oid, now)


class TurningTree(MibTree):
    """After the fifth row of ifDescr comes the first again."""

    def successor(self, oid: Oid, now: int) -> Binding | None:
        found = super().successor(oid, now)
        if oid[:11] == (*IF_DESCR, 5):
            return Binding((*IF_DESCR, 1), encode_oid((*IF_DESCR, 1)), encode_integer(1))
        return found


def test_a_walk_that_turns_round_ends() -> None:
    rows = system()
    for index in range(1, 9):
        rows |= port(index)
    good = tree(rows)
    device = Responder(TurningTree({oid: good.value(oid, 0) or b"" for oid in good.oids()}))
    with responding(device):
        one = collector(device)
        (harvest,) = polls(one, NOW)
    assert one.dialogue.counts["walk_not_increasing"] + one.dialogue.counts["garbage"] >= 1
    assert values(harvest)["reachable", ""] == 1


def test_a_walk_without_end_is_cut_at_its_bound() -> None:
    good = tree(system() | port(1))
    device = Responder(EndlessTree({oid: good.value(oid, 0) or b"" for oid in good.oids()}))
    with responding(device):
        one = collector(device)
        (harvest,) = polls(one, NOW)
    assert one.dialogue.counts["walk_too_long"] == 1
    assert values(harvest)["if_oper_state", "GE0/1"] == 1
    assert len(harvest.samples) < MAX_WALK_ROWS
