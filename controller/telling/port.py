"""What telling asks of others: a channel that carries a letter, and what it must know of alerts and the registry."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from campus.errors import Poison, Transient
from campus.ids import DeviceId, SiteId
from controller.alerts.model import Alert, Rule, StandingAlert
from controller.calendar.model import DayKind, Mark
from controller.identity.scope import Scope
from controller.registry.model import Device, Organisation, Room, Site
from controller.telling.model import Register, What


@dataclass(frozen=True)
class Recipient:
    """One person as a channel knows them: `to` is an address, a phone or an id there."""

    id: str
    name: str
    to: str


@dataclass(frozen=True)
class Letter:
    """What a channel carries. `id` is of the message in the ledger, the same at every try; `at` is now (UTC ms).

    `sites` are the schools it is about; empty for what concerns none, such as a channel that is down.
    """

    id: int
    what: What
    subject: str
    text: str
    url: str
    recipients: tuple[Recipient, ...]
    at: int
    sites: frozenset[SiteId] = frozenset()


class Channel(Protocol):
    """One way out. Several threads may send at once."""

    def send(self, letter: Letter) -> None:
        """Hand it over; returns when the other side has taken it.

        `Transient` when the other side is away or busy, `Poison` when it will never take this. Neither names a secret.
        """


class Busy(Transient):
    """A channel is busy and said for how long."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unreached(Poison):
    """One person cannot be reached by a channel that itself is well."""

    def __init__(self, message: str) -> None:
        super().__init__("unreached", message)


class SignIns(Protocol):
    """Who is signed in, as telling sees it."""

    def scope_of_mark(self, mark: str, now: int) -> Scope | None:
        """What a sign-in may see now, by its SHA-256; None when it has ended."""


class Setup(NamedTuple):
    """A register and its channels by name, as they stand together."""

    register: Register
    channels: Mapping[str, Channel]


class RegisterSource(Protocol):
    """Where the register comes from."""

    @property
    def setup(self) -> Setup:
        """What is in force."""

    @property
    def trouble(self) -> str:
        """What is wrong with what somebody wrote since, with file and line; empty: nothing."""

    def look(self) -> bool:
        """Whether something new is in force; called some times a minute by one thread."""


class Alerts(Protocol):
    """The alert room as telling sees it."""

    def standing(self, scope: Scope) -> Mapping[int, StandingAlert]:
        """The open alerts that stand for themselves, by id."""

    def steady(self, scope: Scope) -> Set[int]:
        """Open alerts that came and went, and are bad for good since; by id."""

    def by_ids(self, scope: Scope, alert_ids: Collection[int]) -> Sequence[Alert]:
        """Some alerts, without trails, in no order."""

    def hidden_counts(self, scope: Scope, alert_ids: Collection[int]) -> Mapping[int, int]:
        """How many open alerts stand behind each of some, where there are any."""

    def alert(self, scope: Scope, alert_id: int) -> Alert:
        """One alert; `NotFound` when it is not the caller's."""

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule:
        """Its rule as it holds at a school; `NotFound` when it was removed."""


class Headline(Protocol):
    """What an alert is called, in both languages."""

    @property
    def en(self) -> str:
        """English."""

    @property
    def zh(self) -> str:
        """Chinese."""


class Effect(Protocol):
    """What a fault takes away."""

    @property
    def devices(self) -> Sequence[object]:
        """What is cut off or dark."""

    @property
    def lessons(self) -> int:
        """Within the next two hours."""

    @property
    def is_blind_only(self) -> bool:
        """All works, only nobody sees it."""


class Causes(Protocol):
    """What is known of root causes, as telling sees it."""

    def headline(self, alert: Alert) -> Headline | None:
        """What an alert is called now that it is known what broke; None: as its rule is."""

    def effect(self, scope: Scope, alert_id: int) -> Effect:
        """What it takes away; `NotFound` when it is not the caller's."""


class Days(Protocol):
    """What days are at one place."""

    @property
    def marks(self) -> Mapping[date, Mark]:
        """What somebody told of single days."""

    def kind_of(self, day: date) -> DayKind:
        """What a local day is."""


class Calendar(Protocol):
    """The calendar as telling sees it."""

    def school(self, scope: Scope, site: SiteId | None = None) -> Days:
        """Of a school (`NotFound` when there is none), without one of the district."""


class Registry(Protocol):
    """The registry as telling sees it."""

    def organisations(self, scope: Scope) -> Sequence[Organisation]:
        """The tree."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """Where it ends."""

    def rooms(self, scope: Scope, site: SiteId) -> Sequence[Room]:
        """The rooms of a school."""

    def devices_of(
        self, scope: Scope, keys: Collection[tuple[SiteId, DeviceId]]
    ) -> Mapping[tuple[SiteId, DeviceId], Device]:
        """Devices by site and id."""
