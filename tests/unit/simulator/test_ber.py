"""BER: what is encoded decodes to the same, and no bytes break the decoder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.snmp import ber
from simulator.snmp.ber import BerError
from simulator.snmp.dialogue import answer
from simulator.snmp.message import Pdu, decode_request
from simulator.snmp.tree import MibTree
from tests.unit.simulator.manager import request_bytes

oids = st.builds(
    lambda first, second, rest: (first, second, *rest),
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(st.integers(0, ber.MAX_SUBID), max_size=30),
)
TREE = MibTree({(1, 3, 6, 1, 2, 1, 1, index, 0): ber.encode_integer(index) for index in range(1, 9)})


@given(st.integers(-(1 << 63), (1 << 64) - 1))
def test_integer_round_trip(value: int) -> None:
    encoded = ber.encode_integer(value)
    start, stop = ber.read_element(encoded, 0, len(encoded), ber.INTEGER)
    assert ber.decode_integer(encoded, start, stop) == value
    assert stop - start == 1 or encoded[start] not in (0x00, 0xFF) or (encoded[start] ^ encoded[start + 1]) & 0x80


@given(oids)
def test_oid_round_trip(oid: ber.Oid) -> None:
    encoded = ber.encode_oid(oid)
    start, stop = ber.read_element(encoded, 0, len(encoded), ber.OBJECT_IDENTIFIER)
    assert ber.decode_oid(encoded, start, stop) == oid
    assert ber.parse_oid(".".join(map(str, oid))) == oid


@given(st.binary(max_size=70_000))
def test_long_content_round_trip(content: bytes) -> None:
    encoded = ber.encode_octets(content)
    start, stop = ber.read_element(encoded, 0, len(encoded), ber.OCTET_STRING)
    assert encoded[start:stop] == content
    assert stop == len(encoded)


@given(st.binary(max_size=200))
def test_noise_is_refused_by_name(noise: bytes) -> None:
    with pytest.raises(BerError) as caught:
        decode_request(noise)
    assert caught.value.reason == "bad_ber"


@given(st.data(), st.sampled_from([Pdu.GET, Pdu.GET_NEXT, Pdu.GET_BULK]))
def test_damaged_request_gives_an_answer_or_silence(draws: st.DataObject, pdu: Pdu) -> None:
    good = bytearray(request_bytes(pdu, [(1, 3, 6, 1, 2, 1, 1, 3, 0)], field_2=5))
    position = draws.draw(st.integers(0, len(good) - 1))
    good[position] = draws.draw(st.integers(0, 255))
    reply = answer(bytes(good), TREE, b"public", 0)
    assert reply is None or reply[0] == ber.SEQUENCE


@given(oids, st.integers(0, 40))
def test_request_is_read_as_it_was_written(oid: ber.Oid, repetitions: int) -> None:
    request = decode_request(request_bytes(Pdu.GET_BULK, [oid, oid], field_2=repetitions, request_id=77))
    assert (request.oids, request.field_2, request.request_id) == ((oid, oid), repetitions, 77)


@pytest.mark.parametrize("text", ["", "1", "1.x", "3.1", "1.3.4294967296", "1.-1"])
def test_wrong_oid_text(text: str) -> None:
    with pytest.raises(BerError):
        ber.parse_oid(text)
