"""A recording without what names anybody: the same device to read, nobody's to find. Pure but for the key.

Addresses, names, places, people, serial numbers and free texts are replaced, the same by the same wherever it stands:
in values, within texts and in the indices of rows, so that tables still join. Objects, types, numbers, lengths of texts
and words of the trade stay. SNMP's own administration (communities, users) is left out whole. What an object of a
vendor's own says that no profile knows is masked word by word: look at the result before you give it away.
"""

import re
from collections.abc import Iterable
from functools import partial
from typing import Final

from firmware_profiles.find_address import MAC, STANDARD_COLUMN, AddressMasks, packed
from firmware_profiles.layout import layout_of
from firmware_profiles.mask_plan import DROPPED, Plan
from firmware_profiles.mask_text import Mode, Words, words_in
from firmware_profiles.model import Profile
from firmware_profiles.raw import text_of
from firmware_profiles.select import picked
from firmware_profiles.survey import ENTERPRISES
from firmware_profiles.walk import ADDRESS, NUMBERS, OBJECT_ID, Oid, Row, Walk, dotted

_SYS_DESCR: Final = (1, 3, 6, 1, 2, 1, 1, 1, 0)
_ENTITIES: Final = (1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1)
_PRODUCT_COLUMNS: Final = frozenset({2, 7, 12, 13})
"""entPhysicalDescr, Name, MfgName and ModelName."""
_PORT_NAMES: Final = frozenset({(1, 3, 6, 1, 2, 1, 2, 2, 1, 2), (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)})
"""ifDescr and ifName."""
_SHORTEST_NAME: Final = 4
_TEXT_RUN: Final = 3
_V4_OCTETS: Final = 4


def anonymised(walk: Walk, profiles: Iterable[Profile], key: bytes) -> Walk:
    """The walk with everything masked; `profiles` say which texts have to stay to be understood, and where serials stand.

    The same walk, profiles and key give the same; the key is a secret that nobody needs again.
    """
    rows = [row for row in walk.rows if not any(row.oid[: len(each)] == each for each in DROPPED)]
    return _Anonymiser(rows, Plan(profiles), key).walk()


