"""Ways in which real devices are awkward, to be switched on for one simulated device."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from campus.document import nearest
from campus.errors import ConfigError
from simulator.snmp.dialogue import MAX_UDP_BYTES
from simulator.snmp.message import Pdu, Request, Version

QUIRK_HELP = {
    "max-repetitions": "keeps silent when a GETBULK asks for more repetitions than this (Huawei's AC6605: 7)",
    "max-bytes": "longest answer; what is longer is tooBig or a shorter GETBULK (1472 fits Ethernet)",
    "v1-only": "knows no SNMP but version 1",
    "no-bulk": "keeps silent on any GETBULK",
    "delay-ms": "answers this late",
    "loss-percent": "answers only the other requests, at random",
    "garbage": "answers bytes that are not SNMP",
    "silent": "never answers",
}


@dataclass(frozen=True)
class Quirks:
    """What is wrong with a device; the default is nothing. `max_repetitions` 0 means no limit."""

    max_repetitions: int = 0
    max_bytes: int = MAX_UDP_BYTES
    v1_only: bool = False
    no_bulk: bool = False
    delay_s: float = 0.0
    loss: float = 0.0
    garbage: bool = False
    silent: bool = False

    def ignores(self, request: Request) -> bool:
        """Whether the device cannot cope with this request and says nothing."""
        if self.v1_only and request.version is not Version.V1:
            return True
        if request.pdu is not Pdu.GET_BULK:
            return False
        return self.no_bulk or (bool(self.max_repetitions) and request.field_2 > self.max_repetitions)


def parse_quirks(words: Iterable[str]) -> Quirks:
    """Read ``name`` or ``name=number`` words; `ConfigError` names the nearest known quirk.

    >>> parse_quirks(["max-repetitions=7", "delay-ms=200"]).delay_s
    0.2
    """
    quirks = Quirks()
    for word in words:
        name, _, number = word.partition("=")
        if name not in QUIRK_HELP:
            raise ConfigError(f"no quirk {name!r}.{nearest(name, list(QUIRK_HELP))}")
        quirks = _with(quirks, name, number)
    return quirks


def garbled(datagram: bytes, dice: random.Random) -> bytes:
    """Bytes of a device gone mad: sometimes noise, sometimes the request torn in half."""
    return dice.randbytes(dice.randint(1, 80)) if dice.random() < 0.5 else datagram[: len(datagram) // 2]


def _with(quirks: Quirks, name: str, number: str) -> Quirks:
    match name:
        case "v1-only" | "no-bulk" | "garbage" | "silent":
            return replace(quirks, **{name.replace("-", "_"): True})
        case "max-repetitions":
            return replace(quirks, max_repetitions=_number(name, number))
        case "max-bytes":
            return replace(quirks, max_bytes=max(484, _number(name, number)))
        case "delay-ms":
            return replace(quirks, delay_s=_number(name, number) / 1000)
        case _:
            return replace(quirks, loss=min(_number(name, number), 100) / 100)


def _number(name: str, number: str) -> int:
    if not number.isdecimal():
        raise ConfigError(f"quirk {name} needs a whole number: {name}=200")
    return int(number)
