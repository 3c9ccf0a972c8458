"""The register in its file: read at start, and again whenever it or a secret it names changes; a wrong one is not taken."""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from campus.errors import ConfigError
from controller.telling.model import Register
from controller.telling.port import Channel, Setup
from controller.telling.register import load_register

Stamp = dict[str, tuple[int, int, int]]
"""Of each file that is there: when it was written, its size, which one it is."""
_log = logging.getLogger(__name__)


class RegisterFile:
    """`look` is called by one thread. What is wrong at the first reading is a `ConfigError`, later it stands in `trouble`."""

    def __init__(self, path: Path | None, build: Callable[[Register, Path | None], Mapping[str, Channel]]) -> None:
        self.trouble = ""
        self._path = path
        self._build = build
        self._secrets: tuple[str, ...] = ()
        self._seen: Stamp = {}
        self.setup = self._read(self._stamp())

    def look(self) -> bool:
        """Read it again if it changed; whether there is another `setup` now."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        try:
            self.setup = self._read(stamp)
        except ConfigError as error:
            self.trouble = str(error)
            _log.error("the register is not taken, the one before stays in force", extra={"detail": self.trouble})
            return False
        self.trouble = ""
        _log.info("the register is taken", extra={"people": len(self.setup.register.people)})
        return True

    def _read(self, stamp: Stamp) -> Setup:
        self._seen = stamp
        register = load_register(self._path)
        self._secrets = tuple(_secrets_of(register))
        self._seen = self._stamp() | stamp  # what is written while it is read is read the next time
        return Setup(register, self._build(register, self._path))

    def _stamp(self) -> Stamp:
        found: Stamp = {}
        if self._path is None:
            return found
        for name in (self._path.name, *self._secrets):
            try:
                told = (self._path.parent / name).stat()
            except OSError:
                continue
            found[name] = (told.st_mtime_ns, told.st_size, told.st_ino)
        return found


def _secrets_of(register: Register) -> Iterator[str]:
    for settings in register.channels.values():
        for key, name in msgspec.structs.asdict(settings).items():
            if key.endswith("_file") and name:
                yield str(name)
