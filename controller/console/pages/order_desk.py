"""One order at the desk: its promises, what telemetry said of the device when it was opened, who has it, what was done.

The technician's page of the same order, with its large buttons, is ``/mine/orders/{id}``.
"""

import hashlib
import secrets
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from campus.errors import Poison
from controller.alerts.model import Rule
from controller.console.console import Console, Declined
from controller.console.page import Page, attempt
from controller.console.pages.order_words import Due, clock_words, due_of, note_of, who_of
from controller.console.stories import Storyteller
from controller.identity.dependency import CallerScope
from controller.identity.scope import NotFound, Role, Scope
from controller.workorders.machine import acts_possible
from controller.workorders.model import (
    Act,
    Actor,
    AlertThen,
    Command,
    Diagnosis,
    Measured,
    Order,
    Outcome,
    Step,
)
from controller.workorders.promise import Clocks
from controller.workorders.terms import Contract

PLAIN: Final = (Act.CLAIM, Act.ARRIVE, Act.FINISH, Act.WAIT, Act.TAKE_BACK, Act.RELEASE, Act.REOPEN, Act.NOTE)
REASONED: Final = (Act.CLOSE, Act.CANCEL)
CLOCKS: Final = ("response", "repair", "vendor_response", "vendor_repair")
Text = Annotated[str, Form()]


class Line(NamedTuple):
    """One line of the history in words."""

    step: Step
    said: str
    note: str
    refused: str
    """Why it was not taken; empty where it was."""


class Clue(NamedTuple):
    """An alert of the diagnosis in words."""

    alert: AlertThen
    title: str
    verdict: str


class Findings(NamedTuple):
    """The diagnosis in words."""

    told: Diagnosis
    measured: tuple[tuple[str, str, Measured], ...]
    """Name of the metric and the value with its unit."""
    clues: tuple[Clue, ...]
    cause: Clue | None
    rule: Rule | None
    """Whose runbook says what to do."""


def order_desk_router(console: Console) -> APIRouter:
    """``/orders/{id}``: to be included after the pages whose names could be taken for an id."""
    router = APIRouter()

    @router.get("/orders/{order_id}")
    def desk(request: Request, scope: CallerScope, order_id: int) -> Response:
        """The page."""
        services = console.services.workorders
        order = services.order(scope, order_id)
        page = console.page(request, scope, order.site)
        clocks = services.clocks(scope, [order]).get(order.id)
        acts = _acts(order, scope)
        covering = attempt(lambda: services.contracts.covering(scope, order.site, order.device, order.kind)) or []
        return console.render(
            page,
            "order_desk.html",
            task="orders",
            order=order,
            what=page.either(order.what_en, order.what_zh),
            place=Storyteller(console.services, page, scope).place(order.site, order.device, order.room),
            due=due_of(page, order, clocks),
            clocks=_clocks(page, clocks),
            contract=_contract(console, scope, order),
            covering=covering,
            findings=_findings(console, page, scope, services.diagnosis(scope, order_id)),
            photos=attempt(lambda: services.photos(scope, order_id)),
            lines=[_line(page, order, step) for step in services.history(scope, order_id)],
            acts=acts,
            plain=[act for act in PLAIN if act in acts],
            reasoned=[act for act in REASONED if act in acts],
            people=_people(console, scope),
            opened_by=who_of(page, order.opened_by),
            key=hashlib.sha256(repr((scope.user, order.id, page.now)).encode()).hexdigest()[:24],
        )

    @router.post("/orders/{order_id}/act")
    def act(
        request: Request,
        scope: CallerScope,
        order_id: int,
        act: Text,
        command: Text = "",
        note: Text = "",
        to: Text = "",
        contract: Annotated[int, Form()] = 0,
    ) -> Response:
        """One step."""
        page = console.page(request, scope)
        services = console.services.workorders
        wanted = Command(
            f"{command or secrets.token_hex(12)}-{act}"[:64],  # one view of the page, one of each act
            Act(act) if act in set(Act) else Act.OPEN,
            note=note,
            to=to.strip(),
            contract=contract,
        )
        try:
            answer = services.command(scope, order_id, wanted)
        except Poison as error:
            raise Declined(page.t("orders.refused_bad")) from error
        if answer.step.outcome is Outcome.REFUSED:
            raise Declined(_refusal(page, answer.order, answer.step))
        return RedirectResponse(f"/orders/{order_id}", status_code=303)

    @router.get("/orders/{order_id}/photos/{photo_id}")
    def photo(scope: CallerScope, order_id: int, photo_id: int) -> Response:
        """A picture; it never changes."""
        content = console.services.workorders.photo(scope, order_id, photo_id)
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})

    return router


def _acts(order: Order, scope: Scope) -> list[Act]:
    if scope.role < Role.TECHNICIAN:
        return []
    return acts_possible(order, Actor(scope.user, is_overseer=scope.role >= Role.OPERATOR))


def _clocks(page: Page, clocks: Clocks | None) -> list[tuple[str, Due]]:
    if clocks is None:
        return []
    told = ((name, getattr(clocks, name)) for name in CLOCKS)
    return [(name, clock_words(page, clock)) for name, clock in told if clock is not None]


def _contract(console: Console, scope: Scope, order: Order) -> Contract | None:
    """Of the vendor it was handed to last."""
    if not order.contract:
        return None
    try:
        return console.services.workorders.contracts.contract(scope, order.contract)
    except NotFound:
        return None


def _findings(console: Console, page: Page, scope: Scope, told: Diagnosis | None) -> Findings | None:
    if told is None:
        return None

    def rule_of(alert: AlertThen) -> Rule | None:
        try:
            return console.services.alerts.rule(alert.rule)
        except NotFound:
            return None

    def clue(alert: AlertThen) -> Clue:
        rule = rule_of(alert)
        title = page.either(rule.title_en, rule.title_zh) if rule else alert.rule
        part = page.part(alert.instance) if alert.instance else ""
        return Clue(alert, f"{title} · {part}" if part else title, alert.verdict)

    named = [
        (page.metric(each.metric) + (f" · {page.part(each.instance)}" if each.instance else ""), each)
        for each in told.measured
    ]
    return Findings(
        told,
        tuple((name, page.quantity(each.value, each.metric), each) for name, each in named),
        tuple(clue(each) for each in told.alerts),
        clue(told.cause) if told.cause else None,
        next((rule for each in told.alerts if (rule := rule_of(each)) is not None), None),
    )


def _line(page: Page, order: Order, step: Step) -> Line:
    said = page.t(f"orders.did_{step.act}", who=who_of(page, step.who), to=step.to)
    refused = _refusal(page, order, step) if step.outcome is Outcome.REFUSED else ""
    return Line(step, said, note_of(page, step), refused)


def _refusal(page: Page, order: Order, step: Step) -> str:
    return page.t(f"orders.refused_{step.why or 'not_now'}", who=order.assignee or page.t("orders.nobody"))


def _people(console: Console, scope: Scope) -> list[str]:
    """Names one may give an order to: those of the register."""
    if scope.role < Role.OPERATOR:
        return []
    return sorted({each.id for each in attempt(lambda: console.services.telling.people(scope)) or []})
