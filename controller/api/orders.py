"""Routes about work orders."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Body, Query, Response
from fastapi.responses import JSONResponse

from campus.errors import Poison
from campus.ids import DeviceId, SiteId
from controller.api.order_shapes import AnswerShape, CommandShape, ContractShape, OpeningShape, OrderShape
from controller.api.port import Controller, Services
from controller.api.sheet import local_time, sheet
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.workorders.model import OPEN, Answer, Command, Opening, Order, OrderQuery, OrderState, Outcome

router = APIRouter(tags=["work orders"])
State = Annotated[list[OrderState] | None, Query()]
Limit = Annotated[int, Query(ge=1, le=5000)]
REFUSED_STATUS = 409
BAD_STATUS = 422


@router.get("/orders")
def orders(
    scope: CallerScope,
    controller: Controller,
    state: State = None,
    site: str | None = None,
    device: str | None = None,
    assignee: str | None = None,
    limit: Limit = 200,
) -> list[OrderShape]:
    """Orders, the last opened first, without their histories; those that are not over, unless states are named."""
    return _shaped(scope, controller, _found(scope, controller, state, site, device, assignee, limit))


@router.get("/orders.csv", response_class=Response)
def orders_sheet(
    scope: CallerScope,
    controller: Controller,
    state: State = None,
    site: str | None = None,
    limit: Limit = 5000,
) -> Response:
    """The same as a spreadsheet."""
    found = _shaped(scope, controller, _found(scope, controller, state, site, None, None, limit))
    header = ("id", "site", "device", "room", "what_en", "what_zh", "severity", "state", "assignee", "source")
    times = ("fault_at", "opened_at", "responded_at", "arrived_at", "done_at", "closed_at")
    zone = controller.district.timezone
    return sheet(
        "orders",
        (*header, *times, "reopened", "minutes", "is_overdue"),
        (
            (
                *(str(getattr(each, name)) for name in header),
                *(local_time(getattr(each, name), zone) for name in times),
                each.reopened,
                each.minutes,
                str(each.is_overdue).lower(),
            )
            for each in found
        ),
    )


@router.get("/orders/{order_id}")
def order(order_id: int, scope: CallerScope, controller: Controller) -> OrderShape:
    """One order with its history and what telemetry said when it was opened."""
    found = controller.workorders.order(scope, order_id)
    shaped = _shaped(scope, controller, [found])[0]
    told = controller.workorders.diagnosis(scope, order_id)
    return shaped.model_copy(
        update={
            "history": tuple(map(msgspec.to_builtins, controller.workorders.history(scope, order_id))),
            "diagnosis": msgspec.to_builtins(told) if told else None,
        }
    )


@router.post("/orders", response_model=AnswerShape)
def open_order(scope: CallerScope, controller: Controller, opening: Annotated[OpeningShape, Body()]) -> Response:
    """Make an order, of an alert or of what somebody saw; the same `id` again answers with the same order."""
    wanted = Opening(
        id=opening.id,
        site=SiteId(opening.site),
        alert=opening.alert,
        device=DeviceId(opening.device),
        room=opening.room,
        what=opening.what,
        severity=opening.severity,
        made_at=opening.made_at,
        note=opening.note,
    )
    try:
        return _answered(controller.workorders.open_order(scope, wanted))
    except Poison as error:
        return JSONResponse({"detail": str(error)}, BAD_STATUS)


@router.post(
    "/orders/{order_id}/commands", response_model=AnswerShape, responses={REFUSED_STATUS: {"model": AnswerShape}}
)
def command(
    order_id: int, scope: CallerScope, controller: Controller, wanted: Annotated[CommandShape, Body()]
) -> Response:
    """Do one thing to it, once for each `id`; 409 with the reason where the order as it is now does not allow it."""
    asked = msgspec.convert(wanted.model_dump(mode="json"), Command)
    try:
        return _answered(controller.workorders.command(scope, order_id, asked))
    except Poison as error:
        return JSONResponse({"detail": str(error)}, BAD_STATUS)


@router.get("/contracts")
def contracts(scope: CallerScope, controller: Controller) -> list[ContractShape]:
    """Service contracts that cover any school of the caller's, by end."""
    found = controller.workorders.contracts.contracts(scope)
    return [ContractShape.model_validate(msgspec.to_builtins(each)) for each in found]


def _found(
    scope: Scope,
    controller: Services,
    states: list[OrderState] | None,
    site: str | None,
    device: str | None,
    assignee: str | None,
    limit: int,
) -> list[Order]:
    query = OrderQuery(
        site=SiteId(site) if site else None,
        device=DeviceId(device) if device else None,
        states=tuple(states) if states else OPEN,
        assignee=assignee,
        limit=limit,
    )
    return controller.workorders.orders(scope, query)


def _shaped(scope: Scope, controller: Services, orders: list[Order]) -> list[OrderShape]:
    clocks = controller.workorders.clocks(scope, orders)
    return [OrderShape.of(each, clocks.get(each.id)) for each in orders]


def _answered(answer: Answer) -> Response:
    body = msgspec.json.encode(answer)
    status = REFUSED_STATUS if answer.step.outcome is Outcome.REFUSED else 200
    return Response(body, status, media_type="application/json")
