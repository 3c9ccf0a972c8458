"""MQTT topics with holes: ``board/{device}/telemetry`` matches ``board/board-101/telemetry``."""

import re

_HOLE = re.compile(r"\{[a-z_]+\}\Z")


def subscription(pattern: str) -> str:
    """The MQTT filter that hears every topic of `pattern`.

    >>> subscription("board/{device}/telemetry")
    'board/+/telemetry'
    """
    return "/".join("+" if _HOLE.match(level) else level for level in pattern.split("/"))


def holes(pattern: str) -> list[str]:
    """Names of the holes, in order."""
    return [level[1:-1] for level in pattern.split("/") if _HOLE.match(level)]


def match_topic(pattern: str, topic: str) -> dict[str, str] | None:
    """What fills the holes, None when the topic is not of the pattern.

    >>> match_topic("gate/{device}/status", "gate/gate-1/status")
    {'device': 'gate-1'}
    """
    wanted, given = pattern.split("/"), topic.split("/")
    if len(wanted) != len(given):
        return None
    filled: dict[str, str] = {}
    for level, word in zip(wanted, given, strict=True):
        if _HOLE.match(level):
            filled[level[1:-1]] = word
        elif level != word:
            return None
    return filled


def overlap(one: str, other: str) -> bool:
    """Whether some topic matches both patterns."""
    left, right = one.split("/"), other.split("/")
    return len(left) == len(right) and all(
        a == b or _HOLE.match(a) or _HOLE.match(b) for a, b in zip(left, right, strict=True)
    )
