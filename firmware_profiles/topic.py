"""MQTT topics with holes: ``board/{device}/telemetry`` matches ``board/board-101/telemetry``.

A hole is a whole level or a part of one (``plug-{mac}``); it never reaches over a slash.
"""

import re
from functools import lru_cache

_HOLE = re.compile(r"\{([a-z_]+)\}")


def holes(pattern: str) -> list[str]:
    """Names of the holes, in order."""
    return _HOLE.findall(pattern)


def match_topic(pattern: str, topic: str) -> dict[str, str] | None:
    """What fills the holes, None when the topic is not of the pattern.

    >>> match_topic("gate/{device}/status", "gate/gate-1/status"), match_topic("plug{model}-{mac}", "plug1pm-a0b1")
    ({'device': 'gate-1'}, {'model': '1pm', 'mac': 'a0b1'})
    """
    found = _compiled(pattern).fullmatch(topic)
    return None if found is None else found.groupdict()


def overlap(one: str, other: str) -> bool:
    """Whether some topic may match both patterns. Holes within a level are judged by what stands around them."""
    left, right = one.split("/"), other.split("/")
    return len(left) == len(right) and all(_alike(a, b) for a, b in zip(left, right, strict=True))


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A checked pattern: no hole stands twice."""
    parts = _HOLE.split(pattern)  # text, name, text, name, ..., text
    written = [re.escape(part) if index % 2 == 0 else f"(?P<{part}>[^/]*)" for index, part in enumerate(parts)]
    return re.compile("".join(written), re.DOTALL)


def _alike(one: str, other: str) -> bool:
    if not (_HOLE.search(one) or _HOLE.search(other)):
        return one == other
    left, right = _HOLE.split(one), _HOLE.split(other)
    begin = left[0].startswith(right[0]) or right[0].startswith(left[0])
    return begin and (left[-1].endswith(right[-1]) or right[-1].endswith(left[-1]))
