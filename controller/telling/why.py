"""Why somebody was told of an alert, or was not, or not yet: everybody who could have been, each with one reason. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from controller.alerts.model import Alert, AlertState
from controller.telling.model import Person, Reason, Standing, Telling, What, hushed_by
from controller.telling.plan import Rung, next_rung


class Climb(NamedTuple):
    """How far the telling of an alert has come on its ladder."""

    rungs: Sequence[Rung]
    asked: frozenset[str]
    """Who has a line in its ledger."""
    is_taken_up: bool
    """Whether telling has looked at the alert."""
    escalate_at: int
    is_at_once: bool


def with_other(told: Telling, alert: Alert) -> Telling:
    """A line of the ledger that names what the alert stands behind, or which window it is in."""
    return replace(told, other=_other(told.reason, alert))


def unasked(alert: Alert, climb: Climb, passed_over: Sequence[Person]) -> Iterator[Telling]:
    """Those of an alert's school who have no line in its ledger, in the order they would be asked.

    `passed_over` are those whom `plan.by_owner` leaves out.
    """
    for number, rung in enumerate(climb.rungs):
        for person in rung:
            if person.id not in climb.asked:
                reason = _reason(alert, climb, number)
                yield not_told(alert, person.id, person.name, reason, number, _due_at(reason, alert, climb))
    for person in passed_over:
        if person.id not in climb.asked:
            yield not_told(alert, person.id, person.name, _of_all(alert, climb) or Reason.NOT_THEIRS)


def not_told(alert: Alert, person: str, name: str, reason: Reason, level: int = 0, due_at: int = 0) -> Telling:
    """A line for somebody who has none."""
    return Telling(
        alert=alert.id,
        person=person,
        name=name,
        what=What.OPENED,
        standing=Standing.UNASKED,
        reason=reason,
        channel="",
        level=level,
        at=0,
        due_at=due_at,
        sent_at=0,
        tries=0,
        next_try_at=0,
        detail="",
        other=_other(reason, alert),
    )


def _reason(alert: Alert, climb: Climb, number: int) -> Reason:
    """Of somebody on a rung, by its number."""
    if of_all := _of_all(alert, climb):
        return of_all
    if alert.acknowledged_at:
        return Reason.ACKNOWLEDGED
    if not climb.is_at_once:
        return Reason.NOT_URGENT
    following = next_rung(climb.rungs, climb.asked)
    if number > following:
        return Reason.LATER
    return Reason.NEXT if number == following and climb.escalate_at else Reason.JOINED


def _of_all(alert: Alert, climb: Climb) -> Reason | None:
    """What keeps it from everybody."""
    if alert.state is AlertState.CLEARED:
        return Reason.CLEARED
    return hushed_by(alert) or (None if climb.is_taken_up else Reason.SOON)


def _due_at(reason: Reason, alert: Alert, climb: Climb) -> int:
    if reason is Reason.CAUSE_AWAITED:
        return alert.held_until
    return climb.escalate_at if reason is Reason.NEXT else 0


def _other(reason: Reason | None, alert: Alert) -> int:
    if reason is Reason.HIDDEN:
        return alert.cause
    return alert.silence if reason is Reason.SILENCED else 0
