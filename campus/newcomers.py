"""What an agent found in a school and nobody registered: the content of a document of the kind ``newcomers``.

Every text in it comes from devices: bounded here, escaped where it is shown. It names credentials and holds no secret.
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

from campus.errors import Poison
from campus.samples import DeviceKind
from campus.wire.frame import LATEST_MS, MAX_DOCUMENT_BYTES

MAX_NEWCOMERS: Final = 500
MAX_EVIDENCE: Final = 12
MOST_OMITTED: Final = 1_000_000_000
TEXT_CHARS: Final = 128
LONG_CHARS: Final = 600
_NO_SERIAL: Final = re.compile(
    r"(?i)^(?:0+|1+|x+|n/?a|none|null|unknown|default|not .*|to be filled.*|[0-9]|system serial.*|123456789?0?)$"
)
"""What makers leave in where a serial number belongs."""


class Confidence(StrEnum):
    """How sure it is what a newcomer is."""

    CERTAIN = "certain"
    """A profile recognised it, or it said so itself in a protocol of ours."""
    LIKELY = "likely"
    """It answered a protocol that such devices speak, or a neighbour said what it is."""
    GUESS = "guess"
    """A port is open, or a name sounds like it."""


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one source said of it: `source` is a short word such as ``snmp`` or ``lldp``."""

    source: str
    says: str = ""


class Newcomer(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One device as it was found. What is empty is not known."""

    key: str
    """By what it is known again, such as ``serial 2102359576`` or ``address 10.20.1.9``; unique within a document."""
    kind: DeviceKind = DeviceKind.OTHER
    confidence: Confidence = Confidence.GUESS
    name: str = ""
    vendor: str = ""
    model: str = ""
    serial: str = ""
    mac: str = ""
    address: str = ""
    """``HOST`` or ``HOST:PORT``."""
    protocol: str = ""
    profile: str = ""
    credential: str = ""
    """The name of the credential it answered to."""
    place_device: str = ""
    """The switch it hangs on: its id where it is registered, else its name or address."""
    place_port: str = ""
    room: str = ""
    evidence: tuple[Evidence, ...] = ()
    sample: str = ""
    """The beginning of what it publishes."""
    section: str = ""
    """The list of agent.yaml that `entry` belongs into; empty where nothing of ours can read the device."""
    entry: str = ""
    """The YAML lines that take it in."""
    last_seen_at: int = 0

    @property
    def what(self) -> str:
        """Vendor and model as one says them; many a model has the vendor's name in it."""
        is_in = self.model.lower().startswith(self.vendor.lower())
        return self.model if is_in and self.model else f"{self.vendor} {self.model}".strip()


class Newcomers(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole document: who is a newcomer now."""

    newcomers: tuple[Newcomer, ...]
    omitted: int = 0
    """How many more there are than a document carries."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Newcomers)


def encode_newcomers(newcomers: tuple[Newcomer, ...]) -> bytes:
    """A document's content, texts cut to their bounds; what does not fit is counted as omitted, the last first."""
    kept = tuple(map(_bounded, newcomers[:MAX_NEWCOMERS]))
    while True:
        content = _encoder.encode(Newcomers(kept, len(newcomers) - len(kept)))
        if len(content) <= MAX_DOCUMENT_BYTES:
            return content
        kept = kept[: len(kept) * 3 // 4]


def decode_newcomers(content: bytes) -> Newcomers:
    """The reverse; `Poison` ``bad_newcomers`` for anything that `encode_newcomers` does not write.

    >>> decode_newcomers(encode_newcomers((Newcomer(key="address 10.20.1.9"),))).newcomers[0].kind
    <DeviceKind.OTHER: 'other'>
    """
    try:
        told = _decoder.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Poison("bad_newcomers", f"not a document of newcomers: {error}") from error
    if len({each.key for each in told.newcomers}) != len(told.newcomers) or len(told.newcomers) > MAX_NEWCOMERS:
        raise Poison("bad_newcomers", "the same newcomer twice, or more than there may be")
    if not 0 <= told.omitted <= MOST_OMITTED or not all(0 <= each.last_seen_at <= LATEST_MS for each in told.newcomers):
        raise Poison("bad_newcomers", "a number or a moment that cannot be")
    if any(each != _bounded(each) or not each.key for each in told.newcomers):
        raise Poison("bad_newcomers", "a text is too long, not printable or missing")
    return told


def _bounded(newcomer: Newcomer) -> Newcomer:
    short = {
        name: printable(getattr(newcomer, name), TEXT_CHARS)
        for name in ("key", "name", "vendor", "model", "serial", "mac", "address", "protocol", "profile")
    }
    places = {
        name: printable(getattr(newcomer, name), TEXT_CHARS)
        for name in ("credential", "place_device", "place_port", "room", "section")
    }
    return msgspec.structs.replace(
        newcomer,
        **short,
        **places,
        sample=printable(newcomer.sample, LONG_CHARS),
        entry="\n".join(printable(line, LONG_CHARS) for line in newcomer.entry.split("\n")[:4]),
        evidence=tuple(
            Evidence(printable(each.source, TEXT_CHARS), printable(each.says, LONG_CHARS))
            for each in newcomer.evidence[:MAX_EVIDENCE]
        ),
    )


def printable(text: str, chars: int) -> str:
    r"""At most `chars` characters of a text, with a space for each that cannot be printed.

    >>> printable("Acme\nBox", 6)
    'Acme B'
    """
    return "".join(c if c.isprintable() else " " for c in text[:chars])


def serial_key(text: str) -> str:
    """A serial number to compare by; empty for what makers write where they have none.

    >>> serial_key(" g1mw0042 "), serial_key("To be filled by O.E.M."), serial_key("0000")
    ('G1MW0042', '', '')
    """
    text = text.strip().upper()
    return "" if _NO_SERIAL.match(text) else text
