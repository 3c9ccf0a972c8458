"""The rules of RFC 3416 and RFC 1157, request by request."""

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.dialogue import answer
from simulator.snmp.message import ErrorStatus, Pdu, Version
from simulator.snmp.quirk import parse_quirks
from simulator.snmp.tree import MibTree
from tests.unit.simulator.manager import Reply, read_reply, request_bytes

A: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 10, 1)
B: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 10, 2)
C: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6, 1)
D: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 18, 1)
TREE = MibTree(
    {
        A: ber.encode_integer(7, ber.COUNTER32),
        B: lambda now: ber.encode_integer(now, ber.COUNTER32),
        C: ber.encode_integer(1 << 40, ber.COUNTER64),
        D: ber.encode_octets(b"uplink"),
    }
)


def ask(
    pdu: Pdu,
    oids: list[Oid],
    field_1: int = 0,
    field_2: int = 0,
    version: Version = Version.V2C,
    max_bytes: int = 65_507,
) -> Reply:
    reply = answer(request_bytes(pdu, oids, field_1, field_2, 1, version), TREE, b"public", 1_000, max_bytes)
    assert reply is not None
    assert len(reply) <= max_bytes
    return read_reply(reply)


def test_get_gives_values_of_now_and_names_what_is_missing() -> None:
    reply = ask(Pdu.GET, [A, B, (*A[:-1], 9), (1, 3, 6, 1, 4, 1, 9, 1)])
    assert [value for _, value in reply.varbinds] == [
        ber.encode_integer(7, ber.COUNTER32),
        ber.encode_integer(1_000, ber.COUNTER32),
        ber.NO_SUCH_INSTANCE,
        ber.NO_SUCH_OBJECT,
    ]
    assert reply.error_status == 0


def test_get_next_walks_in_order_to_the_end_of_the_view() -> None:
    cursor: Oid = (1, 3)
    seen = []
    for _ in range(4):
        ((cursor, _),) = ask(Pdu.GET_NEXT, [cursor]).varbinds
        seen.append(cursor)
    assert seen == [A, B, C, D]
    assert ask(Pdu.GET_NEXT, [D]).varbinds == ((D, ber.END_OF_MIB_VIEW),)


def test_bulk_repeats_columns_side_by_side_and_marks_the_end() -> None:
    reply = ask(Pdu.GET_BULK, [(1, 3), A, C], field_1=1, field_2=3)
    assert [name for name, _ in reply.varbinds] == [A, B, D, C, D, D, D]
    assert [value for _, value in reply.varbinds].count(ber.END_OF_MIB_VIEW) == 2


def test_bulk_that_does_not_fit_is_shorter_not_an_error() -> None:
    reply = ask(Pdu.GET_BULK, [(1, 3)], field_2=50, max_bytes=150)
    assert 0 < len(reply.varbinds) < 4
    assert reply.error_status == 0


def test_get_that_does_not_fit_is_too_big() -> None:
    reply = ask(Pdu.GET, [D] * 50, max_bytes=500)
    assert (reply.error_status, reply.varbinds) == (ErrorStatus.TOO_BIG, ())


def test_version_1_has_no_exceptions_and_no_counter64() -> None:
    missing = ask(Pdu.GET, [A, C], version=Version.V1)
    assert (missing.error_status, missing.error_index) == (ErrorStatus.NO_SUCH_NAME, 2)
    assert ask(Pdu.GET_NEXT, [B], version=Version.V1).varbinds[0][0] == D
    assert ask(Pdu.GET_NEXT, [D], version=Version.V1).error_status == ErrorStatus.NO_SUCH_NAME


def test_set_is_refused() -> None:
    assert ask(Pdu.SET, [A]).error_status == ErrorStatus.NOT_WRITABLE


def test_silence_for_strangers() -> None:
    assert answer(request_bytes(Pdu.GET, [A], community=b"private"), TREE, b"public", 0) is None
    assert answer(request_bytes(Pdu.GET_BULK, [A], version=Version.V1), TREE, b"public", 0) is None
    assert answer(b"\x30\x03\x02\x01\x03", TREE, b"public", 0) is None


def test_quirks_are_read_and_explained() -> None:
    quirks = parse_quirks(["max-repetitions=7", "no-bulk", "delay-ms=20", "loss-percent=10", "max-bytes=1472"])
    assert (quirks.max_repetitions, quirks.no_bulk, quirks.delay_s, quirks.loss, quirks.max_bytes) == (
        7,
        True,
        0.02,
        0.1,
        1472,
    )
