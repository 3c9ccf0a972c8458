"""Nouns of work orders and the one machine that moves them. No framework, no I/O.

    new ─claim/assign→ assigned ─arrive→ on_site ─finish→ done ─verify (telemetry)→ verified
     │                    │  ↖ release/reopen │  ↘ wait → waiting_part     │ └ close (a person, with a reason) → closed
     └──────── cancel (with a reason) ────────┴──── hand_off → with_vendor ┘   reopen ← done, verified, closed

Commands come late and twice, from phones that were offline. What holds whatever the order they arrive in:

1. A command is known by its id: sent again it changes nothing and answers as it did the first time.
2. Notes, photos, parts and time are always taken, in every state.
3. A step counts from when the person did it by their clock, but never before the order was last moved nor after now.
4. A step is weighed against the order as it is now, not as the phone saw it. One that leads where the order is already
   is taken and moves nothing; one that is not possible any more, or belongs to somebody else's order, is refused, and
   stays in the history as refused, with its note, so that nothing anybody wrote is lost.
5. Of two who claim at once the first to arrive has it. To take an order over is another act (assign it to oneself).
"""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

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


_FROM: Final[dict[Act, frozenset[OrderState]]] = {
    Act.CLAIM: frozenset({OrderState.NEW}),
    Act.ASSIGN: frozenset(TO_DO),
    Act.RELEASE: frozenset({OrderState.ASSIGNED, OrderState.ON_SITE, OrderState.WAITING_PART}),
    Act.ARRIVE: frozenset({OrderState.ASSIGNED, OrderState.WAITING_PART, OrderState.WITH_VENDOR}),
    Act.WAIT: frozenset({OrderState.ASSIGNED, OrderState.ON_SITE}),
    Act.HAND_OFF: frozenset({OrderState.NEW, OrderState.ASSIGNED, OrderState.ON_SITE, OrderState.WAITING_PART}),
    Act.TAKE_BACK: frozenset({OrderState.WITH_VENDOR}),
    Act.FINISH: frozenset(set(TO_DO) - {OrderState.NEW}),
    Act.VERIFY: frozenset({OrderState.DONE}),
    Act.CLOSE: frozenset(OPEN),
    Act.CANCEL: frozenset(TO_DO),
    Act.REOPEN: frozenset({OrderState.DONE, OrderState.VERIFIED, OrderState.CLOSED}),
}
"""From which states a step is possible."""
_ALREADY: Final[dict[Act, frozenset[OrderState]]] = {
    Act.RELEASE: frozenset({OrderState.NEW}),
    Act.ARRIVE: frozenset({OrderState.ON_SITE}),
    Act.WAIT: frozenset({OrderState.WAITING_PART}),
    Act.HAND_OFF: frozenset({OrderState.WITH_VENDOR}),
    Act.TAKE_BACK: frozenset({OrderState.ASSIGNED}),
    Act.FINISH: frozenset({OrderState.DONE, OrderState.VERIFIED, OrderState.CLOSED}),
    Act.VERIFY: frozenset({OrderState.VERIFIED}),
    Act.CLOSE: frozenset({OrderState.CLOSED, OrderState.VERIFIED}),
    Act.CANCEL: frozenset({OrderState.CANCELLED}),
    Act.REOPEN: frozenset(TO_DO),
}
"""In which it was done before."""
_ANYBODYS: Final = ALWAYS_TAKEN | {Act.CLAIM, Act.ASSIGN, Act.REOPEN, Act.VERIFY}
"""What may be done to somebody else's order."""


def acts_possible(order: Order, who: Actor) -> list[Act]:
    """What this person may do to the order now, in the order of a usual day: the first is the main button.

    >>> order = Order(1, "s", "d", "", "board", "sticker", "minor", "", "", OrderState.NEW, 5, "t", 5)
    >>> [act.value for act in acts_possible(order, Actor("wang"))]
    ['claim', 'hand_off', 'close', 'cancel', 'note', 'photo']
    """
    own = not order.assignee or order.assignee == who.user or who.is_overseer
    wanted = (
        Act.CLAIM,
        *((Act.ASSIGN,) if who.is_overseer or order.assignee not in {"", who.user} else ()),
        *_DAY,
    )
    return [act for act in wanted if act in ALWAYS_TAKEN or (order.state in _FROM[act] and (own or act in _ANYBODYS))]


_DAY: Final = (
    Act.ARRIVE,
    Act.FINISH,
    Act.WAIT,
    Act.TAKE_BACK,
    Act.HAND_OFF,
    Act.RELEASE,
    Act.REOPEN,
    Act.CLOSE,
    Act.CANCEL,
    Act.NOTE,
    Act.PHOTO,
)


