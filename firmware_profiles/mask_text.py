"""Other words for those of a recording: as long, of the same kinds of characters, the same for the same. Pure but for the key."""

import hashlib
import hmac
import re
from collections.abc import Collection
from enum import StrEnum
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+|\d+", re.UNICODE)
_SERIAL_LIKE: Final = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9]*[A-Z])(?=(?:[A-Z]*\d){4})[A-Z0-9]{8,}(?![A-Za-z0-9])")
_DECIMAL: Final = re.compile(r"\s*[+-]?\d+\.\d+\s*")
_TRIES: Final = 200
_TECHNICAL: Final = frozenset(
    """access active adapter address adsl agent alarm alert ambient analog antenna attention auto available backup bank battery
    board boot bridge broadcast buffer bus bypass cable cache card cell celsius channel chassis charge chip clear client clients
    clock closed cluster code cold color configuration connected contact controller cooling core counter cpu critical current
    daemon data default degraded degree degrees delay detector device digital dimm direct disable disabled disc disk door down
    drive driver drum duplex dynamic empty enable enabled energy entity entry error ethernet event exhaust exit expansion external
    fabric failed failure fan fans fast fault fiber fibre file filter firewall firmware flash flow frame free frequency front full
    fuser gateway gigabit gigabitethernet good group hardware health high host hot hour hours humidity idle inactive index info
    inlet input inside interface internal ipsec kernel laser leak left level license light line link linux load local lock log
    loopback low main major management manager master maximum mean memory middle minimum minor mode model module monitor motor
    multicast name network nominal none normal null number offline online open optical outlet output outside over overheat packet
    page paper part pass phase physical pool port ports power present primary printer process processor product program protocol
    proxy psu pump queue radio rack raid ready rear received receiver recorder redundant relay remote reset resource right ring
    role root router rpm runtime running second seconds secondary security sensor serial server service session signal site size
    slave slot smart smoke socket software source speed stack standby start state static station status stop storage stream
    supply support swap switch system table tank task temp temperature tengigabitethernet test thermal threshold time toner total
    traffic transceiver transmit trap tray trunk tunnel type unit unknown up upload uplink usage used user users utilization
    value vlan valve vendor version video virtual voltage volts wan warm warning waste water watts wireless wlan zone""".split()  # noqa: SIM905 - thrice as long as a list
)
"""Words of the trade, which name no person and no place."""


class Mode(StrEnum):
    """How much of a text has to go."""

    KEEP = "keep"
    """Nothing but what is known to name somebody."""
    FREE = "free"
    """Words that are not of the trade, long numbers, what looks like a serial number."""
    NAME = "name"
    """Every word, and numbers of four figures and more."""
    STRICT = "strict"
    """Every letter and figure."""


class Words:
    """One recording's masks. `known` are all its words, none of which a mask may be; `public` ones stay in free texts."""

    def __init__(self, key: bytes, known: Collection[str], public: Collection[str] = ()) -> None:
        self._key = key
        self._known = frozenset(word.lower() for word in known)
        self._public = _TECHNICAL | {word.lower() for word in public}
        self._masks: dict[str, str] = {}
        self._used: set[str] = set()

    def masked(self, text: str, mode: Mode) -> str:
        """A text with its words replaced as `mode` says."""
        if mode is Mode.KEEP or _DECIMAL.fullmatch(text):
            return text
        if mode is Mode.FREE:
            text = _SERIAL_LIKE.sub(lambda found: self.whole(found[0]), text)
        return _WORD.sub(lambda found: self._word(found[0], mode), text)

    def whole(self, text: str) -> str:
        """A serial number or the like, masked character by character, and not word by word."""
        if text not in self._masks:
            self._masks[text] = self._fresh(text)
        return self._masks[text]

    def _word(self, word: str, mode: Mode) -> str:
        if word in self._used:  # a mask already
            return word
        if mode is Mode.FREE and (len(word) < (6 if word.isdecimal() else 3) or word.lower() in self._public):
            return word
        if mode is Mode.NAME and word.isdecimal() and len(word) < 4:
            return word
        return self.whole(word)

    def _fresh(self, text: str) -> str:
        """A mask that no original and no other mask is, where so few characters leave one."""
        other = text
        for attempt in range(_TRIES):
            other = self._drawn(text, attempt)
            if other.lower() not in self._known and other not in self._used:
                break
        self._used.add(other)
        return other

    def _drawn(self, text: str, attempt: int) -> str:
        digest, stream = b"", bytearray()
        while len(stream) < 2 * len(text):
            digest = hmac.digest(
                self._key, digest + f"{attempt}:{text}".encode("utf-8", "surrogateescape"), hashlib.sha256
            )
            stream += digest
        draws = (int.from_bytes(stream[2 * at : 2 * at + 2], "big") for at in range(len(text)))
        return "".join(_other(char, draw) for char, draw in zip(text, draws, strict=True))


def words_in(text: str) -> list[str]:
    """The runs of letters and of figures in a text.

    >>> words_in("GE0/1 Room-12")
    ['GE', '0', '1', 'Room', '12']
    """
    return _WORD.findall(text)


def _other(char: str, draw: int) -> str:
    """Another character of the same kind and of as many octets; what is no letter and no figure stays.

    >>> _other("q", 0), _other("7", 3), _other("-", 9), _other("校", 0)
    ('a', '3', '-', '一')
    """
    if "a" <= char <= "z":
        return chr(ord("a") + draw % 26)
    if "A" <= char <= "Z":
        return chr(ord("A") + draw % 26)
    if "0" <= char <= "9":
        return chr(ord("0") + draw % 10)
    if "\udc80" <= char <= "\udcff":  # an octet that is no UTF-8: GBK's are such
        return chr(0xDCB0 + draw % 0x40)
    if not char.isalnum():
        return char
    size = len(char.encode("utf-8"))
    first, many = {2: (0x0430, 32), 3: (0x4E00, 0x2000), 4: (0x20000, 0x2000)}.get(size, (ord("a"), 26))
    return chr(first + draw % many)
