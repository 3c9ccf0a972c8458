"""Nouns of work orders. No framework, no I/O. What moves them stands in `machine`."""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from campus.errors import CampusError
from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity

MAX_NOTE_CHARS: Final = 2_000
MAX_PARTS: Final = 20
MAX_PART_CHARS: Final = 120
MAX_MINUTES: Final = 60_000
MAX_STEPS: Final = 500
"""Of one order; what comes after is refused."""
MAX_NAME_CHARS: Final = 63
MAX_PICTURE_BYTES: Final = 12 * 1024 * 1024
"""Of a photo as it is sent; what is kept of it is smaller."""


class OrderState(StrEnum):
    """How far an order is."""

    NEW = "new"
    ASSIGNED = "assigned"
    ON_SITE = "on_site"
    WAITING_PART = "waiting_part"
    WITH_VENDOR = "with_vendor"
    DONE = "done"
    """Somebody says it is repaired; telemetry has not proved it yet."""
    VERIFIED = "verified"
    """Telemetry proved it: the fault is gone and has stayed away."""
    CLOSED = "closed"
    """A person closed it, with a reason, without that proof."""
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Whether nobody has anything to do any more."""
        return self in _OVER


_OVER: Final = {OrderState.VERIFIED, OrderState.CLOSED, OrderState.CANCELLED}
TO_DO: Final = (
    OrderState.NEW,
    OrderState.ASSIGNED,
    OrderState.ON_SITE,
    OrderState.WAITING_PART,
    OrderState.WITH_VENDOR,
)
"""In these somebody has something to do."""
OPEN: Final = (*TO_DO, OrderState.DONE)


class Act(StrEnum):
    """What can be done to an order."""

    OPEN = "open"
    """The first step of every history."""
    CLAIM = "claim"
    ASSIGN = "assign"
    """To somebody (`to`), or to oneself: taking it over."""
    RELEASE = "release"
    """Give it back: whoever has time may claim it."""
    ARRIVE = "arrive"
    WAIT = "wait"
    """For a part."""
    HAND_OFF = "hand_off"
    """To the vendor of a contract (`contract`), or to one without (0)."""
    TAKE_BACK = "take_back"
    """From the vendor."""
    FINISH = "finish"
    VERIFY = "verify"
    """By the system alone."""
    CLOSE = "close"
    CANCEL = "cancel"
    REOPEN = "reopen"
    NOTE = "note"
    PHOTO = "photo"
    REPORT_AGAIN = "report_again"
    """Somebody else told of the same fault meanwhile."""


ALWAYS_TAKEN: Final = frozenset({Act.NOTE, Act.PHOTO, Act.REPORT_AGAIN})
WANTS_REASON: Final = frozenset({Act.CLOSE, Act.CANCEL})


class Source(StrEnum):
    """How the fault came to us."""

    ALERT = "alert"
    STICKER = "sticker"
    """A teacher scanned the code on the device."""
    INSPECTION = "inspection"
    """A person saw it."""


class Outcome(StrEnum):
    """What became of a command."""

    APPLIED = "applied"
    ALREADY = "already"
    """The order was there already: taken, and nothing moved."""
    REFUSED = "refused"


class Why(StrEnum):
    """Why a command was refused; the words for it stand in the console's catalogue (``order.refused_...``)."""

    TAKEN = "taken"
    """Somebody else was quicker: `Order.assignee` says who."""
    NOT_YOURS = "not_yours"
    """It is somebody else's order: take it over first."""
    NOT_NOW = "not_now"
    """Not from the state it is in."""
    NO_REASON = "no_reason"
    NO_NAME = "no_name"
    NO_CONTRACT = "no_contract"
    """There is no such contract, or it does not cover this."""
    TOO_MANY = "too_many"
    """The history is full."""
    SYSTEM_ONLY = "system_only"


class WaitFor(StrEnum):
    """Why nobody here can go on."""

    PART = "part"
    VENDOR = "vendor"
    PROOF = "proof"
    """It is thought to be repaired."""


class Wait(msgspec.Struct, frozen=True, array_like=True):
    """[start_at, end_at) in UTC ms; `end_at` 0: it lasts."""

    why: WaitFor
    start_at: int
    end_at: int = 0


