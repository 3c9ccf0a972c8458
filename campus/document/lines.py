"""Where a value stands in a YAML text. Knows nodes and lines, no shapes."""

from collections.abc import Sequence
from typing import Any

import yaml

from campus.errors import ConfigError

_CONSTRUCTOR = yaml.constructor.SafeConstructor()


class Places:
    """The lines of one text that was parsed already; `root` is None for an empty one."""

    def __init__(self, root: yaml.Node | None) -> None:
        self._root = root

    def line_of(self, *steps: Any) -> int:
        """1-based line of what `steps` lead to, or of its nearest known ancestor."""
        return line_at(self._root, steps)


def line_at(node: yaml.Node | None, steps: Sequence[Any]) -> int:
    """1-based line of what `steps` (mapping keys and sequence indices) lead to, or of its nearest known ancestor."""
    line = 1
    for step in steps:
        following = _child(node, step)
        if following is None:
            break
        line, node = following
    return line


def refuse_twins(name: str, root: yaml.Node) -> None:
    """`ConfigError` when any mapping has the same key twice: YAML forbids it, and PyYAML keeps the last in silence."""
    pending, seen = [root], set()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, yaml.MappingNode):
            _refuse_twin_keys(name, current)
            pending += [value for _, value in current.value]
        elif isinstance(current, yaml.SequenceNode):
            pending += current.value


def _refuse_twin_keys(name: str, node: yaml.MappingNode) -> None:
    keys: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in keys:
                raise ConfigError(f"{name}:{key.start_mark.line + 1}: {key.value!r} stands twice: keep one of them")
            keys.add(key.value)


def _child(node: yaml.Node | None, step: Any) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and step in (key.value, _meant(key)):
                return key.start_mark.line + 1, value
    return None


def _meant(key: yaml.ScalarNode) -> Any:
    """What YAML makes of a key: ``7`` is a number, ``no`` is false."""
    return _CONSTRUCTOR.construct_object(key)
