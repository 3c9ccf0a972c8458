"""Secrets that cannot be printed by accident: no repr, no str, no format, no pickle shows what is inside."""

import os
from pathlib import Path
from typing import NoReturn

from campus.errors import ConfigError, file_trouble


class Secret:
    """A password, a community or a database address. Only `reveal` gives it out, at the place where it is used.

    >>> print(Secret("hunter2"), [Secret("hunter2")])
    *** [Secret(***)]
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself; the caller neither keeps nor logs it."""
        return self._text

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def secret_from_file(path: Path, where: str) -> Secret:
    """The first line of a file; `where` (a key, or ``file:line``) begins the `ConfigError` when it is unreadable or empty."""
    try:
        text = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: the secret file {path} cannot be read: {file_trouble(error)}") from error
    if not text:
        raise ConfigError(f"{where}: the secret file {path} is empty: put the secret on its first line")
    return Secret(text)


def secret_from_environment(name: str, where: str) -> Secret:
    """The value of an environment variable; `where` begins the `ConfigError` when it is empty or not set."""
    text = os.environ.get(name, "")
    if not text:
        raise ConfigError(f"{where}: the environment variable {name} is empty or not set: put the secret there")
    return Secret(text)
