"""One port by many spellings: what a neighbour calls it, and what the device itself does. Pure."""

import re
from collections import defaultdict
from functools import lru_cache

from campus.samples import DeviceFacts
from campus.stations import mac_of

_WORDS = {
    "gigabitethernet": "g",
    "gige": "g",
    "ge": "g",
    "gi": "g",
    "tengigabitethernet": "x",
    "xgigabitethernet": "x",
    "xge": "x",
    "te": "x",
    "tengige": "x",
    "fastethernet": "f",
    "fa": "f",
    "fe": "f",
    "ethernet": "e",
    "eth": "e",
    "et": "e",
    "fortygige": "q",
    "fortygigabitethernet": "q",
    "hundredgige": "h",
    "hundredgigabitethernet": "h",
}
"""How vendors shorten the same word."""
_NAME = re.compile(r"([a-z]+)([\d/.:]*)\Z")
_SPEED = re.compile(r"^(10|40|100)ge(?=\d)")
_SPEED_WORDS = {"10": "xge", "40": "fortygige", "100": "hundredgige"}


class PortNames:
    """The ports of one device by everything others may call them. What two ports are called names neither."""

    def __init__(self, facts: DeviceFacts) -> None:
        self._instances = {port.instance for port in facts.ports}
        self._only = next(iter(self._instances)) if len(self._instances) == 1 else ""
        told: dict[str, set[str]] = defaultdict(set)
        for port in facts.ports:
            for name in (mac_of(port.mac), plain(port.instance), port.alias.strip().lower()):
                told[name].add(port.instance)
        self._named = {name: next(iter(ports)) for name, ports in told.items() if name and len(ports) == 1}

    def find(self, text: str) -> str:
        """The instance of the port that `text` means; the only port there is when it means none; else empty."""
        if text in self._instances:
            return text
        for name in (mac_of(text), plain(text), text.strip().lower()):
            if name and name in self._named:
                return self._named[name]
        return self._only


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """A port's name in one spelling.

    >>> {plain(name) for name in ("GigabitEthernet0/0/7", "GE0/0/7", "Gi 0/0/7", "gigabitethernet 0/0/7")}
    {'g0/0/7'}
    >>> plain("XGigabitEthernet0/0/1"), plain("10GE0/0/1"), plain("Ten-GigabitEthernet0/0/1"), plain("MEth0/0/1")
    ('x0/0/1', 'x0/0/1', 'x0/0/1', 'meth0/0/1')
    """
    text = re.sub(r"[\s_-]+", "", name.lower())
    text = _SPEED.sub(lambda found: _SPEED_WORDS[found[1]], text)
    found = _NAME.match(text)
    if not found:
        return text
    return _WORDS.get(found[1], found[1]) + found[2]
