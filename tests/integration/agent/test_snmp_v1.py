"""Devices that speak SNMP v1 alone: no GETBULK, no Counter64, and one object that is missing refuses a whole request."""

from typing import Any

from agent.snmp_access import SnmpVersion
from firmware_profiles.model import Cadence
from simulator.snmp.message import Pdu, Request, decode_request
from simulator.snmp.quirk import Quirks
from simulator.snmp.responder import Responder, responding
from tests.support.snmp import NOW, collector, polls, port, system, tree, values

MINUTE_MS = 60_000


class OldDevice(Responder):
    """Knows version 1 only, and notes what it was asked."""

    def __init__(self, ports: int = 12) -> None:
        rows = system()
        for index in range(1, ports + 1):
            rows |= port(index, 5_000_000_000)
        super().__init__(tree(rows), quirks=Quirks(v1_only=True))
        self.asked: list[Request] = []

    def receive(self, datagram: bytes, sender: Any) -> None:
        self.asked.append(decode_request(datagram))
        super().receive(datagram, sender)


def test_an_old_switch_is_recognised_learnt_and_polled() -> None:
    device = OldDevice()
    with responding(device):
        one = collector(device, version=SnmpVersion.V1)
        first, second = polls(one, NOW, NOW + MINUTE_MS)
        told = len(device.asked)
        (third,) = polls(one, NOW + 2 * MINUTE_MS, cadences=frozenset({Cadence.FAST, Cadence.NORMAL}))
    assert first.facts is not None
    assert [found.instance for found in first.facts.ports] == [f"GE0/{n}" for n in range(1, 13)]
    assert values(second)["if_in_bps", "GE0/12"] == 0, "read by the 32-bit counter, for version 1 knows no other"
    assert values(third)["if_oper_state", "GE0/12"] == 1
    assert first.dropped + second.dropped + third.dropped == {}
    assert {request.pdu for request in device.asked} == {Pdu.GET, Pdu.GET_NEXT}
    assert len(device.asked) - told < 30, "what is not there is not asked for in every poll"
    assert one.dialogue.at_once == 40, "an error about one OID says nothing about the size"
    assert one.dialogue.counts["garbage"] == 0


def test_asked_by_2c_an_old_device_is_silent() -> None:
    device = OldDevice()
    with responding(device):
        (harvest,) = polls(collector(device), NOW)
    assert values(harvest) == {("reachable", ""): 0.0}


def test_a_device_without_one_of_the_greeting_s_objects_is_reachable_by_v1() -> None:
    rows = system()
    del rows["1.3.6.1.2.1.1.1.0"]
    device = Responder(tree(rows | port(1)), quirks=Quirks(v1_only=True))
    with responding(device):
        one = collector(device, version=SnmpVersion.V1)
        first, second = polls(one, NOW, NOW + MINUTE_MS)
    assert values(first)["reachable", ""] == 1
    assert values(second)["if_oper_state", "GE0/1"] == 1
