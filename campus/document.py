"""YAML files read strictly into typed structures, with errors that say file, line and what to do.

Serves configuration files, device profiles, alert rules and the metric catalogue. An unknown key is an error that
names the nearest known one; a key that stands twice is an error; no YAML tag builds Python objects.
"""

import difflib
import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from campus.errors import ConfigError

T = TypeVar("T")
_PATH = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`")
_STEP = re.compile(r"\[(?P<index>\d+|\.\.\.)\]|\.(?P<key>[^.\[\]]+)")


def load_document(path: Path, shape: type[T]) -> T:
    """Read a file as `shape` (a msgspec-convertible type); `ConfigError` when it is missing or wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return read_document(str(path), text, shape)


def read_document(name: str, text: str, shape: type[T]) -> T:
    """Read YAML `text` as `shape`; `name` stands in errors.

    >>> read_document("rooms.yaml", "seats: 40", dict[str, int])
    {'seats': 40}
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            _refuse_twins(name, root)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigError(f"{where}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{name}: not valid YAML: {error}") from error
    try:
        return msgspec.convert({} if content is None else content, shape, str_keys=False)
    except msgspec.ValidationError as error:
        raise ConfigError(_explained(name, root, str(error), shape)) from error


def line_of(text: str, *steps: str | int) -> int:
    """The 1-based line where the value at `steps` begins, or where its nearest known ancestor does.

    >>> line_of("a:\\n  b:\\n  - 1\\n  - 2\\n", "a", "b", 1)
    4
    """
    return _line(yaml.compose(text, Loader=yaml.SafeLoader), list(steps))


def nearest(word: str, known: list[str]) -> str:
    """Advice for a misspelt word: `` Did you mean 'x'?`` or the list of what is known; empty when nothing is."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known here: {', '.join(sorted(known))}." if known else ""


def _refuse_twins(name: str, node: yaml.Node) -> None:
    pending, seen = [node], set()
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


def _explained(name: str, root: yaml.Node | None, message: str, shape: Any) -> str:
    match = _PATH.match(message)
    what, path = (match["what"], match["path"] or "$") if match else (message, "$")
    steps: list[str | int] = [
        int(m["index"]) if m["index"] and m["index"] != "..." else m["key"] or "..." for m in _STEP.finditer(path)
    ]
    advice = ""
    if unknown := _UNKNOWN.match(what):
        field = unknown["field"]
        what = f"unknown key {field!r}"
        advice = "." + nearest(field, sorted(_fields_at(shape, steps)))
        steps.append(field)
    place = path.removeprefix("$").lstrip(".")
    return f"{name}:{_line(root, steps)}: {f'{place}: ' if place else ''}{what}{advice}"


def _line(node: yaml.Node | None, steps: list[str | int]) -> int:
    line = 1
    for step in steps:
        following = _child(node, step)
        if following is None:
            break
        line, node = following
    return line


def _child(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == step:
                return key.start_mark.line + 1, value
    return None


def _fields_at(shape: Any, steps: list[str | int]) -> set[str]:
    """Known keys of the structure that `steps` lead to; empty when a step passes through an untyped mapping."""
    kind: Any = msgspec.inspect.type_info(shape)
    for step in steps:
        kind = _inner(kind, step)
    return {
        name for option in _options(kind) if isinstance(option, msgspec.inspect.StructType) for name in _names(option)
    }


def _names(struct: msgspec.inspect.StructType) -> set[str]:
    names = {field.encode_name for field in struct.fields}
    return names | {struct.tag_field} if struct.tag_field else names


def _options(kind: Any) -> list[Any]:
    return list(kind.types) if isinstance(kind, msgspec.inspect.UnionType) else [kind]


def _inner(kind: Any, step: str | int) -> Any:
    for option in _options(kind):
        if isinstance(option, msgspec.inspect.StructType) and isinstance(step, str):
            for field in option.fields:
                if field.encode_name == step:
                    return field.type
        elif isinstance(option, msgspec.inspect.DictType) and isinstance(step, str):
            return option.value_type
        elif isinstance(option, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
            return option.item_type
    return None
