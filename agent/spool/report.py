"""What waits in a spool, for people and scripts; reads beside a running agent."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from agent.candidates import Candidate
from agent.spool.file import read_candidates, read_state
from agent.spool.schema import explain, open_for_reading
from campus.errors import ConfigError


class SpoolReport(NamedTuple):
    """The state of a spool at one moment; the field names are the keys of the JSON form."""

    path: str
    epoch: int
    frames: int
    size_bytes: int
    max_bytes: int
    file_bytes: int
    """The database and its log on disk; room once used is given back little by little."""
    oldest_age_s: int | None
    oldest_kept: int
    next_number: int
    dropped_frames: int
    dropped_points: int

    def sentences(self) -> str:
        """For a person."""
        if self.oldest_age_s is None:
            waiting = "Nothing waits: the controller has stored everything."
        else:
            waiting = (
                f"{self.frames} frames wait to be sent or acknowledged: {self.size_bytes / 1e6:.1f} MB of "
                f"{self.max_bytes / 1e6:.0f} MB allowed, the oldest for {_duration(self.oldest_age_s)}."
            )
        dropped = (
            f"Dropped so far because the spool was full or they were too old: {self.dropped_frames} frames with "
            f"{self.dropped_points} readings."
            if self.dropped_frames
            else "Nothing was ever dropped."
        )
        return f"{waiting}\n{dropped}\nThe file {self.path} takes {self.file_bytes / 1e6:.1f} MB."


def read_report(path: Path, max_bytes: int, now: int) -> SpoolReport:
    """Look into the spool at `path`; `ConfigError` in words when there is none or it cannot be read."""
    try:
        with closing(open_for_reading(path)) as database:
            state = read_state(database)
    except sqlite3.Error as error:
        raise ConfigError(explain(path, error)) from error
    return SpoolReport(
        path=str(path),
        max_bytes=max_bytes,
        file_bytes=sum(each.stat().st_size for each in (path, path.with_name(path.name + "-wal")) if each.exists()),
        oldest_age_s=None if state.oldest_at is None else max(0, now - state.oldest_at) // 1000,
        **{key: value for key, value in state._asdict().items() if key != "oldest_at"},
    )


def read_strangers(path: Path) -> list[Candidate]:
    """The unknown publishers that the agent of this spool has heard; `ConfigError` as `read_report`."""
    try:
        with closing(open_for_reading(path)) as database:
            return read_candidates(database)
    except sqlite3.Error as error:
        raise ConfigError(explain(path, error)) from error


def stranger_lines(candidates: Sequence[Candidate], now: int) -> str:
    """For a person."""
    if not candidates:
        return "Every message that was heard belongs to a known device."
    lines = [f"{len(candidates)} topics are published on that no device profile understands:"]
    for each in candidates:
        age = _duration(max(0, now - each.last_at) // 1000)
        why = "no profile hears this topic" if each.reason == "no_profile" else f"unreadable: {each.reason}"
        lines += [f"  {each.topic}", f"    {each.messages} messages, the last {age} ago; {why}"]
        lines += [f"    begins: {each.sample.decode(errors='replace')[:100]!r}"]
    return "\n".join(lines)


def _duration(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172_800 else f"{seconds // 86_400} days"
