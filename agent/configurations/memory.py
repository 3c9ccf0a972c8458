"""What outlives a restart: how each device's snapshots stand, and the key by which secrets are masked. Beside the spool."""

import os
import secrets
from pathlib import Path

import msgspec

from agent.configurations.turns import Standing
from campus.errors import ConfigError, file_trouble

FOLDER = "configurations"
"""Beside the spool: `known_hosts`, `masking.key` and `standings.json`."""
_KEY_BYTES = 32


class Memory:
    """The folder. `load` and `save` are for one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self.hosts_path = folder / "known_hosts"
        self._key_path = folder / "masking.key"
        self._path = folder / "standings.json"

    def load(self) -> dict[str, Standing]:
        """By device; empty when there is nothing, or nothing that can be read: then devices are read once more than needed."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Standing])
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return {}

    def save(self, standings: dict[str, Standing]) -> None:
        """Keep them, whole or not at all; `OSError` when the disk refuses."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        written = self._path.with_suffix(".new")
        written.touch(mode=0o600)
        written.write_bytes(msgspec.json.encode(standings))
        written.replace(self._path)

    def masking_key(self) -> bytes:
        """The school's key, made at the first call and readable by the agent's user alone.

        `ConfigError` when it can neither be read nor made: without it nothing is fetched. Whoever deletes it makes every
        secret look changed once.
        """
        try:
            self._key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._key_path.exists():
                made = self._key_path.with_suffix(f".{os.getpid()}")
                made.touch(mode=0o600)
                made.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")
                made.replace(self._key_path)
            key = bytes.fromhex(self._key_path.read_text(encoding="ascii"))
        except OSError as error:
            raise ConfigError(f"the key {self._key_path} cannot be used: {file_trouble(error)}") from error
        except ValueError:
            key = b""
        if len(key) < _KEY_BYTES:
            raise ConfigError(f"{self._key_path} is no key of ours: delete it, and another one is made")
        return key
