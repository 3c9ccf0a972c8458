"""Nouns of telling: people, the channels they are reached by, and what the ledger says. No framework, no I/O."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from campus.ids import SiteId
from controller.alerts.model import Alert, Owner
from controller.identity.scope import Role
from controller.wording import Language

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS: Final = "00:00-24:00"


class _Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every block of the register: a key nobody knows is an error."""


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"
    """Only to this machine: see `register`."""


class Mail(_Settings, frozen=True, tag="email", tag_field="type"):
    """A mail server; `sender` is the address that stands in From. `ca_file` for one with a certificate of one's own."""

    host: str
    sender: str
    port: int = 465
    security: MailSecurity = MailSecurity.TLS
    username: str = ""
    password_file: str = ""
    ca_file: str = ""


class WeCom(_Settings, frozen=True, tag="wecom", tag_field="type"):
    """A robot of a WeCom group. Its address holds its key, so a file holds the address. People are named by user id or phone."""

    url_file: str


class DingTalk(_Settings, frozen=True, tag="dingtalk", tag_field="type"):
    """A robot of a DingTalk group that asks for signatures. People are named by phone or user id."""

    url_file: str
    secret_file: str


class Feishu(_Settings, frozen=True, tag="feishu", tag_field="type"):
    """A robot of a Feishu group that asks for signatures. People are named by open id or user id."""

    url_file: str
    secret_file: str


class Sms(_Settings, frozen=True, tag="sms", tag_field="type"):
    """An HTTP gateway for text messages. `body` is its JSON with ``{phone}`` and ``{text}``; `token_file` becomes a Bearer."""

    url_file: str
    body: str = '{"phone": "{phone}", "text": "{text}"}'
    token_file: str = ""


class Webhook(_Settings, frozen=True, tag="webhook", tag_field="type"):
    """Any program that takes JSON, signed by HMAC-SHA256 with the secret."""

    url_file: str
    secret_file: str


class Push(_Settings, frozen=True, tag="push", tag_field="type"):
    """Notices on the phones and browsers of people who asked for them there; `to` is the name they are signed in with.

    `contact` is a ``mailto:`` or ``https:`` address by which push services reach whoever runs this. `services` are the
    only hosts that are ever spoken to, for browsers tell where their notices go: ``*.`` stands for any name below.
    """

    contact: str
    services: tuple[str, ...] = (
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.notify.windows.com",
        "web.push.apple.com",
    )


class Letterbox(_Settings, frozen=True, tag="letterbox", tag_field="type"):
    """Sends nothing: messages are kept and shown on the console, so that one sees what would be sent."""


ChannelSettings = Mail | WeCom | DingTalk | Feishu | Sms | Webhook | Push | Letterbox
GROUP_CHANNELS: Final = (WeCom, DingTalk, Feishu, Webhook)
"""What is told once for all who are reached by it; they are mentioned in it."""
_PER_MINUTE: Final = {WeCom: 20, DingTalk: 20, Feishu: 100}


def most_per_minute(settings: ChannelSettings) -> int:
    """Messages a minute that the vendor takes from one robot; 0 where nobody says."""
    return _PER_MINUTE.get(type(settings), 0)


class Duty(_Settings, frozen=True):
    """Hours in which a person is on duty: local, ``HH:MM-HH:MM``, may run over midnight (it belongs to the day it begins).

    `days` are words that `rota` explains: without them every weekday, but no public holiday.
    """

    days: tuple[str, ...] = WEEKDAYS
    hours: str = ALWAYS


class Reach(_Settings, frozen=True):
    """One way to reach a person: a channel, and who they are there (address, phone, user id; empty for a webhook)."""

    channel: str
    to: str = ""

    @property
    def destination(self) -> str:
        """Where messages end up: what counts for how many are too many."""
        return f"{self.channel}:{self.to}"


class Person(_Settings, frozen=True):
    """Somebody who is told. `place` is a school or an organisation by its id, empty for the top of the tree.

    `reach` in the order it is tried; without `duty` always on duty; in `quiet` hours only what is critical comes.
    """

    id: str
    name: str
    reach: tuple[Reach, ...]
    place: str = ""
    role: str = Role.TECHNICIAN.name.lower()
    language: Language = Language.ZH
    duty: tuple[Duty, ...] = ()
    quiet: str = ""


class Policy(_Settings, frozen=True):
    """When is told. A severity that is not in `escalate_min` waits for the digests; see `plan.urgency`."""

    escalate_min: dict[str, float] = msgspec.field(default_factory=lambda: {"critical": 15.0, "major": 60.0})
    digest: tuple[str, ...] = ("07:30", "16:30")
    group_s: float = 30
    """How long a message waits for more of the same school."""
    again_s: float = 300
    """How long the next message about the same school waits, unless it is critical."""
    per_hour: int = 10
    """Messages for one person or group in an hour; the last of them sums up all that waits."""


