"""Where agent.yaml says a secret is, and fetching it from there."""

from pathlib import Path

import msgspec

from campus.errors import ConfigError
from campus.secret import Secret, secret_from_environment, secret_from_file


class SecretSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of a file (its first line), an environment variable, or the value itself."""

    file: str = ""
    env: str = ""
    value: str = ""

    def __repr__(self) -> str:
        return f"SecretSource(file={self.file!r}, env={self.env!r}, value=***)"


def read_secret(source: SecretSource, where: str, folder: Path) -> Secret:
    """Fetch a secret; `where` (``file:line``) begins every error, relative files are looked up in `folder`.

    `ConfigError` when not exactly one source is named, the file cannot be read, or the secret is empty.
    """
    if sum(map(bool, (source.file, source.env, source.value))) != 1:
        raise ConfigError(f"{where}: name exactly one of file, env and value, such as {{file: community.txt}}")
    if source.file:
        return secret_from_file(folder / source.file, where)
    if source.env:
        return secret_from_environment(source.env, where)
    return Secret(source.value)
