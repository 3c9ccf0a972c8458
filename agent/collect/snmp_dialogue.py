"""One device's SNMP v2c conversation: who asks, how much at once, how often again.

gufo-snmp gives one request in flight per session, no retries, an empty answer for any error status, and no memory of
what a device can bear. All of that is here: a lock, our own retries, a new session after every failure, GETs and walks
that shrink until the device can answer, walks that end.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gufo.snmp import SnmpError
from gufo.snmp.aio import SnmpSession

from agent.address import HostPort
from agent.decode.value import Raw
from agent.secret import Secret
from campus.errors import Poison, Transient

T = TypeVar("T")
MAX_WALK_ROWS = 10_000


@dataclass(frozen=True)
class SnmpTiming:
    """Patience. `patience` bounds unanswered requests in one poll, so that a half-dead device holds nobody up."""

    timeout_s: float = 2.0
    attempts: int = 3
    patience: int = 8


class SnmpDialogue:
    """Asks one device. Constructed inert; sockets open with the first request and close with `close`.

    `counts`: requests, timeouts, garbage, sessions, walk_not_increasing, walk_too_long. Safe to call from several tasks:
    requests queue up.
    """

    def __init__(
        self, address: HostPort, community: Secret, timing: SnmpTiming = SnmpTiming(), *, at_once: int = 40
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.at_once = at_once
        self.repetitions = 20
        self._address = address
        self._community = community
        self._timing = timing
        self._lock = asyncio.Lock()
        self._session: SnmpSession | None = None
        self._canary = ""
        self._patience = timing.patience

    def begin(self) -> None:
        """Start a poll: patience is whole again."""
        self._patience = self._timing.patience

    async def hail(self, oids: Sequence[str]) -> dict[str, Raw]:
        """Ask for a few scalars that every device has, with retries; those it has become the sign that it answered.

        `Transient` when it keeps silent, `Poison` ``garbage`` when it answers what is not SNMP.
        """
        failure: Transient | Poison | None = None
        for _ in range(self._timing.attempts):
            try:
                answer = await self._get(list(oids))
            except (Transient, Poison) as error:
                failure = error
            else:
                self._canary = next((oid for oid in oids if oid in answer), "")
                return answer
        raise failure or Transient("no attempt was made")

    async def get(self, oids: Sequence[str], answers: dict[str, Raw]) -> None:
        """Put the values of `oids` into `answers`; what the device does not have stays out.

        `Transient` or `Poison` when patience ends; what was answered before stands in `answers`.
        """
        waiting = list(oids)
        while waiting:
            chunk, waiting = waiting[: self.at_once], waiting[self.at_once :]
            answers.update(await self._get_chunk(chunk))

    async def walk(self, column: str) -> dict[str, Raw]:
        """Index to value of every row of a column, in the device's order; empty when there is none.

        Asks for fewer rows at once, down to one, until the device answers. Rows that do not increase end the walk, and so
        do `MAX_WALK_ROWS`; both are counted. `Transient` or `Poison` when patience ends.
        """
        while True:
            try:
                return await self._alone(lambda session: self._walked(session, column))
            except (Transient, Poison):
                if self.repetitions <= 1 or self._patience <= 0:
                    raise
                self.repetitions = max(1, self.repetitions // 2)

    async def has_any(self, subtree: str) -> bool:
        """Whether the device has anything under an OID; silence counts as no."""
        try:
            return await self._alone(lambda session: self._first(session, subtree)) != ""
        except (Transient, Poison):
            return False

    async def close(self) -> None:
        """Let go of the socket; harmless when called twice."""
        self._session = None

    async def _get_chunk(self, chunk: list[str]) -> dict[str, Raw]:
        """A chunk, halved until the device can answer it. Too big and an error about one OID both look like nothing at all."""
        asked = chunk if not self._canary or self._canary in chunk else [*chunk, self._canary]
        try:
            answer = await self._get(asked)
        except (Transient, Poison):
            if self._patience <= 0:
                raise
            answer = {}
            if len(chunk) == 1:
                return {}
        if answer or not self._canary or len(chunk) == 1:
            return answer
        middle = len(chunk) // 2
        left, right = await self._get_chunk(chunk[:middle]), await self._get_chunk(chunk[middle:])
        if left and right:
            self.at_once = max(1, min(self.at_once, middle))
        return left | right

    async def _get(self, oids: list[str]) -> dict[str, Raw]:
        return await self._alone(lambda session: session.get_many(oids))

    async def _alone(self, ask: Callable[[SnmpSession], Awaitable[T]]) -> T:
        """Run one exchange with the session to itself; after any failure, or when cancelled, the session is not used again."""
        async with self._lock:
            session = self._session or self._opened()
            self._session = None
            self.counts["requests"] += 1
            try:
                result = await ask(session)
            except TimeoutError as error:
                raise self._failed("timeouts", Transient(f"{self._address} does not answer")) from error
            except SnmpError as error:
                raise self._failed("garbage", Poison("garbage", f"{self._address} answers badly: {error}")) from error
            except OSError as error:
                raise self._failed("timeouts", Transient(f"{self._address}: {error}")) from error
            self._session = session
            return result

    def _failed(self, what: str, error: T) -> T:
        self.counts[what] += 1
        self._patience -= 1
        return error

    def _opened(self) -> SnmpSession:
        self.counts["sessions"] += 1
        return SnmpSession(
            self._address.host, self._address.port, community=self._community.reveal(), timeout=self._timing.timeout_s
        )

    async def _first(self, session: SnmpSession, subtree: str) -> str:
        async for oid, _ in session.getnext(subtree):
            return oid if oid.startswith(f"{subtree}.") else ""
        return ""

    async def _walked(self, session: SnmpSession, column: str) -> dict[str, Raw]:
        rows: dict[str, Raw] = {}
        prefix = f"{column}."
        last: tuple[int, ...] = (-1,)
        steps = session.getnext(column) if self.repetitions == 1 else session.getbulk(column, self.repetitions)
        async for oid, value in steps:
            if not oid.startswith(prefix):
                break
            index = oid[len(prefix) :]
            place = tuple(int(arc) for arc in index.split("."))
            if place <= last:
                self.counts["walk_not_increasing"] += 1
                break
            if len(rows) >= MAX_WALK_ROWS:
                self.counts["walk_too_long"] += 1
                break
            rows[index], last = value, place
        return rows
