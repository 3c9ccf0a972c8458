"""What an unknown column may be, guessed from its values: for a person to judge, never obeyed. Pure."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from firmware_profiles.raw import text_of
from firmware_profiles.walk import COUNTER32, COUNTER64, NUMBERS, OBJECT_ID, TICKS, TYPE_NAMES, Row

CHOOSE: Final = "CHOOSE"
"""Stands where a person has to name a metric; no metric is called so, and the check says which come near."""
_SERIAL: Final = re.compile(r"(?=(?:\D*\d){4})[A-Z0-9][A-Z0-9-]{6,23}\Z")
_VERSION: Final = re.compile(r"[vV]?\d+(\.\d+){1,4}\S*\Z")
_NUMBER_IN_TEXT: Final = re.compile(r"\s*-?\d+(\.\d+)?\s*(\S{0,3})\Z")
_MISSING: Final = frozenset({-1, -9999, 2147483647, 4294967295, -2147483648, 65535, 32767, -32768, 255})
"""What devices tell where there is no value; the guess looks at the others."""


class Guess(NamedTuple):
    """`words` for the comment, the keys that a point of it would have beside `oid`."""

    words: str
    keys: str


def guess(rows: Sequence[Row]) -> Guess:
    """A guess from the values of one column, or of one scalar.

    >>> guess([Row((1, 3), 2, 193), Row((1, 3), 2, 251)])
    Guess(words='temperature in tenths of a degree?', keys='metric: temperature_cel, scale: 0.1')
    """
    tag = rows[0].tag
    if tag in {COUNTER32, COUNTER64}:
        return Guess("a counter: a rate per second", f"metric: {CHOOSE}, type: {TYPE_NAMES[tag]}")
    if tag == TICKS:
        return Guess("a time", f"metric: {CHOOSE}, type: timeticks")
    if tag == OBJECT_ID:
        return Guess("which kind of thing it is", "")
    if tag in NUMBERS:
        return _of_numbers([row.value for row in rows if isinstance(row.value, int)])
    return _of_texts([row.value for row in rows if isinstance(row.value, bytes)])


_BY_RANGE: Final = (
    # lowest, highest, words, keys; the first range that holds all values counts
    (0, 9, "a state, or a small count?", f"metric: {CHOOSE}, type: state, states: {{1: {CHOOSE}}}"),
    (100, 100, "100 percent?", f"metric: {CHOOSE}"),
    (15, 95, "temperature in degrees, or percent?", "metric: temperature_cel"),
    (0, 100, "percent?", f"metric: {CHOOSE}"),
    (210, 240, "volts, or temperature in tenths of a degree?", f"metric: {CHOOSE}"),
    (150, 950, "temperature in tenths of a degree?", "metric: temperature_cel, scale: 0.1"),
    (2000, 2600, "volts in tenths?", f"metric: {CHOOSE}, scale: 0.1"),
    (100_000, float("inf"), "bytes, a speed, a time?", f"metric: {CHOOSE}"),
)


def _of_numbers(numbers: Sequence[int]) -> Guess:
    told = [number for number in numbers if number not in _MISSING]
    if not told:
        return Guess("nothing to measure here now", f"metric: {CHOOSE}")
    absent = sorted(set(numbers) - set(told))
    ignore = f", ignore: {absent}" if absent else ""
    for lowest, highest, words, keys in _BY_RANGE:
        if lowest <= min(told) and max(told) <= highest:
            return Guess(words, keys + ignore)
    return Guess("a number", f"metric: {CHOOSE}{ignore}")


def _of_texts(values: Sequence[bytes]) -> Guess:
    if any(len(value) == 6 and not value.isascii() for value in values):
        return Guess("a MAC address", "")
    if any(b < 9 for value in values for b in value.rstrip(b"\0")):
        return Guess("bits, an address or a date", "")
    texts = [text for value in values if (text := text_of(value))]
    if not texts:
        return Guess("empty here", "")
    numbers = [_NUMBER_IN_TEXT.match(text) for text in texts]
    if all(numbers):
        units = {found[2] for found in numbers if found}
        unit = f" with {' or '.join(sorted(units))} behind" if units - {""} else ""
        return Guess(
            f"a number as text{unit}", f"metric: {CHOOSE}, pattern: '(-?[0-9.]+)'" if unit else f"metric: {CHOOSE}"
        )
    if all(_SERIAL.match(text) for text in texts):
        return Guess("a serial number, or an article's?", "")
    if all(_VERSION.match(text) for text in texts):
        return Guess("a version?", "")
    if len(texts) > 1 and len(set(texts)) == len(texts):
        return Guess("names of the rows?", "")
    return Guess("a text", "")
