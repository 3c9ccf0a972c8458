"""After a restore: every agent is asked for what the restored copy lacks.

Whoever restores a backup leaves ``restored.json`` in the data directory. While it is there and young, each agent that is
heard gets the command `OFFER_AGAIN` until it has answered; who has answered stands in ``restored-answers.json`` beside it,
so that a restart does not ask again.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from campus.delivery import OFFER_AGAIN
from campus.ids import AgentId, SiteId
from campus.topics import Address
from campus.wire.codec import encode_frame
from campus.wire.frame import CommandBody, Frame, ResultBody

NOTE: Final = "restored.json"
ANSWERS: Final = "restored-answers.json"
FORGOTTEN_AFTER_MS: Final = 14 * 86_400_000
"""No agent keeps what was acknowledged for longer."""
ASK_AGAIN_MS: Final = 5 * 60_000
ASKED_AT_ONCE: Final = 10
"""Agents asked in one round: what they send again comes beside all that is new."""
MARGIN_MS: Final = 10 * 60_000
"""Agents' clocks, and how long a frame may be under way."""
T = TypeVar("T")
_log = logging.getLogger(__name__)


class Restored(msgspec.Struct, frozen=True):
    """What the restore left: the copy is complete before `whole_until`; instants in UTC ms."""

    whole_until: int
    restored_at: int


class _Answers(msgspec.Struct, frozen=True):
    restored_at: int
    answered: Sequence[tuple[str, str]]


class Recall:
    """Inert until `start`. `due` is asked by one thread, `note_result` by another."""

    def __init__(self, directory: Path, whole_before: Callable[[Address, int], int]) -> None:
        """`whole_before` tells, for an agent and `whole_until`, the instant before which nothing of it can be missing."""
        self._directory = directory
        self._whole_before = whole_before
        self._restored: Restored | None = None
        self._lock = threading.Lock()
        self._answered: set[Address] = set()
        self._asked_at: dict[Address, int] = {}

    def start(self) -> bool:
        """Read what the restore left; whether there was one. An unreadable note is told and passed over."""
        self._restored = _read(self._directory / NOTE, Restored)
        answers = _read(self._directory / ANSWERS, _Answers)
        if self._restored and answers and answers.restored_at == self._restored.restored_at:
            self._answered = {Address(SiteId(site), AgentId(agent)) for site, agent in answers.answered}
        return self._restored is not None

    def due(self, heard: Iterable[Address], now: int) -> list[tuple[Address, bytes]]:
        """Commands to publish now to agents that are there, at most `ASKED_AT_ONCE`."""
        restored = self.standing(now)
        if restored is None:
            return []
        with self._lock:
            waiting = [
                address
                for address in heard
                if address not in self._answered and now - self._asked_at.get(address, 0) >= ASK_AGAIN_MS
            ][:ASKED_AT_ONCE]
            self._asked_at |= dict.fromkeys(waiting, now)
        return [(address, self._command(restored, address, now)) for address in waiting]

    def note_result(self, address: Address, result: ResultBody) -> None:
        """An agent has answered a command: remembered when it is ours, over a restart too if the disk allows."""
        restored = self._restored
        if restored is None or result.id != _command_id(restored) or not result.ok:
            return
        with self._lock:
            if address in self._answered:
                return
            self._answered.add(address)
            answered = sorted((each.site, each.agent) for each in self._answered)
        _log.info("agent sends again what was asked", extra={"origin": f"{address.site}/{address.agent}"})
        self._write(_Answers(restored.restored_at, answered))

    def standing(self, now: int) -> Restored | None:
        """The restore that is not forgotten yet."""
        restored = self._restored
        return restored if restored and now - restored.restored_at < FORGOTTEN_AFTER_MS else None

    @property
    def answered(self) -> frozenset[Address]:
        """Agents that have answered."""
        with self._lock:
            return frozenset(self._answered)

    def _command(self, restored: Restored, address: Address, now: int) -> bytes:
        since = max(0, self._whole_before(address, restored.whole_until) - MARGIN_MS)
        body = CommandBody(_command_id(restored), OFFER_AGAIN, {"since": str(since)})
        return encode_frame(Frame(address.site, address.agent, 0, 0, now, body))

    def _write(self, answers: _Answers) -> None:
        written = self._directory / f"{ANSWERS}.new"
        try:
            written.write_bytes(msgspec.json.encode(answers))
            written.replace(self._directory / ANSWERS)
        except OSError as error:  # it costs one more question after a restart
            _log.warning("cannot note which agents have answered", extra={"detail": str(error)})


def _command_id(restored: Restored) -> str:
    return f"restored-{restored.restored_at}"


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        _log.warning("cannot read what a restore left", extra={"path": str(path), "detail": str(error)})
        return None
