"""What the API says of work orders, and takes. Instants are UTC milliseconds, 0 = not; durations of promises are school time."""

from datetime import date
from typing import Any, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from campus.samples import DeviceKind, Severity
from controller.api.shapes import Shape
from controller.workorders.model import MAX_NOTE_CHARS, MAX_PART_CHARS, MAX_PARTS, Act, Order, OrderState, Source
from controller.workorders.promise import Clocks


class _Asked(BaseModel):
    """Base of what is sent: a key nobody knows is an error."""

    model_config = ConfigDict(extra="forbid")


class PromiseShape(Shape):
    """One promise: how much school time is left of it, and when it breaks (0: it rests, or is over)."""

    target_ms: int
    used_ms: int
    left_ms: int
    due_at: int
    is_over: bool
    is_resting: bool
    is_broken: bool


class OrderShape(Shape):
    """A work order. `causes` are the rules by which telemetry can prove its repair; empty: it cannot."""

    id: int
    site: str
    device: str
    room: str
    kind: DeviceKind
    source: Source
    severity: Severity
    what_en: str
    what_zh: str
    state: OrderState
    alert: int
    causes: list[str]
    assignee: str
    contract: int
    opened_by: str
    fault_at: int
    opened_at: int
    responded_at: int
    arrived_at: int
    done_at: int
    closed_at: int
    visits: int
    reopened: int
    reports: int
    minutes: int
    is_overdue: bool
    response: PromiseShape | None = None
    repair: PromiseShape | None = None
    history: tuple[dict[str, Any], ...] = ()
    """Only of one order asked for by its id."""
    diagnosis: dict[str, Any] | None = None

    @classmethod
    def of(cls, order: Order, clocks: Clocks | None) -> Self:
        """From the room's nouns."""
        told = msgspec.structs.asdict(order)
        return cls(
            **{name: told[name] for name in cls.model_fields if name in told and name != "causes"},
            causes=[each.rule for each in order.causes],
            is_overdue=clocks is not None and not order.state.is_over and clocks.is_overdue,
            response=PromiseShape.model_validate(clocks.response) if clocks else None,
            repair=PromiseShape.model_validate(clocks.repair) if clocks else None,
        )


class OpeningShape(_Asked):
    """An order to be made: of an `alert`, or of `what` is wrong with a device, a room or a school."""

    id: str = Field(min_length=1, max_length=64)
    site: str
    alert: int = 0
    device: str = ""
    room: str = ""
    what: str = Field("", max_length=200)
    severity: Severity = Severity.MINOR
    made_at: int = 0
    note: str = Field("", max_length=MAX_NOTE_CHARS)


class PartShape(_Asked):
    """A part that was put in."""

    name: str = Field(min_length=1, max_length=MAX_PART_CHARS)
    count: int = Field(1, ge=1, le=1_000)


class CommandShape(_Asked):
    """What to do. `id` is the sender's: the same again changes nothing. `made_at`: when it was done, by the sender's clock."""

    id: str = Field(min_length=1, max_length=64)
    act: Act
    made_at: int = 0
    note: str = Field("", max_length=MAX_NOTE_CHARS)
    to: str = Field("", max_length=63)
    contract: int = 0
    parts: list[PartShape] = Field([], max_length=MAX_PARTS)
    minutes: int = Field(0, ge=0, le=60_000)


class AnswerShape(BaseModel):
    """What became of it (`step.outcome`, `step.why`), and the order as it is now."""

    order: dict[str, Any]
    step: dict[str, Any]


class ContractShape(Shape):
    """A service contract; empty lists: everything, everywhere."""

    id: int
    vendor: str
    title: str
    starts_on: date
    ends_on: date
    response_h: float
    repair_h: float
    sites: list[str]
    kinds: list[DeviceKind]
    models: list[str]