class PartUsed(msgspec.Struct, frozen=True):
    """A part that was put in."""

    name: str
    count: int = 1


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person wants done. `id` is made by their phone or page, and is the same whenever it is sent again.

    `made_at` is when they did it by their own clock (UTC ms; 0: now). `to` only with `ASSIGN`, `contract` with `HAND_OFF`.
    """

    id: str
    act: Act
    made_at: int = 0
    note: str = ""
    to: str = ""
    contract: int = 0
    parts: tuple[PartUsed, ...] = ()
    minutes: int = 0


class Step(msgspec.Struct, frozen=True):
    """One line of an order's history. `at` is when it counts from, `received_at` when it reached us (UTC ms)."""

    command: str
    act: Act
    who: str
    at: int
    received_at: int
    outcome: Outcome
    state: OrderState
    """In which the order was afterwards."""
    why: Why | None = None
    note: str = ""
    to: str = ""
    contract: int = 0
    parts: tuple[PartUsed, ...] = ()
    minutes: int = 0
    photo: int = 0


class Cause(msgspec.Struct, frozen=True, array_like=True):
    """An alert of the order's device that telemetry tells its repair by: no such alert may be open."""

    rule: str
    instance: str = ""


class Order(msgspec.Struct, frozen=True):
    """One piece of work. `device` is empty when it is about a room or a school as a whole. Instants in UTC ms, 0 = not."""

    id: int
    site: SiteId
    device: DeviceId
    room: str
    kind: DeviceKind
    source: Source
    severity: Severity
    what_en: str
    what_zh: str
    state: OrderState
    opened_at: int
    opened_by: str
    fault_at: int
    """Since when the fault stands, as far as known; `opened_at` where nobody measured it."""
    alert: int = 0
    causes: tuple[Cause, ...] = ()
    """Empty: telemetry never saw the fault, so it cannot prove its repair."""
    assignee: str = ""
    contract: int = 0
    """Of the vendor it was handed to last."""
    handed_at: int = 0
    """When it was handed to them; 0 also when it was taken back."""
    responded_at: int = 0
    """When somebody first took it."""
    arrived_at: int = 0
    done_at: int = 0
    closed_at: int = 0
    changed_at: int = 0
    """When it was last moved from one state or person to another."""
    visits: int = 0
    reopened: int = 0
    reports: int = 0
    """How often somebody told of it by the sticker."""
    minutes: int = 0
    waits: tuple[Wait, ...] = ()


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person or a page gives to make an order of. With `alert` everything else but `note` is known from it.

    `id` is made by the phone or the page, as that of a `Command`.
    """

    id: str
    site: SiteId
    alert: int = 0
    device: DeviceId = DeviceId("")
    room: str = ""
    what: str = ""
    severity: Severity = Severity.MINOR
    made_at: int = 0
    note: str = ""


class OrderQuery(msgspec.Struct, frozen=True):
    """Which orders; those that match everything given, the last opened first."""

    site: SiteId | None = None
    device: DeviceId | None = None
    states: tuple[OrderState, ...] = ()
    assignee: str | None = None
    alert: int = 0
    contracts: tuple[int, ...] = ()
    opened_after: int = 0
    limit: int = 500


class Proof(msgspec.Struct, frozen=True):
    """How far telemetry has proved a repair. `is_possible`: it saw the fault, so it can.

    `healthy_since` in UTC ms, 0 while something speaks against it; it must last `needed_ms`.
    """

    is_possible: bool
    healthy_since: int
    needed_ms: int


class Photo(msgspec.Struct, frozen=True):
    """A picture of an order, as JPEG; it is kept for a while and then only the line in the history stays."""

    id: int
    order: int
    who: str
    at: int
    size_bytes: int


class Measured(msgspec.Struct, frozen=True, array_like=True):
    """One number of a device as it stood; `measured_at` in UTC ms."""

    metric: str
    instance: str
    value: float
    measured_at: int


class AlertThen(msgspec.Struct, frozen=True):
    """An alert that was open then; its words and runbook are those of its rule. `verdict` as in `Alert`."""

    id: int
    rule: str
    instance: str
    severity: Severity
    opened_at: int
    verdict: str = ""


class Diagnosis(msgspec.Struct, frozen=True):
    """What telemetry says of a device (or, without one, of its school) at one time."""

    at: int
    is_reachable: bool | None
    """None: nobody asks it, or it was never measured."""
    newest_at: int
    """When anything of it was measured last; 0: never."""
    measured: tuple[Measured, ...] = ()
    alerts: tuple[AlertThen, ...] = ()
    """Open ones of the device, the most severe first."""
    cause: AlertThen | None = None
    """What they hide behind."""


class Answer(msgspec.Struct, frozen=True):
    """What became of a command, and the order as it is now."""

    order: Order
    step: Step


class Actor(NamedTuple):
    """Who wants something done. Overseers (operators and above) may act on everybody's orders."""

    user: str
    is_overseer: bool = False
    is_system: bool = False


class Refused(CampusError):
    """The order as it is now does not allow it; `why` says so to programs and pages."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why
