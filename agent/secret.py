"""Secrets that cannot be printed by accident: no repr, no str, no format, no pickle shows what is inside."""

import os
from pathlib import Path
from typing import NoReturn

import msgspec

from campus.errors import ConfigError


class Secret:
    """A password or community. Only `reveal` gives it out, at the place where it is used.

    >>> print(Secret("public"), [Secret("public")])
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


class SecretSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a secret is: exactly one of a file (its first line), an environment variable, or the value itself."""

    file: str = ""
    env: str = ""
    value: str = ""

    def __repr__(self) -> str:
        return f"SecretSource(file={self.file!r}, env={self.env!r}, value=***)"


def read_secret(source: SecretSource, where: str, folder: Path) -> Secret:
    """Fetch a secret; `where` (``file:line: key``) begins every error, relative files are looked up in `folder`.

    `ConfigError` when not exactly one source is named, the file cannot be read, or the secret is empty.
    """
    if sum(map(bool, (source.file, source.env, source.value))) != 1:
        raise ConfigError(f"{where}: name exactly one of file, env and value, such as {{file: community.txt}}")
    if source.value:
        return Secret(source.value)
    text = _first_line(folder / source.file, where) if source.file else os.environ.get(source.env, "")
    if not text:
        origin = f"the file {folder / source.file}" if source.file else f"the environment variable {source.env}"
        raise ConfigError(f"{where}: {origin} is empty or not set: put the secret there")
    return Secret(text)


def _first_line(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: the secret file {path} cannot be read: {error}") from error
