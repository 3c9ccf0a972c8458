"""YAML files read strictly into typed structures, with errors that say file, line and what to do.

Serves configuration files, device profiles, alert rules and the metric catalogue. An unknown key is an error that
names the nearest known one; a key that stands twice is an error; no YAML tag builds Python objects.
`lines` knows where a value stands in the text, `explain` makes a sentence of a wrong value.
"""

from pathlib import Path
from typing import TypeVar

import msgspec
import yaml

from campus.document.explain import explained, nearest
from campus.document.lines import Places, line_at, refuse_twins
from campus.document.reading import composed
from campus.errors import ConfigError, file_trouble

__all__ = ["Places", "line_of", "load_document", "load_placed", "nearest", "read_document", "read_placed"]

T = TypeVar("T")


def load_document(path: Path, shape: type[T]) -> T:
    """Read a file as `shape` (a msgspec-convertible type); `ConfigError` when it is missing or wrong."""
    return load_placed(path, shape)[0]


def load_placed(path: Path, shape: type[T]) -> tuple[T, Places]:
    """The same, with the line of every value, for checks that types cannot make."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {file_trouble(error)}") from error
    return read_placed(str(path), text, shape)


def read_document(name: str, text: str, shape: type[T]) -> T:
    """Read YAML `text` as `shape`; `name` stands in errors.

    >>> read_document("rooms.yaml", "seats: 40", dict[str, int])
    {'seats': 40}
    """
    return read_placed(name, text, shape)[0]


def read_placed(name: str, text: str, shape: type[T]) -> tuple[T, Places]:
    """The same, with the line of every value. The text is parsed once: that is what costs time."""
    try:
        root = composed(text)
        if root is not None:
            refuse_twins(name, root)
        content = None if root is None else yaml.constructor.SafeConstructor().construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        raise ConfigError(f"{where}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigError(f"{name}: not valid YAML: {error}") from error
    content = {} if content is None else content
    try:
        return msgspec.convert(content, shape, str_keys=False), Places(root)
    except msgspec.ValidationError as error:
        raise ConfigError(explained(name, root, content, shape, str(error))) from error
    except RecursionError as error:
        raise ConfigError(f"{name}: nested too deeply, or an anchor that holds itself") from error


def line_of(text: str, *steps: str | int) -> int:
    """The 1-based line where the value at `steps` begins, or where its nearest known ancestor does.

    Parses the text: who asks more than once uses `read_placed`.

    >>> line_of("a:\\n  b:\\n  - 1\\n  - 2\\n", "a", "b", 1)
    4
    """
    return line_at(composed(text), steps)
