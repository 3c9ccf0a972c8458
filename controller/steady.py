"""Since when the clock says so: what is told too old is lost for good, so a clock that leaps is not believed at once.

A controller whose clock says another year for an hour (a dead battery, a wrong time server) would drop all it keeps and
refuse all that comes. After a leap of more than a day, old is therefore what was old before it, until the clock has gone on
steadily for a week, as it does when the controller was off for a while. Everything else goes by the clock as it is.
"""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from controller.store.days import DAY_MS

FILE: Final = "clock.json"
"""In data_dir."""
LEAP_MS: Final = DAY_MS
PATIENCE_MS: Final = 7 * DAY_MS
_KEEP_EVERY_MS: Final = 3_600_000
_log = logging.getLogger(__name__)
Believed = Callable[[int], int]
"""From what the clock says to what age is counted from: the same, or earlier."""


class _Seen(msgspec.Struct, forbid_unknown_fields=True):
    """UTC ms; 0 for never."""

    believed_at: int = 0
    """What the clock said last before it leapt, or last of all."""
    doubted_since: int = 0
    """What it said first since then; later by the days it was not looked at meanwhile."""
    seen_at: int = 0


class SteadyTime:
    """Any thread. Constructed inert."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._seen: _Seen | None = None
        self._kept_at = 0

    def believed(self, now: int) -> int:
        """The instant by which it is decided what is too old; never later than `now`."""
        with self._lock:
            seen = self._seen = self._seen or _read(self._path)
            was_doubted, gap = bool(seen.doubted_since), now - seen.seen_at
            if not seen.believed_at or abs(now - seen.believed_at) <= LEAP_MS:
                seen.believed_at, seen.doubted_since = now, 0
            elif not was_doubted or not -LEAP_MS <= gap < PATIENCE_MS:
                seen.doubted_since = now
                days = abs(now - seen.believed_at) // DAY_MS
                _log.warning(
                    "the clock is %s days off from when it was last looked at: for a week nothing is dropped for its age. "
                    "If nobody had stopped this controller so long, set the clock right",
                    days,
                )
            elif gap > LEAP_MS:  # off again, as at every weekend: what was steady before it counts, the days off do not
                seen.doubted_since += gap
            elif now - seen.doubted_since >= PATIENCE_MS:
                seen.believed_at, seen.doubted_since = now, 0
            seen.seen_at = now
            if bool(seen.doubted_since) != was_doubted or abs(now - self._kept_at) >= _KEEP_EVERY_MS:
                self._kept_at = now
                _write(self._path, seen)
            return min(now, seen.believed_at)

    @property
    def is_doubted(self) -> bool:
        """Whether the clock has leapt and not been steady for long enough."""
        return bool(self._seen and self._seen.doubted_since)


def _read(path: Path) -> _Seen:
    """As it was kept; nothing where there is no such file, or one that is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Seen)
    except (OSError, msgspec.DecodeError):
        return _Seen()


def _write(path: Path, seen: _Seen) -> None:
    unfinished = path.with_suffix(".new")
    with suppress(OSError):  # a full disk: it is in memory, and kept an hour later
        with unfinished.open("wb") as file:
            file.write(msgspec.json.encode(seen))
            file.flush()
            os.fsync(file.fileno())  # the clock is wrong most often after the power has failed
        unfinished.replace(path)
