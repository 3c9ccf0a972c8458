"""One device's SNMP conversation, of any version: who asks, how much at once, how often again.

gufo-snmp gives one request in flight per session, no retries, an empty answer for any error status, and no memory of
what a device can bear. All of that is here: a lock, our own retries, a new session after every failure (one of SNMPv3 never
recovers from a restart of the device's engine), GETs and walks that shrink until the device can answer, walks that end.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gufo.snmp import SnmpAuthError, SnmpError
from gufo.snmp.aio import SnmpSession
from gufo.snmp.policer import BasePolicer

from agent.address import HostPort
from agent.collect.snmp_portion import Portion
from agent.collect.snmp_session import heed_cancellation, is_panic, opened_session
from agent.snmp_access import Community, SnmpAccess, SnmpUser, SnmpVersion
from campus.errors import Poison, Transient
from campus.secret import Secret
from firmware_profiles.raw import Raw

T = TypeVar("T")
MAX_WALK_ROWS = 10_000
MOST_OIDS = 40
"""In one GET."""
MOST_ROWS = 20
"""Repetitions of one GETBULK."""


class LoginRefused(Poison):
    """The device answers, and does not let this SNMPv3 user in. To ask again soon may lock the user out."""

    def __init__(self, address: HostPort) -> None:
        super().__init__("login_refused", f"{address} refuses the SNMPv3 user")


@dataclass(frozen=True)
class SnmpTiming:
    """`attempts` per request before less is asked at once; `patience` bounds the unanswered requests of one round.

    So a half-dead device costs at most `patience` x `timeout_s`, and a line that loses one datagram in ten still does.
    """

    timeout_s: float = 2.0
    attempts: int = 3
    patience: int = 12
    hail_attempts: int = 3
    fresh_s: float = 100.0
    """A session of SNMPv3 that rested for longer is not used again: it tells the device the time of then, and after 150 s the
    device takes that for a recorded message (RFC 3414, section 2.2.3)."""


class SnmpDialogue:
    """Asks one device. Constructed inert; sockets open with the first request and close with `close`.

    `counts`: requests, timeouts, garbage, refused, sessions, walk_not_increasing, walk_too_long. Safe to call from several
    tasks: requests queue up.
    """

    def __init__(
        self,
        address: HostPort,
        access: SnmpAccess,
        timing: SnmpTiming = SnmpTiming(),
        *,
        at_once: int = MOST_OIDS,
        policer: BasePolicer | None = None,
    ) -> None:
        """`policer` is waited for before each datagram."""
        self.counts: Counter[str] = Counter()
        self.is_v1 = isinstance(access, Community) and access.version is SnmpVersion.V1
        self._oids = Portion(at_once)
        self._rows = Portion(1 if self.is_v1 else MOST_ROWS)
        self._address = address
        self._access = access
        self.timing = timing
        self._policer = policer
        self._lock = asyncio.Lock()
        self._session: SnmpSession | None = None
        self._used_s = 0.0
        self._canary = ""
        self._absent: set[str] = set()
        """What is answered by an error, until the next learning: with version 1 all that the device does not have."""
        self._patience = timing.patience

    @property
    def at_once(self) -> int:
        """OIDs in one GET, as many as the device is known or hoped to bear."""
        return self._oids.size

    @property
    def repetitions(self) -> int:
        """Rows asked for by one GETBULK; 1 stands for GETNEXT."""
        return self._rows.size

    def begin(self) -> None:
        """Start learning or reading: patience is whole again."""
        self._patience = self.timing.patience

    def begin_learning(self, at_once: int, repetitions: int) -> None:
        """Take a profile's limits; now and then dare a little more again, for it may have been the line and not the device."""
        self._oids.begin_round(at_once)
        self._rows.begin_round(1 if self.is_v1 else repetitions)
        self._absent.clear()

    def leave_out(self, oids: Iterable[str]) -> None:
        """Until the next learning do not ask for what version 1 cannot carry; other versions say what is not there."""
        if self.is_v1:
            self._absent.update(oids)

    async def hail(self, oids: Sequence[str]) -> dict[str, Raw]:
        """Ask for a few scalars that every device has, with retries; those it has become the sign that it answered.

        `Transient` when it keeps silent, `Poison` ``garbage`` when it answers what is not SNMP, `LoginRefused` at once when it
        says so.
        """
        failure: Transient | Poison | None = None
        for _ in range(self.timing.hail_attempts):
            try:
                answer = await self._hail(list(oids))
            except LoginRefused:
                raise
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
        waiting = [oid for oid in oids if oid not in self._absent] if self._absent else list(oids)
        while waiting:
            size = self._oids.size
            chunk, waiting = waiting[:size], waiting[size:]
            answers.update(await self._get_chunk(chunk))

    async def walk(self, column: str, most_rows: int = MAX_WALK_ROWS, pause_s: float = 0.0) -> dict[str, Raw]:
        """Index to value of every row of a column, in the device's order; empty when there is none.

        Asks for fewer rows at once, down to one, until the device answers. Rows that do not increase end the walk, and so
        do `most_rows`; both are counted. After each answer it leaves the device alone for `pause_s`.
        `Transient` or `Poison` when patience ends.
        """
        while True:
            size = self._rows.size
            try:
                rows = await self._alone(lambda session: self._walked(session, column, most_rows, pause_s))
            except LoginRefused:
                raise
            except (Transient, Poison):
                if size <= 1 or self._patience <= 0:
                    raise
                self._rows.too_much(size)
            else:
                if len(rows) >= size:
                    self._rows.bore(size)
                return rows

    async def has_any(self, subtree: str) -> bool:
        """Whether the device has anything under an OID; silence counts as no."""
        try:
            return await self._alone(lambda session: self._first(session, subtree)) != ""
        except (Transient, Poison):
            return False

    def of_vlan(self, vlan: int) -> "SnmpDialogue | None":
        """Another conversation with the device, about one VLAN's tables: Cisco has them behind ``community@VLAN``.

        None for an SNMPv3 user: there they are a context, and gufo-snmp asks the default one alone.
        """
        if not isinstance(self._access, Community):
            return None
        text = Secret(f"{self._access.text.reveal()}@{vlan}")
        return SnmpDialogue(self._address, Community(text, self._access.version), self.timing, policer=self._policer)

    async def close(self) -> None:
        """Let go of the socket; harmless when called twice."""
        self._session = None

    async def _hail(self, oids: list[str]) -> dict[str, Raw]:
        """The scalars one by one where the device answers nothing to all of them: it may lack one, and speak version 1."""
        return await self._get(oids) or {oid: raw for each in oids for oid, raw in (await self._get([each])).items()}

    async def _get_chunk(self, chunk: list[str]) -> dict[str, Raw]:
        """A chunk, halved until the device can answer it. Too big and an error about one OID both look like nothing at all."""
        answer = await self._get_patiently(chunk if self._canary in chunk else [*chunk, self._canary])
        if answer:
            self._oids.bore(len(chunk))
            return answer
        if len(chunk) == 1:
            if answer is not None and chunk[0] != self._canary:
                self._absent.add(chunk[0])
            return {}
        middle, absent = len(chunk) // 2, len(self._absent)
        left, right = await self._get_chunk(chunk[:middle]), await self._get_chunk(chunk[middle:])
        if left and right and len(self._absent) == absent:  # no OID of it was to blame, so it was the size
            self._oids.too_much(len(chunk))
        return left | right

    async def _get_patiently(self, oids: list[str]) -> dict[str, Raw] | None:
        """Ask some times over; None when it stays silent and there is patience left, empty when it answers with an error."""
        for _ in range(self.timing.attempts):
            try:
                return await self._get([oid for oid in oids if oid])
            except LoginRefused:
                raise
            except (Transient, Poison):
                if self._patience <= 0:
                    raise
        return None

    async def _get(self, oids: list[str]) -> dict[str, Raw]:
        return await self._alone(lambda session: self._got(session, oids))

    async def _got(self, session: SnmpSession, oids: list[str]) -> dict[str, Raw]:
        try:
            return await session.get_many(oids)
        except SnmpAuthError:
            if isinstance(self._access, Community):
                return {}  # gufo-snmp's word for authorizationError, which here is an error like any other
            raise

    async def _alone(self, ask: Callable[[SnmpSession], Awaitable[T]]) -> T:
        """Run one exchange with the session to itself; after any failure, or when cancelled, the session is not used again."""
        async with self._lock:
            session, self._session = self._rested(), None
            is_fresh = session is None
            self.counts["requests"] += 1
            try:
                session = session or await self._opened()
                try:
                    result = await ask(session)
                finally:
                    heed_cancellation()
            except TimeoutError as error:
                raise self._failed("timeouts", Transient(f"{self._address} does not answer")) from error
            except SnmpAuthError as error:
                if not is_fresh:  # what let us in before is asked once more, from the beginning
                    raise self._failed("timeouts", Transient(f"{self._address} wants a new session")) from error
                raise self._failed("refused", LoginRefused(self._address)) from error
            except SnmpError as error:
                raise self._failed("garbage", Poison("garbage", f"{self._address} answers badly: {error}")) from error
            except OSError as error:
                raise self._failed("timeouts", Transient(f"{self._address}: {error}")) from error
            except BaseException as error:
                if not is_panic(error):
                    raise
                raise self._failed("garbage", Poison("garbage", f"{self._address} sends a torn datagram")) from error
            self._session, self._used_s = session, asyncio.get_running_loop().time()
            return result

    def _rested(self) -> SnmpSession | None:
        """The session, if it may still be used."""
        is_old = asyncio.get_running_loop().time() - self._used_s > self.timing.fresh_s
        return None if is_old and isinstance(self._access, SnmpUser) else self._session

    def _failed(self, what: str, error: T) -> T:
        self.counts[what] += 1
        self._patience -= 1
        return error

    async def _opened(self) -> SnmpSession:
        self.counts["sessions"] += 1
        return await opened_session(self._address, self._access, self.timing.timeout_s, self._policer)

    async def _stepped(self, steps: AsyncIterator[tuple[str, Raw]]) -> tuple[str, Raw] | None:
        """The next row, None after the last. What is lost is asked for again: gufo-snmp tells a late answer by its id.

        Where the device has never answered so many rows it is not the line that is doubted first.
        """
        attempts = self.timing.attempts if self._rows.is_proven else min(2, self.timing.attempts)
        for attempt in range(1, attempts + 1):
            try:
                return await anext(steps, None)
            except TimeoutError:
                if attempt == attempts or self._patience <= 1:
                    raise
                self.counts["timeouts"] += 1
                self._patience -= 1
        return None

    async def _first(self, session: SnmpSession, subtree: str) -> str:
        async for oid, _ in session.getnext(subtree):
            return oid if oid.startswith(f"{subtree}.") else ""
        return ""

    async def _walked(self, session: SnmpSession, column: str, most_rows: int, pause_s: float) -> dict[str, Raw]:
        rows: dict[str, Raw] = {}
        prefix = f"{column}."
        last: tuple[int, ...] = (-1,)
        size = self._rows.size
        steps = session.getnext(column) if size == 1 else session.getbulk(column, size)
        while (binding := await self._stepped(steps)) is not None:
            oid, value = binding
            if not oid.startswith(prefix):
                break
            index = oid[len(prefix) :]
            place = tuple(int(arc) for arc in index.split("."))
            if place <= last:
                self.counts["walk_not_increasing"] += 1
                break
            if len(rows) >= most_rows:
                self.counts["walk_too_long"] += 1
                break
            rows[index], last = value, place
            if pause_s and len(rows) % size == 0:
                await asyncio.sleep(pause_s)
        return rows
