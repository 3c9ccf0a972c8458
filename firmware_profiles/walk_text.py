"""What net-snmp's `snmpwalk` and `snmpbulkwalk` print, taken apart line by line. Pure.

Understood with ``-On`` and with ``-ObentU``: OIDs in numbers, values with their types or, as of timeticks by ``-Ot``, without.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_BEGIN: Final = re.compile(r"^(?P<oid>\.?\d+(?:\.\d+)+|\S+::\S+|iso\S*) = ?(?P<rest>.*)$", re.DOTALL)
_TYPED: Final = re.compile(r"^(?P<type>[A-Za-z][A-Za-z0-9 -]*?): ?(?P<value>.*)$", re.DOTALL)
_NUMBER: Final = re.compile(r"-?\d+")
_NOTHING: Final = ("No Such ", "No more variables", "End of MIB")
_TAGS: Final = {
    "integer": "2", "integer32": "2", "gauge32": "66", "unsigned32": "66", "counter32": "65", "counter64": "70",
    "timeticks": "67", "ipaddress": "64", "oid": "6",
}  # fmt: skip
_HEX_TYPES: Final = frozenset({"hex-string", "bits"})

Printed = tuple[int, str, str, str]
"""Line number, OID, tag and value, both as a recording has them."""


def parse_printed(lines: Sequence[str]) -> Iterator[Printed]:
    """Objects in the order of the text; a value may go on over several lines. Objects without a value are passed over."""
    number, oid, rest = 0, "", ""
    for at, line in enumerate(lines, start=1):
        begin = _BEGIN.match(line)
        if begin:
            yield from _told(number, oid, rest)
            number, oid, rest = at, begin["oid"], begin["rest"]
        elif oid:
            rest += f"\n{line}"
        elif line.strip() and not line.startswith("#"):
            yield at, line[:40], "2", ""
    yield from _told(number, oid, rest)


def _told(number: int, oid: str, rest: str) -> Iterator[Printed]:
    rest = rest.rstrip("\r\n")
    if not oid or rest.lstrip().startswith(_NOTHING):
        return
    typed = _TYPED.match(rest)
    kind, value = (typed["type"].lower(), typed["value"]) if typed else ("", rest)
    if kind in _HEX_TYPES:
        yield number, oid, "4x", _hex(value)
    elif kind in _TAGS:
        yield number, oid, _TAGS[kind], _plain(_TAGS[kind], value)
    elif kind == "null" or rest.strip() == "NULL":
        yield number, oid, "5", ""
    elif kind == "opaque" or not kind:
        yield number, oid, *_untyped(value.strip())
    elif kind == "string":
        yield number, oid, "4x", _octets(value).hex()
    elif kind == "network address":
        yield number, oid, "64", ".".join(str(int(part, 16)) for part in value.strip().split(":"))
    else:  # a text with a colon, printed without its type
        yield number, oid, "4x", _octets(rest).hex()


def _untyped(value: str) -> tuple[str, str]:
    """(tag, value) of what stands without a type: whole numbers are numbers, all else is text."""
    if _NUMBER.fullmatch(value):
        return "2", value
    return "4x", _octets(value).hex()


def _plain(tag: str, value: str) -> str:
    """The number in ``up(1)``, ``(4711) 0:00:47.11`` or ``48 percent``; OIDs and addresses as they stand."""
    if tag in {"6", "64"}:
        return value.strip()
    in_brackets = re.search(r"\((-?\d+)\)", value)
    found = in_brackets[1] if in_brackets else (m[0] if (m := _NUMBER.search(value)) else value)
    return found.strip()


def _hex(value: str) -> str:
    """Octets as net-snmp prints them: pairs parted by spaces over several lines; BITS have names behind them."""
    pairs = []
    for word in value.split():
        if not re.fullmatch(r"[0-9A-Fa-f]{2}", word):
            break
        pairs.append(word)
    return "".join(pairs)


def _octets(value: str) -> bytes:
    """A text without the quotes around it and the backslashes within.

    >>> _octets('"a \\\\"b\\\\""')
    b'a "b"'
    """
    text = value.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text.encode("utf-8", errors="surrogateescape")
