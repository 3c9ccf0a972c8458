"""How texts stand in line protocol and as tags. Pure; how InfluxQL quotes them: `campus/influxql.py`.

A tag's value may be any printable text. Two things InfluxDB cannot hold: line protocol has no way to write a value that ends
in a backslash (https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/, "Special characters"), and
an empty tag does not exist. So a trailing backslash is stored with a mark behind it that no printable text contains.
"""

from typing import Final

_AFTER_BACKSLASH: Final = "\u200b"
"""A zero width space: never part of an instance, for it is not printable."""
_TAG_SPECIALS = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_MEASUREMENT_SPECIALS = str.maketrans({",": r"\,", " ": r"\ "})
_FIELD_SPECIALS = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": " "})
_MAX_TAG_CHARS = 128


def stored_tag(text: str) -> str:
    r"""A tag's value as InfluxDB keeps it, and as a query must compare it.

    >>> stored_tag("a\\") == "a\\\u200b", stored_tag("eth0")
    (True, 'eth0')
    """
    return text + _AFTER_BACKSLASH if text.endswith("\\") else text


def tag_from_stored(kept: str) -> str:
    """What `stored_tag` was made of."""
    return kept.removesuffix(_AFTER_BACKSLASH)


def printable_tag(text: str) -> str:
    r"""Any text of the registry as something a tag can hold: printable, at most 128 characters.

    >>> printable_tag(" Room 3\n upstairs ")
    'Room 3  upstairs'
    """
    text = text.strip()[:_MAX_TAG_CHARS]
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text).strip()


def escaped_tag(text: str) -> str:
    r"""A tag's key or value, not empty, inside a line.

    >>> print(escaped_tag("Gi1/0/1, uplink = 10G"))
    Gi1/0/1\,\ uplink\ \=\ 10G
    """
    return stored_tag(text).translate(_TAG_SPECIALS)


def escaped_field(value: str | int) -> str:
    r"""A field's value inside a line: an integer, or a text on one line.

    >>> print(escaped_field(7), escaped_field('a "b"'))
    7i "a \"b\""
    """
    return f"{value}i" if isinstance(value, int) else f'"{value.translate(_FIELD_SPECIALS)}"'


def escaped_measurement(text: str) -> str:
    """A measurement inside a line; metric ids come out as they are."""
    return text.translate(_MEASUREMENT_SPECIALS)
