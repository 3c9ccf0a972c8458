"""Frames nobody could read, kept for whoever wants to know why: a frame file with a bound."""

import logging
from pathlib import Path
from typing import Final

from campus.wire.frame import MAX_COMPRESSED_BYTES
from campus.wire.frame_file import FrameWriter
from controller.ingest.counters import IngestCounters

MAX_BYTES: Final = 16 << 20
"""Of the current file and of the one before it together."""
_log = logging.getLogger(__name__)


class DeadLetters:
    """Appends to ``dead-letters.frames``; a full file becomes ``dead-letters.old.frames`` in place of the one before."""

    def __init__(self, directory: Path, counters: IngestCounters, max_bytes: int = MAX_BYTES) -> None:
        self.path = directory / "dead-letters.frames"
        self._old = directory / "dead-letters.old.frames"
        self._counters = counters
        self._max_file_bytes = max_bytes // 2

    def keep(self, payload: bytes, origin: str, reason: str, message: str) -> None:
        """Write one frame and log why; a file that cannot be written is counted and never stops ingest."""
        _log.warning("frame set aside", extra={"origin": origin, "reason": reason, "detail": message})
        if len(payload) > min(MAX_COMPRESSED_BYTES, self._max_file_bytes):
            self._counters.dead_letters_lost += 1
            return
        try:
            self._append(payload)
        except OSError as error:
            self._counters.dead_letters_lost += 1
            _log.warning("dead letter lost", extra={"detail": str(error)})
            return
        self._counters.dead_letters += 1

    def _append(self, payload: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        size = self.path.stat().st_size if self.path.exists() else 0
        if size + len(payload) + 16 > self._max_file_bytes:
            self.path.replace(self._old)
            size = 0
        with self.path.open("ab") as file:
            writer = FrameWriter.continuing(file) if size else FrameWriter(file)
            writer.write_frame(payload)