class Register(_Settings, frozen=True):
    """The whole file: by which channels whom."""

    channels: dict[str, ChannelSettings] = {}
    people: tuple[Person, ...] = ()
    policy: Policy = Policy()

    def destination(self, way: Reach) -> str:
        """Where messages by one way end up: a group is one for all who are reached by it."""
        return way.channel if isinstance(self.channels[way.channel], GROUP_CHANNELS) else way.destination


class PushState(StrEnum):
    """Whether a signed-in person would get notices in this browser."""

    READY = "ready"
    UNNAMED = "unnamed"
    """The register names nobody by this name for push."""
    OFF = "off"
    """The register has no such channel."""


class What(StrEnum):
    """What somebody is told."""

    OPENED = "opened"
    STEADY = "steady"
    """What came and went stays bad."""
    RESOLVED = "resolved"
    CHANNEL_DOWN = "channel_down"
    CHANNEL_UP = "channel_up"
    TEST = "test"


class Reason(StrEnum):
    """Why somebody was not told, or not yet."""

    GROUPING = "grouping"
    DIGEST = "digest"
    QUIET_HOURS = "quiet_hours"
    NOT_ON_DUTY = "not_on_duty"
    CAP = "cap"
    CHANNEL_DOWN = "channel_down"
    UNREACHED = "unreached"
    """The channel is well; this person cannot be reached by it."""
    HIDDEN = "hidden"
    CAUSE_AWAITED = "cause_awaited"
    """Held back for a moment: its cause may show."""
    SILENCED = "silenced"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"
    LEFT = "left"
    """The person is not in the register any more."""
    SOON = "soon"
    """Nobody has looked at the alert yet; that takes seconds."""
    NEXT = "next"
    """Asked when nobody acknowledges in time."""
    LATER = "later"
    """Asked after others who are to be asked first."""
    NOT_URGENT = "not_urgent"
    """What waits for a digest does not climb."""
    NOT_THEIRS = "not_theirs"
    """It is another role's work."""
    JOINED = "joined"
    """Was not in the register, or not in this place of it, when this rung was asked."""
    ELSEWHERE = "elsewhere"
    """Is for other schools."""
    UNKNOWN = "unknown"
    """Is not in the register."""


class Standing(StrEnum):
    """Where the telling of one alert to one person stands."""

    HELD = "held"
    """Looked at again."""
    SPARED = "spared"
    """Will not be told."""
    WAITING = "waiting"
    """In a message that is being sent."""
    TOLD = "told"
    FAILED = "failed"
    UNASKED = "unasked"
    """Has no line in the ledger."""


@dataclass(frozen=True)
class Telling:
    """One line of an alert's ledger: who, what, and what became of it. Instants in ms, 0 = not yet.

    `due_at` is when what is held is looked at again, or when somebody is asked next.
    """

    alert: int
    person: str
    name: str
    what: What
    standing: Standing
    reason: Reason | None
    channel: str
    level: int
    """0: the first who are asked; 1: after the first escalation, and so on."""
    at: int
    due_at: int
    sent_at: int
    tries: int
    next_try_at: int
    detail: str
    is_kept: bool = False
    """It lies in a letterbox: nothing was sent."""
    other: int = 0
    """The alert it is hidden behind, or the silence it is in, as `reason` says."""


@dataclass(frozen=True)
class Why:
    """Everybody who could have been told of an alert, and whose work it is."""

    is_at_once: bool
    """Told at once, not in a digest."""
    owner: Owner
    lines: tuple[Telling, ...]


class RotaLine(NamedTuple):
    """One person's week: minutes since Monday began, [start, end)."""

    is_on_duty: bool
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Message:
    """A message in the ledger. `site` is empty for what concerns more than one."""

    what: What
    site: SiteId | None
    channel: str
    names: tuple[str, ...]
    subject: str
    text: str
    standing: Standing
    created_at: int
    sent_at: int
    tries: int
    next_try_at: int
    detail: str
    is_kept: bool


@dataclass(frozen=True)
class ChannelHealth:
    """How a channel is: `failures` in a row, since when; what went wrong last. It is down from `DOWN_AFTER` on."""

    channel: str
    type: str
    failures: int = 0
    failing_since: int = 0
    sent_at: int = 0
    detail: str = ""

    @property
    def is_down(self) -> bool:
        """Whether people are reached by their next channel instead."""
        return self.failures >= DOWN_AFTER


DOWN_AFTER: Final = 3


def kind_of_channel(settings: ChannelSettings) -> str:
    """Its `type` in the file."""
    return str(type(settings).__struct_config__.tag)


def hushed_by(alert: Alert) -> Reason | None:
    """Why an open alert is nobody's business for now."""
    if alert.cause:
        return Reason.HIDDEN
    if alert.silence:
        return Reason.SILENCED
    return Reason.CAUSE_AWAITED if alert.held_until else None
