"""Use cases of telling: the rounds that tell, and what people may know of it. The ledger is the only memory.

Without a register nothing is followed and nothing is sent.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from msgspec.structs import replace

from campus.errors import ConfigError, Poison, Transient
from campus.ids import SiteId
from controller.alerts.model import Alert, Owner
from controller.figure import Figure
from controller.identity.scope import SYSTEM, Role, Scope
from controller.telling.delivery import Delivery
from controller.telling.dispatch import Dispatcher
from controller.telling.following import Follower
from controller.telling.hints import hints
from controller.telling.ledger import Ledger
from controller.telling.model import (
    ChannelHealth,
    Letterbox,
    Message,
    Person,
    Push,
    PushState,
    Reason,
    Register,
    RotaLine,
    Telling,
    What,
    Why,
)
from controller.telling.plan import by_owner
from controller.telling.port import Alerts, Calendar, Causes, Letter, Recipient, RegisterSource, Registry, Setup
from controller.telling.pushes import Browser, Pushes
from controller.telling.rota import Rota
from controller.telling.why import Climb, not_told, unasked, with_other
from controller.telling.words import Words

TIDY_INTERVAL_MS: Final = 3_600_000


class _Rounds(NamedTuple):
    """The three steps over one register."""

    follower: Follower
    dispatcher: Dispatcher
    delivery: Delivery


class TellingService:
    """`tend` and `deliver` are each called by one thread; the others by any."""

    def __init__(
        self,
        engine: sa.Engine,
        alerts: Alerts,
        registry: Registry,
        calendar: Calendar,
        clock: Callable[[], int],
        zone: ZoneInfo,
        source: RegisterSource,
        home: str = "",
        pushes: Pushes | None = None,
        causes: Causes | None = None,
    ) -> None:
        self._engine = engine
        self._alerts = alerts
        self._registry = registry
        self._clock = clock
        self._source = source
        self.pushes = pushes
        self._rota = Rota(calendar, zone)
        self._words = Words(alerts, registry, causes, zone, home)
        self._tries: Counter[tuple[str, str]] = Counter()
        self._rounds = self._built(source.setup)
        self._ledger = Ledger(engine)
        self._tidy_at = 0
        self.on_message: Callable[[], None] = threading.Event().set
        """Called when there may be something to deliver: wakes whoever calls `deliver`."""

    @property
    def is_on(self) -> bool:
        """Whether anybody can be told."""
        return bool(self._register.people)

    @property
    def _register(self) -> Register:
        return self._source.setup.register

    def register_trouble(self, scope: Scope) -> str:
        """What is wrong with the register as somebody wrote it since, with file and line; empty: nothing.

        It may name people of any place, so it is told only to operators of the whole district.
        """
        return self._source.trouble if scope.sites is None and scope.role >= Role.OPERATOR else ""

    def tend(self, now: int) -> None:
        """Some times a minute: see what is owed to whom, make messages of it."""
        if self._source.look():
            self._rounds = self._built(self._source.setup)
        if not self.is_on:
            return
        rounds = self._rounds
        rounds.follower.follow(now)
        rounds.dispatcher.dispatch(now, rounds.delivery.down(now))
        self.on_message()
        if now >= self._tidy_at:
            self._tidy_at = now + TIDY_INTERVAL_MS
            self._ledger.tidy(now)

    def deliver(self, now: int) -> None:
        """Send what waits; may take long when a channel is slow."""
        if self.is_on:
            self._rounds.delivery.deliver(now)

    def _built(self, setup: Setup) -> _Rounds:
        register, channels = setup
        follower = Follower(self._engine, self._alerts, self._registry, register, self._rota)
        return _Rounds(
            follower,
            Dispatcher(self._engine, self._alerts, register, self._rota, self._words, follower.urgency_of),
            Delivery(self._engine, register, channels, self._words, self._clock, self._tries),
        )

    def told_of(self, scope: Scope, alert_id: int) -> list[Telling]:
        """Who was told of an alert, or not, and why; those asked first come first. `NotFound` when it is not the caller's."""
        return self._told_of(self._alerts.alert(scope, alert_id))

    def why(self, scope: Scope, alert_id: int) -> Why:
        """`told_of`, and everybody else of its school's branch, with why they were not told; `NotFound` as there."""
        alert, case = self._alerts.alert(scope, alert_id), self._ledger.case(alert_id)
        told = self._told_of(alert)
        follower = self._rounds.follower
        places = follower.ladders().get(str(alert.site), [])
        rungs = follower.rungs_for(alert, places)
        is_at_once = follower.urgency_of(alert).is_at_once
        asked = frozenset(each.person for each in told if each.what is What.OPENED)
        climb = Climb(rungs, asked, case is not None, case.escalate_at if case else 0, is_at_once)
        on_rungs = {person.id for rung in rungs for person in rung}
        passed_over = [person for rung in places for person in rung if person.id not in on_rungs]
        return Why(is_at_once, follower.owner_of(alert), (*told, *unasked(alert, climb, passed_over)))

    def why_person(self, scope: Scope, alert_id: int, person: str) -> list[Telling]:
        """The same of one person by id, who may be for other schools or in no register; needs an operator."""
        _require_operator(scope)
        found = [each for each in self.why(scope, alert_id).lines if each.person == person]
        known = {each.id: each.name for each in self.people(scope)}
        reason = Reason.ELSEWHERE if person in known else Reason.UNKNOWN
        return found or [not_told(self._alerts.alert(scope, alert_id), person, known.get(person, person), reason)]

    def people(self, scope: Scope) -> list[Person]:
        """Those whose place the caller oversees, without how they are reached; needs an operator."""
        _require_operator(scope)
        mine = self._register.people if scope.sites is None else self._people_of(scope.sites)
        return [_without_addresses(person) for person in mine]

    def week(self, scope: Scope, now: int) -> dict[str, RotaLine]:
        """This week's rota of `people`, by their ids."""
        return {
            each.id: RotaLine(self._rota.is_on_duty(each, now), tuple(self._rota.week(each, now)))
            for each in self.people(scope)
        }

    def messages(self, scope: Scope, limit: int = 50) -> list[Message]:
        """The last ones, newest first; those that concern several schools only for who sees all. Needs an operator."""
        _require_operator(scope)
        return self._ledger.messages(scope.sites, limit, self._names(), self._letterboxes())

    def channels(self, scope: Scope) -> list[ChannelHealth]:
        """How each channel is that the people are reached by whom the caller oversees; needs an operator."""
        used = {reach.channel for person in self.people(scope) for reach in person.reach}
        return [each for each in self._ledger.health(self._register) if scope.sites is None or each.channel in used]

    def push_key(self, user: str) -> str:
        """What a signed-in person's browser subscribes by; empty while nobody is told by push."""
        is_off = self.push_state(user) is PushState.OFF
        return "" if is_off or self.pushes is None else self.pushes.key.public()

    def push_state(self, user: str) -> PushState:
        """Whether notices would come to a signed-in person's browser."""
        names = {name for name, each in self._register.channels.items() if isinstance(each, Push)}
        if self.pushes is None or not names:
            return PushState.OFF
        ways = (reach for person in self._register.people for reach in person.reach if reach.channel in names)
        return PushState.READY if any(reach.to == user for reach in ways) else PushState.UNNAMED

    def push_subscribe(self, user: str, mark: str, browser: Browser) -> None:
        """Take somebody's browser, for as long as its sign-in (`mark`) lasts; `Poison` says what is wrong with it."""
        settings = [each for each in self._register.channels.values() if isinstance(each, Push)]
        if self.pushes is None or not settings:
            raise Poison("subscription", "nobody is told by push here: the register has no channel of type push")
        self.pushes.add(user, mark, browser, [service for each in settings for service in each.services])

    def push_unsubscribe(self, user: str, endpoint: str) -> None:
        """Forget one of somebody's browsers; harmless when it is not known."""
        if self.pushes is not None:
            self.pushes.remove(user, endpoint)

    def problems(self) -> list[str]:
        """What is wrong with the register as the tree of schools stands now; one sentence each."""
        places = {each.id for each in self._registry.organisations(SYSTEM)}
        places |= {str(each.id) for each in self._registry.sites(SYSTEM)}
        return [
            f"{person.id}: there is no school or organisation {person.place!r}: nobody is told through this person"
            for person in self._register.people
            if person.place and person.place not in places
        ]

    def hints(self) -> list[str]:
        """What is not wrong in the register and will disappoint somebody; one sentence each."""
        return list(hints(self._register, self._rounds.follower.ladders()))

    @property
    def people_count(self) -> int:
        """How many the register names."""
        return len(self._register.people)

    def who(self, site: str, now: int) -> list[list[tuple[Person, bool]]] | None:
        """Who is asked about a school's usual faults, step by step, and whether they are on duty; None: no such school."""
        places = self._rounds.follower.ladders().get(site)
        if places is None:
            return None
        rungs = by_owner(places, Owner.TECHNICIAN)
        return [[(each, self._rota.is_on_duty(each, now)) for each in rung] for rung in rungs]

    def test(self, person_id: str) -> list[tuple[str, str]]:
        """Send a test message to a person on each of their channels: the channel, and what went wrong or nothing."""
        person = next((each for each in self._register.people if each.id == person_id), None)
        if person is None:
            known = ", ".join(each.id for each in self._register.people) or "nobody"
            raise ConfigError(f"{person_id!r} is not in the register; there are: {known}")
        told = self._words.of_test(person.name, person.language)
        outcomes = []
        for reach in person.reach:
            recipient = Recipient(person.id, person.name, reach.to)
            letter = Letter(0, What.TEST, told.subject, told.text, "", (recipient,), self._clock())
            try:
                self._source.setup.channels[reach.channel].send(letter)
            except (Transient, Poison) as error:
                outcomes.append((reach.channel, str(error)))
            else:
                outcomes.append((reach.channel, ""))
        return outcomes

    def figures(self) -> list[Figure]:
        """What `/metrics` says; nothing while it is off."""
        if not self.is_on:
            return []
        tries = Counter(self._tries)
        return [
            *(
                Figure(
                    "telling_tries_total",
                    "Tries to send a message",
                    count,
                    (("channel", channel), ("outcome", outcome)),
                )
                for (channel, outcome), count in sorted(tries.items())
            ),
            Figure(
                "telling_register_refused",
                "Whether the register was changed and is wrong, so that the one before is in force",
                bool(self._source.trouble),
            ),
            Figure("telling_messages_waiting", "Messages that are not sent yet", self._ledger.unsent()),
            *(
                Figure("telling_held", "Alerts times people that are not told yet", count, (("reason", reason),))
                for reason, count in sorted(self._ledger.held().items())
            ),
            *(
                Figure("telling_channel_down", "Whether a channel is down", each.is_down, (("channel", each.channel),))
                for each in self._ledger.health(self._register)
            ),
        ]

    def _told_of(self, alert: Alert) -> list[Telling]:
        return [with_other(each, alert) for each in self._ledger.told_of(alert.id, self._names(), self._letterboxes())]

    def _people_of(self, sites: Iterable[SiteId]) -> list[Person]:
        """Those on the ladders of some schools, in the order of the register."""
        ladders = self._rounds.follower.ladders()
        ids = {person.id for site in sites for rung in ladders.get(str(site), []) for person in rung}
        return [person for person in self._register.people if person.id in ids]

    def _letterboxes(self) -> set[str]:
        return {name for name, each in self._register.channels.items() if isinstance(each, Letterbox)}

    def _names(self) -> dict[str, str]:
        return {person.id: person.name for person in self._register.people}


def _require_operator(scope: Scope) -> None:
    if scope.role < Role.OPERATOR:
        scope.require_role(Role.OPERATOR)


def _without_addresses(person: Person) -> Person:
    return replace(person, reach=tuple(replace(each, to="") for each in person.reach))
