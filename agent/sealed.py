"""Credentials at rest, sealed: a file beside agent.yaml that nobody reads without its key, which lies elsewhere.

The file is one line that names the key it was sealed with, and a Fernet token (AES-128-CBC and HMAC-SHA-256, by
`cryptography`) of the entries as JSON. Plaintext sources in agent.yaml go on working beside it.
`cryptography` is imported only where there is such a file: it is memory that most agents need not have.
"""

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from agent.secret_source import SecretSource
from agent.settings import CredentialEntry
from campus.errors import ConfigError, file_trouble
from campus.secret import Secret, secret_from_environment

_HEADER: Final = "campanile-credentials-1"
_WIDE: Final = stat.S_IWGRP | stat.S_IRWXO
"""Who must not reach a key. The group may read it: so systemd shows a credential that it hands to a service."""


def sealed_path(config: Path) -> Path:
    """Where the sealed credentials of an agent's file lie.

    >>> sealed_path(Path("/etc/campanile/agent.yaml")).name
    'agent.credentials.sealed'
    """
    return config.with_suffix(".credentials.sealed")


def new_key() -> Secret:
    """A key of its own: 32 random bytes as text."""
    from cryptography.fernet import Fernet

    return Secret(Fernet.generate_key().decode())


def read_keys(source: SecretSource, where: str, folder: Path) -> list[Secret]:
    """The keys of a source, the current one first; a file has one a line, and more than one only while it is being changed.

    `where` (``file:line``) begins every `ConfigError`: a key beside what it opens, one that cannot be read, one that others
    may read.
    """
    if source.value or bool(source.file) == bool(source.env):
        raise ConfigError(
            f"{where}: name a file or an environment variable, such as {{file: /etc/campanile/credentials.key}}: a key that "
            "stands beside what it opens keeps nothing secret"
        )
    if source.env:
        return [_checked_key(secret_from_environment(source.env, where), f"{where}: {source.env}")]
    path = folder / source.file
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: the key file {path} cannot be read: {file_trouble(error)}") from error
    if mode & _WIDE:
        raise ConfigError(f"{where}: others may read or change the key file {path}: chmod 600 {path}")
    keys = [_checked_key(Secret(line.strip()), f"{where}: {path}") for line in text.splitlines() if line.strip()]
    if not keys:
        raise ConfigError(f"{where}: the key file {path} is empty: put the key back from where you keep a copy")
    return keys


def write_keys(path: Path, keys: Sequence[Secret], like: Path | None = None) -> None:
    """Write a key file for its owner alone, whole or not at all; a new one belongs to the owner of `like`, else to us.

    `ConfigError` where that cannot be.
    """
    _write(path, "".join(f"{key.reveal()}\n" for key in keys), like)


def read_sealed(path: Path, keys: Sequence[Secret]) -> dict[str, CredentialEntry]:
    """The entries of a file by name, empty where there is no file.

    `ConfigError` for a file that cannot be read, was sealed with another key, or is damaged.
    """
    from cryptography.fernet import Fernet, InvalidToken

    try:
        header, _, token = path.read_text(encoding="ascii").partition("\n")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {file_trouble(error)}") from error
    form, _, mark = header.partition(" ")
    if form != _HEADER:
        raise ConfigError(f"{path}: is no file of sealed credentials: {_BACK}")
    key = next((each for each in keys if _mark(each) == mark), None)
    if key is None:
        raise ConfigError(f"{path}: was sealed with another key than the one of `credentials_key`: {_BACK}")
    try:
        content = Fernet(key.reveal()).decrypt(token.strip())
        return msgspec.json.decode(content, type=dict[str, CredentialEntry])
    except (InvalidToken, msgspec.MsgspecError) as error:
        raise ConfigError(f"{path}: is damaged: {_BACK}") from error


_BACK = "put back the file that was meant, or move it away and enter the credentials anew (`campanile agent credentials set`)"


def write_sealed(path: Path, key: Secret, entries: Mapping[str, CredentialEntry], like: Path | None = None) -> None:
    """Seal entries whose secrets are values, whole or not at all; a new file belongs to the owner of `like`, else to us.

    `ConfigError` where the file cannot be written.
    """
    from cryptography.fernet import Fernet

    token = Fernet(key.reveal()).encrypt(msgspec.json.encode(entries)).decode()
    _write(path, f"{_HEADER} {_mark(key)}\n{token}\n", like)


def _mark(key: Secret) -> str:
    """Which key it is, telling nothing of the key itself: 32 bits of a one-way sum of 256."""
    return hashlib.blake2b(key.reveal().encode(), digest_size=4, person=b"campanile mark").hexdigest()


def _checked_key(key: Secret, where: str) -> Secret:
    from cryptography.fernet import Fernet

    try:
        Fernet(key.reveal())
    except ValueError as error:
        raise ConfigError(f"{where}: holds no key: `campanile agent credentials set` makes one") from error
    return key


def _write(path: Path, text: str, like: Path | None) -> None:
    """Replace a file. What root enters is the agent's to read: the owner stays, or is that of `like`."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        with open(fresh, "x", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            owned = path if path.exists() else like
            if owned and os.geteuid() == 0:
                os.fchown(file.fileno(), owned.stat().st_uid, owned.stat().st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {file_trouble(error)}") from error
