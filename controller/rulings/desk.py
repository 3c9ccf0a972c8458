"""Replays that run while a person waits: begun once, looked at until they are done, forgotten some minutes later.

What is asked is named by its content and by who asks, so that asking twice begins nothing twice, and nobody is shown what
another asked for.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from campus.errors import CampusError
from controller.alerts.model import Rule
from controller.identity.scope import NotFound, Scope
from controller.rulings.model import Adjustment, NotAllowed, Outlook, Place
from controller.rulings.replaying import Replayer
from controller.rulings.service import RulingService

MOST_AT_ONCE: Final = 2
KEPT_MS: Final = 600_000
MOST_KEPT: Final = 64
STOP_TIMEOUT_S: Final = 5.0
_log = logging.getLogger(__name__)


class Wish(NamedTuple):
    """What is to be tried: a change of a rule at a place, or a rule of its own, over the last days."""

    place: Place
    rule_id: str
    days: int
    wanted: Adjustment | None = None
    own: Rule | None = None


@dataclass
class Attempt:
    """A replay under way or done. `outlook` None and `trouble` empty: it runs."""

    wish: Wish
    scope: Scope
    begun_at: int
    share: float = 0.0
    outlook: Outlook | None = None
    trouble: str = ""
    is_stopped: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def is_done(self) -> bool:
        """Whether it has ended, one way or another."""
        return self.outlook is not None or bool(self.trouble)


class ReplayDesk:
    """Inert until something is begun. Thread-safe."""

    def __init__(self, rulings: RulingService, replayer: Replayer, clock: Callable[[], int]) -> None:
        self._rulings = rulings
        self._replayer = replayer
        self._clock = clock
        self._lock = threading.Lock()
        self._attempts: dict[str, Attempt] = {}

    def begin(self, scope: Scope, wish: Wish) -> str:
        """Begin a replay; the ticket to look at it with. `NotAllowed` for what cannot be tried, or while others wait."""
        if wish.own is not None:
            trial = self._rulings.own_trial(scope, wish.place, wish.own)
        else:
            trial = self._rulings.trial(scope, wish.place, wish.rule_id, wish.wanted or Adjustment())
        now = self._clock()
        ticket = _ticket(scope, wish, now)
        with self._lock:
            if ticket in self._attempts:
                return ticket
            self._forget(now)
            running = [each.scope.user for each in self._attempts.values() if not each.is_done]
            if scope.user in running:  # nobody may keep the others from it
                raise NotAllowed("you are trying a rule already: wait until that is done")
            if len(running) >= MOST_AT_ONCE:
                raise NotAllowed("others are trying rules just now: try again in some seconds")
            attempt = self._attempts[ticket] = Attempt(wish, scope, now)

        def note(share: float) -> None:
            attempt.share = share
            if attempt.is_stopped.is_set():
                raise _Stopped("the controller stops")

        def run() -> None:
            try:
                attempt.outlook = self._replayer.compare(trial, wish.days, now, note)
            except CampusError as error:
                attempt.trouble = str(error)
            except Exception:  # noqa: BLE001 - the edge of one replay: whoever asked is told
                _log.exception("a replay failed")
                attempt.trouble = "the replay failed; the controller's log says why"

        attempt.thread = threading.Thread(target=run, name="replay", daemon=True)
        attempt.thread.start()
        return ticket

    def look(self, scope: Scope, ticket: str) -> Attempt:
        """How a replay stands; `NotFound` when it is another's, or was forgotten."""
        with self._lock:
            attempt = self._attempts.get(ticket)
        if attempt is None or attempt.scope != scope:
            raise NotFound("this trial is forgotten: try again")
        return attempt

    def stop(self) -> None:
        """End what is under way, at its next piece."""
        with self._lock:
            attempts = list(self._attempts.values())
        for attempt in attempts:
            attempt.is_stopped.set()
        for attempt in attempts:
            if attempt.thread is not None:
                attempt.thread.join(STOP_TIMEOUT_S)

    def _forget(self, now: int) -> None:
        done = [(each.begun_at, ticket) for ticket, each in self._attempts.items() if each.is_done]
        old = {ticket for begun_at, ticket in done if begun_at < now - KEPT_MS}
        surplus = len(self._attempts) - len(old) - MOST_KEPT + 1
        for ticket in old | {ticket for _, ticket in sorted(done)[: max(0, surplus)]}:
            del self._attempts[ticket]


class _Stopped(CampusError):
    """The controller stops."""


def _ticket(scope: Scope, wish: Wish, now: int) -> str:
    """The same within a minute, for the same person and the same question."""
    sites = None if scope.sites is None else sorted(scope.sites)
    asked = msgspec.json.encode([scope.user, scope.role, sites, wish, now // 60_000])
    return hashlib.sha256(asked).hexdigest()[:32]
