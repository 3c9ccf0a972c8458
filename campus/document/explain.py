"""One sentence for a value that does not fit its shape: file, line, place, what is wrong, and what to do.

msgspec names the place as a path, but writes ``[...]`` for every key of a dictionary. Here such a step is made exact
by asking again with one entry at a time: the entry that alone gives the same complaint is the one.
"""

import difflib
import re
from typing import Any

import msgspec
import yaml

from campus.document.lines import line_at

_MESSAGE = re.compile(r"^(?P<what>.*?)(?: - at (?P<key>`key` in )?`(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>[^`]*)`")
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
_STEP = re.compile(r"\[(?P<index>\d+|\.\.\.)\]|\.(?P<field>[^.\[\]]+)")
_SOME_KEY = object()
"""A step through a dictionary whose key msgspec does not tell."""


def explained(name: str, root: yaml.Node | None, content: Any, shape: Any, message: str) -> str:
    """The sentence for msgspec's `message` about `content`, which is `root` as Python values; `name` is the file."""
    match = _MESSAGE.match(message)
    what, path = (match["what"], match["path"] or "$") if match else (message, "$")
    vague = [_step(found) for found in _STEP.finditer(path)]
    if match and match["key"]:
        what = f"key: {what}"
        vague.append(_SOME_KEY)
    steps = _exact(content, shape, message, vague)
    place = "".join(f"[{step}]" if type(step) is int else f".{step}" for step in steps).removeprefix(".")
    advice = ""
    if unknown := _UNKNOWN.match(what):
        field = unknown["field"]
        what = f"unknown key {field!r}"
        advice = "." + nearest(field, sorted(_fields_at(shape, steps)))
        steps.append(field)
    elif missing := _MISSING.match(what):
        what = f"the key {missing['field']!r} is missing"
    return f"{name}:{line_at(root, steps)}: {f'{place}: ' if place else ''}{what}{advice}"


def nearest(word: str, known: list[str]) -> str:
    """Advice for a misspelt word: `` Did you mean 'x'?`` or the list of what is known; empty when nothing is."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known here: {', '.join(sorted(known))}." if known else ""


def _step(found: re.Match[str]) -> Any:
    if found["field"]:
        return found["field"]
    return _SOME_KEY if found["index"] == "..." else int(found["index"])


def _exact(content: Any, shape: Any, message: str, vague: list[Any]) -> list[Any]:
    """`vague` with every untold key found out; cut short where one cannot be."""
    exact: list[Any] = []
    for step in vague:
        if step is _SOME_KEY:
            step = next(
                (key for key in _keys_at(content, exact) if _complains(content, exact, key, shape, message)), None
            )
            if step is None:
                break
        exact.append(step)
    return exact


def _keys_at(content: Any, steps: list[Any]) -> list[Any]:
    for step in steps:
        content = content[step]
    return list(content) if isinstance(content, dict) else []


def _complains(content: Any, steps: list[Any], key: Any, shape: Any, message: str) -> bool:
    try:
        msgspec.convert(_with_only(content, steps, key), shape, str_keys=False)
    except msgspec.ValidationError as error:
        return str(error) == message
    return False


def _with_only(content: Any, steps: list[Any], key: Any) -> Any:
    """`content` with the dictionary at `steps` cut down to one entry."""
    if not steps:
        return {key: content[key]}
    changed = content.copy()
    changed[steps[0]] = _with_only(content[steps[0]], steps[1:], key)
    return changed


def _fields_at(shape: Any, steps: list[Any]) -> set[str]:
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


def _inner(kind: Any, step: Any) -> Any:
    for option in _options(kind):
        if isinstance(option, msgspec.inspect.StructType):
            for field in option.fields:
                if field.encode_name == step:
                    return field.type
        elif isinstance(option, msgspec.inspect.DictType):
            return option.value_type
        elif isinstance(option, msgspec.inspect.ListType | msgspec.inspect.VarTupleType):
            return option.item_type
    return None
