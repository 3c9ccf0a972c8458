"""Bringing lines to InfluxDB: in bodies it takes, and what it will never take set aside with its own words.

A body that is refused is cut in halves and these brought again, until the lines in fault are found. To write the others
twice changes nothing. Where the server says that it has stored all but so many lines of a body, that ends the search early.
"""

import logging
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final

from campus.errors import Transient
from campus.influx import Policy
from controller.store.influx.client import InfluxClient, Refused, TooLarge

REFUSED_FILE: Final = "refused.lp"
MAX_REFUSED_BYTES: Final = 16 << 20
"""Of the current file and the one before it together."""
LINES_OF_BODY: Final = 10_000
"""With more at once InfluxDB takes hardly more a second, and answers later."""
_MOST_TRIES: Final = 200
_BETWEEN_TELLINGS_S: Final = 600.0
_FRESH_MS: Final = 86_400_000
"""What is younger no server drops for its age, unless its clock is wrong."""
_TOO_OLD = re.compile("(beyond|outside) retention policy")
_DROPPED = re.compile(r"dropped[= ](\d+)")
_log = logging.getLogger(__name__)


class Delivery:
    """Writes bodies of lines. Any number of threads."""

    def __init__(self, client: InfluxClient, directory: Path, kept_since: Callable[[Policy], int]) -> None:
        """`kept_since` tells since when a policy must keep what it is given; 0 where nobody knows yet."""
        self._client = client
        self._kept_since = kept_since
        self._path = directory / REFUSED_FILE
        self._old = self._path.with_suffix(".old.lp")
        self._lock = Lock()
        self._next_telling_s: dict[Policy, float] = {}
        self.refused: Counter[Policy] = Counter()
        """Lines that InfluxDB will never take, since the start."""
        self.lost = 0
        """Of those, how many could not be written to the file either."""

    def write(self, policy: Policy, body: bytes) -> list[int]:
        """Make the lines of a body durable; the numbers (from 0) of those that InfluxDB will never take, which are set aside.

        `Transient` when it cannot be done now; lines may have been written then.
        """
        try:
            self._client.write(policy, body)
        except Refused as refusal:
            kept_since = self._kept_since(policy) or round(time.time() * 1000) - _FRESH_MS
            search = _Search(self._client, policy, body, kept_since)
            search.halve(0, len(search.lines), refusal)
            self._set_aside(policy, search)
            return search.found
        return []

    def _set_aside(self, policy: Policy, search: "_Search") -> None:
        if not search.count:
            return
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        text = b"".join(f"# {stamp} {policy}: {said}\n".encode() + lines for said, lines in search.words)
        with self._lock:
            self.refused[policy] += search.count
            self._tell(policy, search.words[0][0])
            try:
                self._append(text)
            except OSError as error:
                self.lost += search.count
                _log.warning("refused points lost", extra={"detail": str(error)})

    def _tell(self, policy: Policy, words: str) -> None:
        """Now and then: a limit of the server refuses some points of every body."""
        if time.monotonic() >= self._next_telling_s.get(policy, 0.0):
            self._next_telling_s[policy] = time.monotonic() + _BETWEEN_TELLINGS_S
            detail = {"policy": policy, "points": self.refused[policy], "detail": words, "file": str(self._path)}
            _log.warning("InfluxDB will never take some points", extra=detail)

    def _append(self, text: bytes) -> None:
        size = self._path.stat().st_size if self._path.exists() else 0
        if size and size + len(text) > MAX_REFUSED_BYTES // 2:
            self._path.replace(self._old)
        with self._path.open("ab") as file:
            file.write(text[: MAX_REFUSED_BYTES // 2])


class _Search:
    """For the lines in fault of one refused body."""

    def __init__(self, client: InfluxClient, policy: Policy, body: bytes, kept_since: int) -> None:
        lines = body.removesuffix(b"\n").split(b"\n")
        # What is wrong is mostly wrong of all lines of a metric: together they are found at once. Twins keep their order.
        self._order = sorted(range(len(lines)), key=lambda number: lines[number].partition(b" ")[0])
        self.lines = [lines[number] for number in self._order]
        self.found: list[int] = []
        self.count = 0
        self.words: list[tuple[str, bytes]] = []
        """What the server said, and of which lines."""
        self._client = client
        self._policy = policy
        self._kept_since = kept_since
        self._tries = 0

    def halve(self, first: int, end: int, refusal: Refused) -> None:
        """Find those among lines first..end that made the server refuse them together."""
        dropped = None if isinstance(refusal, TooLarge) else _dropped_in(str(refusal))
        if end - first == 1 or dropped == end - first:
            self._require_age(first, end, refusal)
            self._blame(first, end, refusal)
            self.found += self._order[first:end]
            self.count += end - first
        elif dropped is not None and self._tries >= _MOST_TRIES:  # the others of them are stored: enough is known
            self._blame(first, end, refusal)
            self.count += dropped
        else:
            middle = (first + end) // 2
            self._bring(first, middle)
            self._bring(middle, end)

    def _bring(self, first: int, end: int) -> None:
        self._tries += 1
        try:
            self._client.write(self._policy, self._body(first, end))
        except Refused as refusal:
            self.halve(first, end, refusal)

    def _require_age(self, first: int, end: int, refusal: Refused) -> None:
        """`Transient` when the server takes for too old what it is to keep: its clock, or the whole machine's, is ahead."""
        if not _TOO_OLD.search(str(refusal)):
            return
        newest = max(int(line.rpartition(b" ")[2]) for line in self.lines[first:end])
        if newest >= self._kept_since:
            raise Transient(
                f"InfluxDB takes samples for older than it keeps any ({refusal}): set its clock right; where it is right, as "
                "after a long stop, raise `retention` and restart the controller; nothing is lost meanwhile"
            )

    def _blame(self, first: int, end: int, refusal: Refused) -> None:
        self.words.append((" ".join(str(refusal).split()), self._body(first, end)))

    def _body(self, first: int, end: int) -> bytes:
        return b"\n".join([*self.lines[first:end], b""])


def _dropped_in(words: str) -> int | None:
    """How many points were not stored while all others were; None when the server does not say so.

    >>> _dropped_in("partial write: field type conflict: ... dropped=3"), _dropped_in("unable to parse 'x'")
    (3, None)
    """
    found = _DROPPED.search(words) if "partial write" in words else None
    return int(found[1]) if found else None
