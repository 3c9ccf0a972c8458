"""How far a long command has come: a bar with rate and time left on a terminal, a line now and then in a log."""

import time
from collections.abc import Callable
from typing import Final, TextIO

_BAR_CHARS: Final = 30
_TERMINAL_INTERVAL_S: Final = 0.1
_LOG_INTERVAL_S: Final = 5.0


class Progress:
    """Counts `unit`s done of `total` (None when unknown) and shows it on `stream`, never more often than is readable."""

    def __init__(
        self, unit: str, total: int | None, stream: TextIO, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.done = 0
        self._unit = unit
        self._total = total
        self._stream = stream
        self._clock_s = clock_s
        self._interval_s = _TERMINAL_INTERVAL_S if stream.isatty() else _LOG_INTERVAL_S
        self._started_s = clock_s()
        self._shown_s = self._started_s

    def advance(self, count: int) -> None:
        """`count` more are done."""
        self.done += count
        now_s = self._clock_s()
        if now_s - self._shown_s >= self._interval_s:
            self._shown_s = now_s
            self._show(self.line(now_s))

    def finish(self) -> None:
        """Show the end."""
        self._show(self.line(self._clock_s()))
        if self._stream.isatty():
            self._stream.write("\n")

    def followed_by(self, unit: str, total: int | None) -> "Progress":
        """Show the end, and begin a bar for what comes next below it."""
        self.finish()
        return Progress(unit, total, self._stream, self._clock_s)

    @property
    def reached(self) -> str:
        """How far it came, in words.

        >>> import sys
        >>> Progress("days", 4, sys.stdout).reached
        '0 of 4 days'
        """
        return f"{self.done:,} of {self._total:,} {self._unit}" if self._total else f"{self.done:,} {self._unit}"

    def line(self, now_s: float) -> str:
        """What is shown: bar, share, count, rate, time left."""
        took_s = now_s - self._started_s
        rate = self.done / took_s if took_s > 0 else 0.0
        said = f"{self.done:,} {self._unit}, {rate:,.0f}/s"
        if not self._total:
            return said
        share = min(self.done / self._total, 1.0)
        bar = "█" * round(share * _BAR_CHARS)
        left = _clock_face((self._total - self.done) / rate) if rate > 0 and share < 1 else _clock_face(took_s)
        word = "left" if share < 1 else "in all"
        return f"{bar:░<{_BAR_CHARS}} {share:4.0%}  {said}, {left} {word}"

    def _show(self, line: str) -> None:
        self._stream.write(f"\r{line}\x1b[K" if self._stream.isatty() else f"{line}\n")
        self._stream.flush()


def _clock_face(seconds: float) -> str:
    """Minutes and seconds.

    >>> _clock_face(75)
    '1:15'
    """
    minutes, rest = divmod(round(max(seconds, 0.0)), 60)
    return f"{minutes}:{rest:02d}"
