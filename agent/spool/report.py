"""What waits in a spool, for people and scripts; reads beside a running agent."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from agent.candidates import Candidate
from agent.spool.remembered import read_candidates
from agent.spool.rows import read_state
from agent.spool.schema import check_version, open_for_reading, trouble
from campus.errors import ConfigError, Transient

_WHY = {
    "no_profile": "no profile hears this topic",
    "unknown_device": "its Zigbee2MQTT bridge has not listed it",
    "no_device": "nothing in it names a device",
    "template": "its announcement takes the value out by more than a path, which is not read",
    "too_large": "longer than any message that is read",
    "unknown_sender": "no device of this agent has this address: add the device, or the address to its trap_addresses",
    "unknown_community": "its community is none of traps.credentials",
    "unknown_user": "its SNMPv3 user is none of traps.users",
    "wrong_password": "its SNMPv3 password is another than in traps.users",
    "wrong_level": "its SNMPv3 user proves or encrypts less than traps.users wants",
    "too_old": "its SNMPv3 engine boots or time went back: it forgot them when it restarted, or somebody plays old traps",
}


class SpoolReport(NamedTuple):
    """The state of a spool at one moment; the field names are the keys of the JSON form."""

    path: str
    epoch: int
    frames: int
    """That wait to be sent or acknowledged."""
    size_bytes: int
    """Of the frames that wait."""
    max_bytes: int
    file_bytes: int
    """The database and its log on disk; room once used is given back little by little."""
    oldest_age_s: int | None
    oldest_kept: int
    next_number: int
    acknowledged_frames: int
    """That the controller has, kept in case that it is restored from a backup."""
    acknowledged_bytes: int
    dropped_frames: int
    dropped_points: int
    thinned_points: int
    refused_events: int
    damaged_files: int

    def sentences(self) -> str:
        """For a person."""
        return "\n".join(
            line
            for line in (
                self._waiting(),
                self._kept(),
                *self._losses(),
                f"The file {self.path} takes {self.file_bytes / 1e6:.1f} MB.",
            )
            if line
        )

    def _waiting(self) -> str:
        if self.oldest_age_s is None:
            return "Nothing waits: the controller has stored everything."
        return (
            f"{self.frames} frames wait to be sent or acknowledged: {self.size_bytes / 1e6:.1f} MB of "
            f"{self.max_bytes / 1e6:.0f} MB allowed, the oldest for {_duration(self.oldest_age_s)}."
        )

    def _kept(self) -> str:
        if not self.acknowledged_frames:
            return ""
        return (
            f"{self.acknowledged_frames} frames that the controller has are kept for a while: "
            f"{self.acknowledged_bytes / 1e6:.1f} MB, the first to go when room is needed."
        )

    def _losses(self) -> list[str]:
        losses = []
        if self.thinned_points:
            losses.append(
                f"Thinned so far because the spool was full: {self.thinned_points} readings left out; of every five minutes "
                "the lowest and the highest stay."
            )
        if self.dropped_frames:
            losses.append(
                f"Dropped so far because the spool was full or they were too old: {self.dropped_frames} frames with "
                f"{self.dropped_points} readings."
            )
        if self.refused_events:
            losses.append(f"Refused so far because events filled a quarter of the spool: {self.refused_events} events.")
        if self.damaged_files:
            losses.append(
                f"The file was found damaged and replaced {self.damaged_files} times; see {self.path}.damaged-*, and look at "
                "the disk's health."
            )
        return losses or ["Nothing was ever dropped."]


def read_report(path: Path, max_bytes: int, now: int) -> SpoolReport:
    """Look into the spool at `path`; `ConfigError` in words when there is none or it cannot be read."""
    with _opened(path) as connection:
        state = read_state(connection, check_version(connection, path))
    return SpoolReport(
        path=str(path),
        max_bytes=max_bytes,
        file_bytes=sum(each.stat().st_size for each in (path, path.with_name(path.name + "-wal")) if each.exists()),
        oldest_age_s=None if state.oldest_at is None else max(0, now - state.oldest_at) // 1000,
        **{key: value for key, value in state._asdict().items() if key != "oldest_at"},
    )


def read_strangers(path: Path) -> list[Candidate]:
    """The unknown publishers that the agent of this spool has heard; `ConfigError` as `read_report`."""
    with _opened(path) as connection:
        return read_candidates(connection)


def stranger_lines(candidates: Sequence[Candidate], now: int) -> str:
    """For a person."""
    if not candidates:
        return "Every message that was heard belongs to a known device."
    lines = [f"{len(candidates)} publishers and senders of traps belong to no known device:"]
    for each in candidates:
        age = _duration(max(0, now - each.last_at) // 1000)
        why = _WHY.get(each.reason, f"unreadable: {each.reason}")
        lines += [f"  {each.topic}", f"    {each.messages} messages, the last {age} ago; {why}"]
        lines += [f"    begins: {each.sample.decode(errors='replace')[:100]!r}"] if each.sample else []
    return "\n".join(lines)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A person asked: whatever is wrong is said to them."""
    try:
        with closing(open_for_reading(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise ConfigError(str(trouble(path, error))) from error
    except Transient as error:
        raise ConfigError(str(error)) from error


def _duration(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172_800 else f"{seconds // 86_400} days"
