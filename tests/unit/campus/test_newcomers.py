"""Documents of newcomers: whatever devices say, what is written can be read again and is bounded."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.errors import Poison
from campus.newcomers import MAX_NEWCOMERS, Evidence, Newcomer, decode_newcomers, encode_newcomers
from campus.wire.frame import MAX_DOCUMENT_BYTES

TEXTS = st.text(max_size=700)


@given(st.lists(st.builds(Newcomer, key=st.just(""), name=TEXTS, sample=TEXTS, entry=TEXTS), max_size=5))
def test_what_devices_say_is_bounded_and_read_again(told: list[Newcomer]) -> None:
    numbered = tuple(msgspec.structs.replace(each, key=f"address {n}") for n, each in enumerate(told))
    again = decode_newcomers(encode_newcomers(numbered))
    assert [each.key for each in again.newcomers] == [each.key for each in numbered]
    assert all(each.name.isprintable() or not each.name for each in again.newcomers)


def test_what_does_not_fit_is_counted() -> None:
    evidence = tuple(Evidence("snmp", "中" * 600) for _ in range(12))
    crowd = tuple(Newcomer(key=f"address {number}", evidence=evidence) for number in range(MAX_NEWCOMERS + 10))
    content = encode_newcomers(crowd)
    assert len(content) <= MAX_DOCUMENT_BYTES
    told = decode_newcomers(content)
    assert told.newcomers
    assert len(told.newcomers) + told.omitted == len(crowd)


@pytest.mark.parametrize(
    "content",
    [
        b'{"newcomers":[],"omitted":-5}',
        b'{"newcomers":[],"omitted":9223372036854775808}',
        b'{"newcomers":[{"key":"a","last_seen_at":9223372036854775807}]}',
        b'{"newcomers":[{"key":"a","last_seen_at":-1}]}',
    ],
)
def test_numbers_that_no_agent_tells_are_refused(content: bytes) -> None:
    with pytest.raises(Poison, match="cannot be"):
        decode_newcomers(content)
