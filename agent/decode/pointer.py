"""JSON Pointer (RFC 6901): the value a path leads to in a decoded document."""

from typing import Any

MISSING: Any = object()
"""Returned where the path leads nowhere; JSON's null is a value, this is none."""


def resolve(document: Any, pointer: str) -> Any:
    """The value at `pointer` (empty: the whole document), or `MISSING`.

    >>> resolve({"sensors": [{"a/b": 4}]}, "/sensors/0/a~1b")
    4
    """
    place = document
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, dict):
            place = place.get(key, MISSING)
        elif isinstance(place, list) and key.isdecimal() and int(key) < len(place):
            place = place[int(key)]
        else:
            return MISSING
    return place


def elements(document: Any, pointer: str) -> list[tuple[str, Any]]:
    """(key, element) of the array or object at `pointer`; an array's keys are its indices; empty where there is none."""
    place = resolve(document, pointer)
    if isinstance(place, list):
        return [(str(index), element) for index, element in enumerate(place)]
    return [(str(key), element) for key, element in place.items()] if isinstance(place, dict) else []
