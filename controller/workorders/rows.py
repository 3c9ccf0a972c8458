"""Between the rows of work orders and their nouns."""

from typing import Any

import msgspec

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.workorders.model import (
    Act,
    Cause,
    Diagnosis,
    Order,
    OrderState,
    Outcome,
    PartUsed,
    Photo,
    Source,
    Step,
    Wait,
    Why,
)
from controller.workorders.tables import OrderRow, PhotoRow, StepRow

_causes = msgspec.json.Decoder(tuple[Cause, ...])
_waits = msgspec.json.Decoder(tuple[Wait, ...])
_parts = msgspec.json.Decoder(tuple[PartUsed, ...])
_diagnosis = msgspec.json.Decoder(Diagnosis | None)
_AS_THEY_ARE = (
    "room",
    "what_en",
    "what_zh",
    "opened_at",
    "opened_by",
    "fault_at",
    "alert",
    "assignee",
    "contract",
    "handed_at",
    "responded_at",
    "arrived_at",
    "done_at",
    "closed_at",
    "changed_at",
    "visits",
    "reopened",
    "reports",
    "minutes",
)


def text_of(value: object) -> str:
    """As JSON in a column."""
    return msgspec.json.encode(value).decode()


def order_of(row: OrderRow) -> Order:
    """The order a stored row stands for."""
    return Order(
        id=row.id or 0,
        site=SiteId(row.site),
        device=DeviceId(row.device),
        kind=DeviceKind(row.kind),
        source=Source(row.source),
        severity=Severity(row.severity),
        state=OrderState(row.state),
        causes=_causes.decode(row.causes),
        waits=_waits.decode(row.waits),
        **{name: getattr(row, name) for name in _AS_THEY_ARE},
    )


def columns_of(order: Order) -> dict[str, Any]:
    """What a row says of an order, but for its id and its diagnosis."""
    return {
        "site": str(order.site),
        "device": str(order.device),
        "kind": order.kind.value,
        "source": order.source.value,
        "severity": order.severity.value,
        "state": order.state.value,
        "causes": text_of(order.causes),
        "waits": text_of(order.waits),
        **{name: getattr(order, name) for name in _AS_THEY_ARE},
    }


def step_of(row: StepRow) -> Step:
    """One line of a history."""
    return Step(
        command=row.command,
        act=Act(row.act),
        who=row.who,
        at=row.at,
        received_at=row.received_at,
        outcome=Outcome(row.outcome),
        state=OrderState(row.state),
        why=Why(row.why) if row.why else None,
        note=row.note,
        to=row.to,
        contract=row.contract,
        parts=_parts.decode(row.parts),
        minutes=row.minutes,
        photo=row.photo,
    )


def photo_of(row: PhotoRow) -> Photo:
    """A picture that is still kept."""
    return Photo(row.id or 0, row.order, row.who, row.at, row.size_bytes)


def diagnosis_of(text: str) -> Diagnosis | None:
    """What was attached to an order."""
    return _diagnosis.decode(text) if text else None
