"""JSON Pointer (RFC 6901): the value a path leads to in a decoded document."""

from collections.abc import Iterator
from typing import Any

MISSING: Any = object()
"""Returned where the path leads nowhere; JSON's null is a value, this is none."""
ALL = "*"
"""A step of `elements` (no part of RFC 6901) that stands for every element there."""


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
    """(key, element) of the array or object at `pointer`; an array's keys are its indices; none where there is neither.

    Behind a step ``*`` the keys are those of all such steps and the last, parted by slashes.

    >>> elements({"rooms": {"a": {"nodes": [4, 5]}, "b": {}}}, "/rooms/*/nodes")
    [('a/0', 4), ('a/1', 5)]
    """
    return list(_elements(document, pointer))


def _elements(document: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    before, star, behind = pointer.partition(f"/{ALL}")
    for key, element in _parts(resolve(document, before)):
        if not star:
            yield key, element
            continue
        for rest, inner in _elements(element, behind):
            yield f"{key}/{rest}", inner


def _parts(place: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(place, list):
        yield from ((str(index), element) for index, element in enumerate(place))
    elif isinstance(place, dict):
        yield from ((str(key), element) for key, element in place.items())
