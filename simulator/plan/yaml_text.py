"""YAML written by hand where files are long: one row a line, as JSON, which is YAML too."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def rows(key: str, entries: Iterable[Mapping[str, Any]], indent: int = 0) -> str:
    """A list under `key`, one entry a line.

    >>> print(rows("rooms", [{"id": "r101", "floor": 1}]), end="")
    rooms:
      - {"id": "r101", "floor": 1}
    """
    margin = " " * indent
    lines = [f"{margin}  - {json.dumps(entry, ensure_ascii=False)}" for entry in entries]
    return "\n".join([f"{margin}{key}:", *lines, ""]) if lines else f"{margin}{key}: []\n"


def line(key: str, value: Any, indent: int = 0) -> str:
    """One value under `key`, on one line."""
    return f"{' ' * indent}{key}: {json.dumps(value, ensure_ascii=False)}\n"
