"""Writes orders and their histories within a caller's transaction: each command once, whatever becomes of it."""

from typing import Final

import sqlalchemy as sa
from msgspec.structs import replace
from sqlmodel import Session, col, select

from campus.errors import Poison
from controller.identity.scope import SYSTEM, Role, Scope
from controller.workorders.machine import moved
from controller.workorders.model import (
    ALWAYS_TAKEN,
    MAX_MINUTES,
    MAX_NAME_CHARS,
    MAX_NOTE_CHARS,
    MAX_PART_CHARS,
    MAX_PARTS,
    MAX_STEPS,
    Act,
    Actor,
    Answer,
    Command,
    Opening,
    Order,
    Outcome,
    Refused,
    Step,
    Why,
)
from controller.workorders.opening import Draft
from controller.workorders.rows import columns_of, order_of, step_of, text_of
from controller.workorders.tables import OrderRow, StepRow

MAX_COMMAND_CHARS: Final = 64
OFFLINE_AT_MOST_MS: Final = 7 * 86_400_000
"""An order made on a phone that had no line for longer counts from so long ago."""


def actor_of(scope: Scope) -> Actor:
    """The caller as the machine of orders knows them."""
    return Actor(scope.user, is_overseer=scope.role >= Role.OPERATOR, is_system=scope is SYSTEM)


def check_command(command: Command) -> None:
    """`Poison` ``bad_command`` for what no page and no phone of ours sends."""
    too_much = (
        not 0 < len(command.id) <= MAX_COMMAND_CHARS
        or len(command.note) > MAX_NOTE_CHARS
        or len(command.to) > MAX_NAME_CHARS
        or len(command.parts) > MAX_PARTS
        or any(not 0 < len(part.name) <= MAX_PART_CHARS or not 0 < part.count <= 1_000 for part in command.parts)
        or not 0 <= command.minutes <= MAX_MINUTES
        or command.act is Act.OPEN
    )
    if too_much:
        raise Poison("bad_command", "the command is longer, larger or other than any page of ours makes")


class Ledger:
    """One transaction's pen; `now` in UTC ms."""

    def __init__(self, session: Session, now: int) -> None:
        self._session = session
        self.now = now

    def open(self, draft: Draft, opening: Opening, who: str) -> Answer:
        """Write a new order down; the one that is open already for the same opening or the same fault, where there is one."""
        known = self._opened_by(opening) or self._open_of(draft.order)
        if known is not None:
            return Answer(order_of(known), self._first_step(known))
        # Nobody makes an order of an alert before there was one; but people see faults before telemetry does.
        earliest = draft.order.fault_at if draft.order.alert else self.now - OFFLINE_AT_MOST_MS
        at = _clamped(opening.made_at, earliest, self.now)
        order = replace(draft.order, opened_at=at, changed_at=at, fault_at=min(draft.order.fault_at or at, at))
        row = OrderRow(**columns_of(order), diagnosis=text_of(draft.diagnosis))
        self._session.add(row)
        self._session.flush()
        step = self._written(row, Command(opening.id, Act.OPEN, note=opening.note), who, at, Outcome.APPLIED)
        return Answer(order_of(row), step)

    def apply(
        self, row: OrderRow, command: Command, who: Actor, photo: int = 0, refusal: Refused | None = None
    ) -> Answer:
        """Move an order, or refuse to; the answer of the first time when the command was seen before.

        `refusal`: why others, who know more than the machine, would not have it.
        """
        check_command(command)
        seen = select(StepRow).where(col(StepRow.order) == row.id, col(StepRow.command) == command.id)
        before = self._session.exec(seen).first()
        if before is not None:
            return Answer(order_of(row), step_of(before))
        order = order_of(row)
        at = _clamped(command.made_at, order.changed_at, self.now)
        outcome, why = Outcome.APPLIED, None
        try:
            self._check_room(row)
            if refusal is not None:
                raise refusal
            after = moved(order, command, who, at)
        except Refused as refused:
            outcome, why, after = Outcome.REFUSED, refused.why, order
            if why is Why.TOO_MANY:
                unwritten = Step(command.id, command.act, who.user, at, self.now, outcome, order.state, why)
                return Answer(order, unwritten)
        if after is order and outcome is Outcome.APPLIED and command.act not in ALWAYS_TAKEN:
            outcome, after = Outcome.ALREADY, replace(order, minutes=order.minutes + command.minutes)
        row.sqlmodel_update(columns_of(after))
        self._session.add(row)
        step = self._written(row, command, who.user, at, outcome, why, photo)
        return Answer(after, step)

    def _written(
        self,
        row: OrderRow,
        command: Command,
        who: str,
        at: int,
        outcome: Outcome,
        why: Why | None = None,
        photo: int = 0,
    ) -> Step:
        step = StepRow(
            order=row.id or 0,
            command=command.id,
            act=command.act.value,
            who=who,
            at=at,
            received_at=self.now,
            outcome=outcome.value,
            state=row.state,
            why=why.value if why else "",
            note=command.note.strip(),
            to=command.to,
            contract=command.contract,
            parts=text_of(command.parts),
            minutes=command.minutes,
            photo=photo,
        )
        self._session.add(step)
        self._session.flush()
        return step_of(step)

    def _check_room(self, row: OrderRow) -> None:
        counted = sa.select(sa.func.count()).where(col(StepRow.order) == row.id)
        if self._session.execute(counted).scalar_one() >= MAX_STEPS:
            raise Refused(Why.TOO_MANY, "the history of this order is full: close it and open another")

    def _opened_by(self, opening: Opening) -> OrderRow | None:
        """The order that this very opening made before."""
        made = (col(StepRow.command) == opening.id, col(StepRow.act) == Act.OPEN.value)
        found = select(OrderRow).join(StepRow, col(StepRow.order) == col(OrderRow.id))
        return self._session.exec(found.where(*made, col(OrderRow.site) == opening.site)).first()

    def _open_of(self, order: Order) -> OrderRow | None:
        """The order that is open of the same alert, or of the same fault of the same device."""
        if not order.alert:
            return None
        open_here = (
            col(OrderRow.site) == order.site,
            col(OrderRow.device) == order.device,
            col(OrderRow.closed_at) == 0,
        )
        for row in self._session.exec(select(OrderRow).where(*open_here).order_by(col(OrderRow.id))):
            if row.alert == order.alert or set(order_of(row).causes) >= set(order.causes):
                return row
        return None

    def _first_step(self, row: OrderRow) -> Step:
        first = select(StepRow).where(col(StepRow.order) == row.id).order_by(col(StepRow.id)).limit(1)
        return step_of(self._session.exec(first).one())


def _clamped(made_at: int, earliest: int, now: int) -> int:
    """When a step counts from: as the person's clock says, within what can be.

    >>> _clamped(0, 10, 50), _clamped(30, 10, 50), _clamped(5, 10, 50), _clamped(99, 10, 50)
    (50, 30, 10, 50)
    """
    return max(earliest, min(made_at, now)) if made_at else now
