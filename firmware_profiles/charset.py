"""Bytes that a device calls text, made readable: devices do not say which characters they write. Pure.

The rule, in this order:

1. ASCII is ASCII.
2. UTF-8 where it is valid; a character that was cut off at the end is left out. But what could be both UTF-8 of two-byte
   characters beyond Latin-1 (Greek, Cyrillic ...) and common Chinese in GBK is Chinese: "一楼" in GBK is valid UTF-8.
3. GBK (as GB 18030, which contains it) where at least half of what is beyond ASCII is common: of the 3,755 characters of
   GB 2312 level 1, or its signs. Less common ones are left to 4, for any two accented letters in a row are some character.
4. Latin-1 where that gives no control characters.
5. Else UTF-8 with replacement characters.
"""

import codecs


def readable(raw: bytes) -> str:
    """The text in `raw`; never raises.

    >>> readable("教学楼".encode("gbk")), readable("一楼".encode("gbk")), readable("一楼".encode()), readable(b"Gr\\xf6\\xdfe")
    ('教学楼', '一楼', '一楼', 'Größe')
    """
    if raw.isascii():
        return raw.decode("ascii")
    utf8, gbk = _decoded(raw, "utf-8"), _decoded(raw, "gb18030")
    if utf8 and not (_is_of_two_bytes(utf8) and _commonness(gbk) == 1):
        return utf8
    if _commonness(gbk) >= 0.5:
        return gbk
    latin1 = raw.decode("latin-1")
    return raw.decode("utf-8", "replace") if any(0x80 <= ord(c) < 0xA0 for c in latin1) else latin1


def _decoded(raw: bytes, encoding: str) -> str:
    """The text without a last character that was cut off; empty where it is not of this encoding or says nothing in it."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(raw)
    except UnicodeDecodeError:
        return ""
    return "" if text.isascii() else text


def _is_of_two_bytes(text: str) -> bool:
    """Whether all of it takes at most two bytes in UTF-8, and some of it is not Latin-1."""
    return 0xFF < max(map(ord, text)) < 0x800


def _commonness(text: str) -> float:
    """How much of what is beyond ASCII is common in Chinese, 0 to 1; 0 where nothing is."""
    beyond = [c for c in text if not c.isascii()]
    return sum(map(_is_common, beyond)) / len(beyond) if beyond else 0.0


def _is_common(character: str) -> bool:
    try:
        row = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xB0 <= row <= 0xD7 or 0xA1 <= row <= 0xA9
