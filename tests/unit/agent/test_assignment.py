"""`OID=TYPE:VALUE` as a person writes it, and values as a person reads them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.assignment import Assignment, Held, ValueType, parse_assignment, shown
from campus.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1.3.6.1.2.1.2.2.1.7.3=integer:2", ValueType.INTEGER, 2),
        (".1.3.6.1=integer:-5", ValueType.INTEGER, -5),
        ("1.3.6.1=unsigned:4294967295", ValueType.UNSIGNED, (1 << 32) - 1),
        ("1.3.6.1=string:a=b:c", ValueType.STRING, b"a=b:c"),
        ("1.3.6.1=string:教务处", ValueType.STRING, "教务处".encode()),
        ("1.3.6.1=string:", ValueType.STRING, b""),
        ("1.3.6.1=hex:00:1a ff", ValueType.HEX, b"\x00\x1a\xff"),
        ("1.3.6.1=oid:1.3.6.1.4.1", ValueType.OID, "1.3.6.1.4.1"),
        ("1.3.6.1=address:10.1.2.3", ValueType.ADDRESS, "10.1.2.3"),
        ("1.3.6.1=timeticks:100", ValueType.TIMETICKS, 100),
    ],
)
def test_every_type_is_read(text: str, kind: ValueType, value: int | bytes | str) -> None:
    assert parse_assignment(text) == Assignment(text.partition("=")[0].lstrip("."), kind, value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.3.6.1", "sets nothing: write OID=TYPE:VALUE"),
        ("1.3.6.1=5", "sets nothing"),
        ("ifAdminStatus.3=integer:2", "is not an object's number"),
        ("1.3.6.1=int:2", "'int' is not a type: one of integer, unsigned"),
        ("1.3.6.1=integer:two", "'two' is no value of the type integer"),
        ("1.3.6.1=integer:2147483648", "is no value of the type integer"),
        ("1.3.6.1=unsigned:-1", "is no value of the type unsigned"),
        ("1.3.6.1=hex:0g", "is no value of the type hex"),
        ("1.3.6.1=oid:1.x", "is no value of the type oid"),
        ("1.3.6.1=address:10.1.2", "is no value of the type address"),
        ("1.3.6.1=string:" + "x" * 70_000, "does not fit into a message"),
    ],
)
def test_mistakes_are_explained(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_assignment(text)


@given(st.text())
def test_whatever_is_written_is_read_or_explained(text: str) -> None:
    with suppress(ConfigError):
        assert parse_assignment(text).oid[0] in "012"


def test_values_are_shown_to_be_read() -> None:
    assert [shown(each) for each in (b"office", "教务处".encode("gbk"), b"\x00\xff", 7, "1.3.6.1")] == [
        '"office"',
        '"教务处"',
        "00ff",
        "7",
        "1.3.6.1",
    ]
    assert str(Held(None, None)) == "nothing: there is no such object"
