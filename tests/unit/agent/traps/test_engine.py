"""pysnmp's engine as our reader: v1 is translated by RFC 3584, communities are looked at, nothing that comes breaks it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pysnmp.proto.api import v1, v2c

from agent.snmp_access import AuthProtocol, SnmpUser
from agent.traps import engine as engine_module
from agent.traps.access import TrapAccess
from agent.traps.engine import PysnmpEngine
from agent.traps.port import Drop, Notification
from campus.secret import Secret
from tests.support.traps import LINK_DOWN, v1_trap, v2c_inform, v2c_trap

OWN_ID = bytes.fromhex("80004fb8050102030405")
CHINESE = "团体名"
BOB = SnmpUser("bob", AuthProtocol.SHA256, Secret("bob's password"))
ACCESS = TrapAccess(OWN_ID, (Secret("s3cret"), Secret("other"), Secret(CHINESE)), (BOB,))
ENGINE = PysnmpEngine(ACCESS, lambda: 1_790_000_000.0)
"""One for all tests that leave nothing in it: it takes a fifth of a second to make."""
ENTERPRISE = "1.3.6.1.4.1.318"
OIDS = st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=12).map(
    lambda arcs: "1.3." + ".".join(map(str, arcs))
)
VALUES = st.one_of(
    st.integers(-(1 << 31), (1 << 31) - 1).map(lambda n: (v1.Integer(n), n)),
    st.integers(0, (1 << 32) - 1).map(lambda n: (v1.Counter(n), n)),
    st.integers(0, (1 << 32) - 1).map(lambda n: (v1.Gauge(n), n)),
    st.integers(0, (1 << 32) - 1).map(lambda n: (v1.TimeTicks(n), n)),
    st.binary(max_size=200).map(lambda b: (v1.OctetString(b), b)),
    st.ip_addresses(v=4).map(lambda ip: (v1.IpAddress(str(ip)), str(ip))),
    OIDS.map(lambda oid: (v1.ObjectIdentifier(oid), oid)),
    st.just((v1.Null(""), None)),
)


@given(
    OIDS,
    st.integers(0, 6),
    st.integers(0, (1 << 31) - 1),
    st.ip_addresses(v=4),
    st.lists(st.tuples(OIDS, VALUES), max_size=8),
)
def test_a_v1_trap_is_translated_by_rfc_3584(
    enterprise: str, generic: int, specific: int, address: Any, varbinds: list[tuple[str, tuple[Any, Any]]]
) -> None:
    written = [(oid, value) for oid, (value, _) in varbinds]
    datagram = v1_trap("s3cret", enterprise, generic, specific, *written, agent_address=str(address))
    heard = ENGINE.hear(datagram)
    oid = f"{enterprise}.0.{specific}" if generic == 6 else f"1.3.6.1.6.3.1.1.5.{generic + 1}"
    agent_address = "" if str(address) == "0.0.0.0" else str(address)
    assert heard.notification == Notification(oid, tuple((name, plain) for name, (_, plain) in varbinds), agent_address)
    assert (heard.drop, heard.answer) == (None, b"")


def test_a_v1_trap_of_a_kind_that_does_not_exist_is_malformed() -> None:
    datagram = v1_trap("s3cret", ENTERPRISE, 6, 5)
    generic_trap = datagram.replace(bytes([2, 1, 6, 2, 1, 5]), bytes([2, 1, 9, 2, 1, 5]))
    assert generic_trap != datagram
    assert ENGINE.hear(generic_trap).drop is Drop.MALFORMED


def test_wide_counters_and_the_proxys_device_are_read() -> None:
    datagram = v2c_trap(
        "other",
        LINK_DOWN,
        ("1.3.6.1.2.1.31.1.1.1.6.1", v2c.Counter64(1 << 60)),
        ("1.3.6.1.6.3.18.1.3.0", v2c.IpAddress("10.0.0.9")),
    )
    assert ENGINE.hear(datagram).notification == Notification(
        LINK_DOWN, (("1.3.6.1.2.1.31.1.1.1.6.1", 1 << 60),), "10.0.0.9"
    )


def test_a_community_may_be_chinese() -> None:
    assert ENGINE.hear(v2c_trap(CHINESE, LINK_DOWN)).notification == Notification(LINK_DOWN)


def test_only_informs_are_answered() -> None:
    assert ENGINE.hear(v2c_trap("s3cret", LINK_DOWN)).answer == b""
    heard = ENGINE.hear(v2c_inform("s3cret", LINK_DOWN, request_id=4711))
    assert heard.notification == Notification(LINK_DOWN)
    assert b"s3cret" in heard.answer
    assert (4711).to_bytes(2, "big") in heard.answer


@pytest.mark.parametrize("datagram", [v1_trap("wrong", ENTERPRISE, 6, 5), v2c_inform("wrong", LINK_DOWN)])
def test_a_wrong_community_is_told_apart_and_gets_no_answer(datagram: bytes) -> None:
    heard = ENGINE.hear(datagram)
    assert (heard.notification, heard.drop, heard.answer) == (None, Drop.UNKNOWN_COMMUNITY, b"")


def test_without_communities_v1_and_v2c_are_not_believed() -> None:
    deaf = PysnmpEngine(TrapAccess(OWN_ID), lambda: 0.0)
    for datagram in (v1_trap("", ENTERPRISE, 6, 5), v2c_trap("", LINK_DOWN), v2c_trap("public", LINK_DOWN)):
        assert deaf.hear(datagram).drop is Drop.UNKNOWN_COMMUNITY


WHOLE = v2c_trap("s3cret", LINK_DOWN, ("1.3.6.1.2.1.2.2.1.1.3", v2c.Integer32(3)))


@given(
    st.one_of(
        st.binary(max_size=400),
        st.builds(lambda end: WHOLE[:end], st.integers(0, len(WHOLE))),
        st.builds(
            lambda place, byte: WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :],
            st.integers(0, len(WHOLE) - 1),
            st.integers(0, 255),
        ),
        st.builds(
            lambda place, more: WHOLE[:place] + more + WHOLE[place:], st.integers(0, len(WHOLE)), st.binary(max_size=40)
        ),
    )
)
@settings(max_examples=400)
def test_whatever_comes_the_next_trap_is_heard(junk: bytes) -> None:
    heard = ENGINE.hear(junk)
    assert heard.notification is not None or heard.drop is not None or heard.answer
    assert ENGINE.hear(WHOLE).notification == Notification(LINK_DOWN, (("1.3.6.1.2.1.2.2.1.1.3", 3),))


PROVEN = bytes.fromhex(
    "3081b2020103301102040f1e252a020300ffe3040101020103043a3038040d80001f888056e5ad4bb1a3c366020107020301"
    "86a00403626f620418ea947e197f32ebb1fbb36ddb3bcb55d96ef7a5ad46a463130400305e041180001f88806f78001e29e3"
    "026b000000000400a7470204145a4fb20201000201003039300d06082b060102010103004301013017060a2b060106030101"
    "04010006092b0601060301010503300f060a2b060102010202010103020103"
)
"""A trap of net-snmp 5.9.3: user bob, SHA-256, engine 80001f888056e5ad4bb1a3c366, boots 7, time 100000."""


def test_a_proven_message_is_believed_and_one_with_any_byte_changed_is_not() -> None:
    whole = Notification(LINK_DOWN, (("1.3.6.1.2.1.2.2.1.1.3", 3),))
    assert ENGINE.hear(PROVEN).notification == whole
    for place in range(len(PROVEN)):
        changed = PROVEN[:place] + bytes([PROVEN[place] ^ 1]) + PROVEN[place + 1 :]
        assert ENGINE.hear(changed).notification is None, place
    assert ENGINE.hear(PROVEN).notification == whole


@given(st.integers(0, len(PROVEN)), st.binary(max_size=60), st.integers(0, 40))
@settings(max_examples=300)
def test_nothing_made_of_a_proven_message_is_believed_and_the_next_is_heard(place: int, more: bytes, cut: int) -> None:
    made = PROVEN[:place] + more + PROVEN[place + cut :]
    assert (ENGINE.hear(made).notification is None) == (made != PROVEN)
    assert ENGINE.hear(WHOLE).notification is not None


def test_many_engines_of_one_users_name_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "MAX_ENGINES", 3)
    fresh = PysnmpEngine(ACCESS, lambda: 1_790_000_000.0)
    engine_id = bytes.fromhex("80001f888056e5ad4bb1a3c366")
    for number in range(12):
        forged = PROVEN.replace(engine_id, engine_id[:-1] + bytes([number]))
        assert fresh.hear(forged).drop is Drop.WRONG_PASSWORD
    assert fresh.hear(PROVEN).notification is not None


def test_the_engine_is_renewed_and_goes_on_hearing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "RENEW_AFTER", 3)
    fresh = PysnmpEngine(ACCESS, lambda: 1_790_000_000.0)
    assert [fresh.hear(WHOLE).drop for _ in range(10)] == [None] * 10
