"""The one machine that moves work orders. Pure.

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

from typing import Final

from msgspec.structs import replace

from controller.workorders.model import (
    ALWAYS_TAKEN,
    OPEN,
    TO_DO,
    WANTS_REASON,
    Act,
    Actor,
    Command,
    Order,
    OrderState,
    Refused,
    Wait,
    WaitFor,
    Why,
)

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