def moved(order: Order, command: Command, who: Actor, at: int) -> Order:
    """The order after a command that counts from `at`; the very same object when it was there already.

    `Refused` when it does not allow it.
    """
    act = command.act
    if act in ALWAYS_TAKEN:
        more = 1 if act is Act.REPORT_AGAIN else 0
        return replace(order, reports=order.reports + more, minutes=order.minutes + command.minutes)
    _check_words(command, who)
    if _is_there_already(order, command, who):
        return order
    if act is Act.CLAIM and order.assignee and order.state in TO_DO:
        raise Refused(Why.TAKEN, f"{order.assignee} took this order before")
    if order.state not in _FROM.get(act, frozenset()):
        raise Refused(Why.NOT_NOW, f"{act} is not possible any more: the order is {order.state}")
    if order.assignee and order.assignee != who.user and not who.is_overseer and act not in _ANYBODYS:
        raise Refused(Why.NOT_YOURS, f"this is {order.assignee}'s order: take it over first")
    after = _step(order, command, who, at)
    return replace(after, minutes=order.minutes + command.minutes, changed_at=at)


def _check_words(command: Command, who: Actor) -> None:
    if command.act is Act.VERIFY and not who.is_system:
        raise Refused(Why.SYSTEM_ONLY, "only telemetry verifies: close the order with a reason instead")
    if command.act in WANTS_REASON and not command.note.strip():
        raise Refused(Why.NO_REASON, f"{command.act} needs a reason")
    if command.act is Act.ASSIGN and not command.to.strip():
        raise Refused(Why.NO_NAME, "assign needs the name of a person")
    if command.act is Act.ASSIGN and command.to != who.user and not who.is_overseer:
        raise Refused(Why.NOT_YOURS, "only an operator assigns an order to others")


def _is_there_already(order: Order, command: Command, who: Actor) -> bool:
    if command.act is Act.CLAIM:
        return order.assignee == who.user and order.state in TO_DO
    if command.act is Act.ASSIGN:
        return order.assignee == command.to and order.state in TO_DO
    if command.act is Act.HAND_OFF and order.contract != command.contract:
        return False
    return order.state in _ALREADY.get(command.act, frozenset())


def _step(order: Order, command: Command, who: Actor, at: int) -> Order:
    match command.act:
        case Act.CLAIM | Act.ASSIGN:
            name = who.user if command.act is Act.CLAIM else command.to
            if order.state is not OrderState.NEW and order.state is not OrderState.ON_SITE:
                return replace(order, assignee=name)  # it goes on waiting, for the part or the vendor
            return replace(
                _entered(order, OrderState.ASSIGNED, at), assignee=name, responded_at=order.responded_at or at
            )
        case Act.RELEASE:
            return replace(_entered(order, OrderState.NEW, at), assignee="")
        case Act.ARRIVE:
            arrived = replace(order, arrived_at=order.arrived_at or at, visits=order.visits + 1)
            return replace(_entered(arrived, OrderState.ON_SITE, at), assignee=order.assignee or who.user)
        case Act.WAIT:
            return _entered(order, OrderState.WAITING_PART, at, WaitFor.PART)
        case Act.HAND_OFF:
            handed = replace(order, contract=command.contract, handed_at=at, responded_at=order.responded_at or at)
            owned = replace(handed, assignee=order.assignee or who.user)
            return _entered(owned, OrderState.WITH_VENDOR, at, WaitFor.VENDOR)
        case Act.FINISH:
            done = replace(order, done_at=at, responded_at=order.responded_at or at)
            return _entered(done, OrderState.DONE, at, WaitFor.PROOF)
        case Act.VERIFY | Act.CLOSE | Act.CANCEL:
            return replace(_entered(order, _ENDS[command.act], at), closed_at=at)
        case Act.REOPEN:
            return _reopened(order, at)
        case _:  # TAKE_BACK
            return _entered(replace(order, handed_at=0), OrderState.ASSIGNED, at)


_ENDS: Final = {Act.VERIFY: OrderState.VERIFIED, Act.CLOSE: OrderState.CLOSED, Act.CANCEL: OrderState.CANCELLED}


def _reopened(order: Order, at: int) -> Order:
    """As if it had not been done: the time since counts to nobody's promise."""
    state = OrderState.ASSIGNED if order.assignee else OrderState.NEW
    settled_at = order.done_at or order.closed_at
    waits = tuple(wait for wait in order.waits if wait.start_at < settled_at)
    waits = (*waits, Wait(WaitFor.PROOF, settled_at, at))
    return replace(order, state=state, done_at=0, closed_at=0, reopened=order.reopened + 1, waits=waits)


def _entered(order: Order, state: OrderState, at: int, why: WaitFor | None = None) -> Order:
    """In another state from `at` on; whoever waited for something waits no longer."""
    waits = tuple(wait if wait.end_at else replace(wait, end_at=at) for wait in order.waits)
    return replace(order, state=state, waits=(*waits, Wait(why, at)) if why else waits)