class _Anonymiser:
    def __init__(self, rows: list[Row], plan: Plan, key: bytes) -> None:
        self._rows, self._plan = rows, plan
        self._starts = _index_starts(rows)
        texts = [_text(row.value) for row in rows if isinstance(row.value, bytes)]
        public = plan.products | {word for row in rows for word in _product_words(row)}
        self._words = Words(key, {*(word for text in texts for word in words_in(text)), *texts}, public)
        self._addresses = AddressMasks.of(rows)
        self._ports = {_text(row.value).strip(" \0") for row in rows if _names_port(row)}
        self._whole, self._within = self._secrets(public)

    def walk(self) -> Walk:
        """All rows, masked, in the order of their new OIDs."""
        return Walk(Row(self._oid(row.oid), row.tag, self._value(row)) for row in self._rows)

    # what has to go

    def _secrets(self, public: set[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Texts to replace where a value is nothing else, and texts to replace wherever they stand as a word."""
        whole: dict[str, str] = {}
        within: dict[str, str] = {}
        for row in self._rows:
            if not isinstance(row.value, bytes) or not (text := _text(row.value).strip(" \0")):
                continue
            mode = self._plan.mode(row)
            if self._plan.is_serial(row) and not MAC.fullmatch(text):
                within[text] = self._words.whole(text)
            elif mode in {Mode.NAME, Mode.STRICT} and text not in self._ports:
                whole[text] = self._free(text, mode)
                if len(text) >= _SHORTEST_NAME and mode is Mode.NAME and row.oid[:8] != (1, 3, 6, 1, 2, 1, 31, 1):
                    within[text] = whole[text]
        for source in self._plan.sources:
            column = tuple(int(arc) for arc in (source.oid or source.column).split("."))
            for row in self._rows:
                if row.oid[: len(column)] == column and (text := picked(source, row.value)) and " " not in text:
                    within[text] = self._words.whole(text)
        lowered = {word.lower() for word in public}
        return whole, {text: other for text, other in within.items() if not self._is_common(text, lowered)}

    @staticmethod
    def _is_common(text: str, public: set[str]) -> bool:
        """Whether a name is but the product's, as devices are called when they come from the factory."""
        return len(text) < _SHORTEST_NAME or all(word.lower() in public for word in words_in(text))

    # replacing

    def _value(self, row: Row) -> int | bytes | str | None:
        if row.tag == ADDRESS and isinstance(row.value, str):
            octets = packed(row.value)
            return dotted(self._addresses.v4.get(octets, octets))
        if row.tag == OBJECT_ID and isinstance(row.value, str):
            oid = tuple(int(arc) for arc in row.value.split("."))
            return dotted(self._arcs(oid, STANDARD_COLUMN))
        if row.tag in NUMBERS and isinstance(row.value, int) and self._plan.is_serial(row):
            return self._number(row.value)
        return self._octets(row, row.value) if isinstance(row.value, bytes) else row.value

    def _number(self, number: int) -> int:
        """A number that is a serial number: as many figures, and none more at the front."""
        figures = str(abs(number))
        other = figures[0] + self._words.whole(figures)[1:]
        return int(other) if number >= 0 else -int(other)

    def _octets(self, row: Row, value: bytes) -> bytes:
        if (other := self._addresses.value(row.oid, value)) is not None:
            return other
        if not _is_text(value):
            return self._addresses.within(value)
        return self._text_masked(row, _text(value)).encode("utf-8", "surrogateescape")

    def _text_masked(self, row: Row, text: str) -> str:
        bare = text.strip(" \0")
        mode = self._plan.mode(row)
        if bare in self._ports:  # ports are known by what the device calls them: that stays
            return self._free(self._known(text), Mode.KEEP)
        if bare in self._whole and mode is not Mode.FREE:
            return text.replace(bare, self._whole[bare])
        if self._plan.is_serial(row) and bare and not MAC.fullmatch(bare):
            return text.replace(bare, self._words.whole(bare))
        return self._free(self._known(text), mode)

    def _known(self, text: str) -> str:
        """A text with the names and serial numbers that stand in it as words replaced."""
        for secret, other in self._within.items():
            if secret in text:
                text = re.sub(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", partial(_instead, other), text)
        return text

    def _free(self, text: str, mode: Mode) -> str:
        """Addresses replaced, and the words between them as the mode says."""
        done, at = "", 0
        for begin, end, other in self._addresses.in_text(text):
            if begin >= at:
                done, at = done + self._words.masked(text[at:begin], mode) + other, end
        return done + self._words.masked(text[at:], mode)

    # indices

    def _oid(self, oid: Oid) -> Oid:
        return self._arcs(oid, self._starts.get(oid, len(oid) if oid[:6] == ENTERPRISES else STANDARD_COLUMN))

    def _arcs(self, oid: Oid, start: int) -> Oid:
        """An OID with the addresses and names in its index replaced, which begins at `start`.

        Where that is not sure long addresses are known all the same, and short ones are not looked for.
        """
        begin = min(start, STANDARD_COLUMN)
        done, at = list(oid[:begin]), begin
        while at < len(oid):
            taken, others = self._run(oid, at, is_index=at >= start)
            done += others
            at += taken
        return tuple(done)

    def _run(self, oid: Oid, at: int, *, is_index: bool) -> tuple[int, list[int]]:
        """How many arcs from `at` on mean something that is replaced, and by what; one arc as it is where they do not."""
        other = self._addresses.in_index(oid, at)
        if other is not None and (is_index or len(other) > _V4_OCTETS):
            return len(other), list(other)
        if not is_index:
            return 1, [oid[at]]
        length = oid[at]
        text = oid[at + 1 : at + 1 + length] if _TEXT_RUN <= length <= len(oid) - at - 1 else ()
        if text and all(32 <= arc < 127 for arc in text):
            return 1 + length, [length, *self._index_text(bytes(text))]
        return 1, [oid[at]]

    def _index_text(self, octets: bytes) -> bytes:
        text = octets.decode("ascii")
        other = self._whole.get(text) or self._within.get(text) or self._free(self._known(text), Mode.FREE)
        masked = other.encode("utf-8", "surrogateescape")
        return masked if len(masked) == len(octets) else octets


def _index_starts(rows: Iterable[Row]) -> dict[Oid, int]:
    """Where the index begins in the OIDs of vendors' tables."""
    tags = {row.oid: row.tag for row in rows if row.oid[:6] == ENTERPRISES}
    return layout_of(tags, ENTERPRISES).split_at()


def _text(value: int | bytes | str | None) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else text_of(value)


def _is_text(value: bytes) -> bool:
    """Whether octets are for people: no control characters but line breaks and what fills up the end."""
    return all(octet >= 32 or octet in b"\t\r\n" for octet in value.rstrip(b"\0"))


def _product_words(row: Row) -> list[str]:
    """Words of a text that name a product: parts and models, and how sysDescr begins (behind it a host's name may stand)."""
    if row.oid == _SYS_DESCR:
        return words_in(_text(row.value).partition(" ")[0])
    is_part = row.oid[:11] == _ENTITIES and len(row.oid) > 11 and row.oid[11] in _PRODUCT_COLUMNS
    return words_in(_text(row.value)) if is_part and isinstance(row.value, bytes) else []


def _names_port(row: Row) -> bool:
    """Whether a text is a port's name as the device has it."""
    return row.oid[:-1] in _PORT_NAMES


def _instead(other: str, _found: re.Match[str]) -> str:
    return other
