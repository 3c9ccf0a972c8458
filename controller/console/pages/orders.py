"""A technician's work: my orders, and one order from the first look to the proof of its repair. What is done to orders
stands in `order_acts`."""

from enum import StrEnum
from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from controller.console.console import Console
from controller.console.format import short_moment
from controller.console.page import Page, attempt
from controller.console.pages.order_acts import refusal
from controller.console.pages.order_words import note_of, who_of
from controller.console.stories import SEVERITIES, Story, Storyteller
from controller.identity.dependency import CallerScope
from controller.identity.scope import NotFound, Role, Scope
from controller.workorders.machine import acts_possible
from controller.workorders.model import (
    OPEN,
    Act,
    Actor,
    Answer,
    Order,
    OrderQuery,
    OrderState,
    Outcome,
    Proof,
    Step,
)
from controller.workorders.promise import Clocks
from controller.workorders.terms import Contract

MOST: Final = 200
MAIN: Final = {
    OrderState.NEW: Act.CLAIM,
    OrderState.ASSIGNED: Act.ARRIVE,
    OrderState.ON_SITE: Act.FINISH,
    OrderState.WAITING_PART: Act.ARRIVE,
    OrderState.WITH_VENDOR: Act.FINISH,
}
"""The one button at the thumb, by how far the order is."""
BUTTONS: Final = (
    Act.CLAIM,
    Act.ASSIGN,
    Act.ARRIVE,
    Act.FINISH,
    Act.WAIT,
    Act.HAND_OFF,
    Act.TAKE_BACK,
    Act.RELEASE,
    Act.REOPEN,
    Act.CLOSE,
    Act.CANCEL,
    Act.NOTE,
)
"""What a technician can press; the rest is the system's."""
WAY: Final = (OrderState.ASSIGNED, OrderState.ON_SITE, OrderState.DONE, OrderState.VERIFIED)
"""An order's usual way, shown as steps."""
_PLACE: Final = {
    OrderState.NEW: -1,
    OrderState.ASSIGNED: 0,
    OrderState.ON_SITE: 1,
    OrderState.WAITING_PART: 1,
    OrderState.WITH_VENDOR: 1,
    OrderState.DONE: 2,
    OrderState.VERIFIED: 3,
}


class Show(StrEnum):
    """Which orders."""

    MINE = "mine"
    FREE = "free"
    """Nobody has them yet."""
    LATE = "late"
    """A promise is broken."""
    ALL = "all"


class Job(NamedTuple):
    """An order as a line: what, where, how far, whose."""

    order: Order
    what: str
    place: str
    promise: str
    """How much time is left, in words; empty where no promise runs."""
    is_late: bool


def orders_router(console: Console) -> APIRouter:
    """``/mine/orders`` and one of them."""
    router = APIRouter()

    @router.get("/mine/orders")
    def my_orders(request: Request, scope: CallerScope, show: str = Show.MINE) -> Response:
        """My orders; those nobody has; all of my schools."""
        page = console.page(request, scope)
        orders = console.services.workorders
        found = attempt(lambda: orders.orders(scope, OrderQuery(states=OPEN, limit=MOST)))
        clocks = attempt(lambda: orders.clocks(scope, found or ())) or {}
        shown = Show(show) if show in set(Show) else Show.MINE
        teller = Storyteller(console.services, page, scope)
        late = {order for order, told in clocks.items() if told.is_overdue}
        by_show = {each: [order for order in found or () if _is_shown(order, each, scope, late)] for each in Show}
        return console.render(
            page,
            "my_orders.html",
            task="orders",
            jobs=None
            if found is None
            else [job(page, teller, order, clocks.get(order.id)) for order in urgent(by_show[shown])],
            show=shown,
            counts={each: len(listed) for each, listed in by_show.items()},
        )

    @router.get("/mine/orders/{order_id}")
    def my_order(request: Request, scope: CallerScope, order_id: int) -> Response:
        """One order."""
        services = console.services
        order = services.workorders.order(scope, order_id)
        page = console.page(request, scope, order.site)
        teller = Storyteller(services, page, scope)
        acts = _acts(order, scope)
        clocks = attempt(lambda: services.workorders.clocks(scope, [order])) or {}
        return console.render(
            page,
            "order.html",
            task="orders",
            order=order,
            job=job(page, teller, order, clocks.get(order_id)),
            proof=_proof(console, scope, order),
            vendors=_vendors(console, scope, order) if Act.HAND_OFF in acts else (),
            story=_story(console, teller, scope, order),
            way=WAY,
            place=_PLACE.get(order.state, -1),
            main=next((act for act in (MAIN.get(order.state), Act.ASSIGN) if act in acts), None),
            acts=[act for act in BUTTONS if act in acts],
            photos=attempt(lambda: services.workorders.photos(scope, order_id)),
            steps=[
                (step, step_words(page, order, step), note_of(page, step))
                for step in services.workorders.history(scope, order_id)
            ],
            may_act=scope.role >= Role.TECHNICIAN,
        )

    return router


def urgent(orders: list[Order]) -> list[Order]:
    """The most severe first, then the oldest."""
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}
    return sorted(orders, key=lambda order: (rank[order.severity], order.opened_at))


def job(page: Page, teller: Storyteller, order: Order, clocks: Clocks | None) -> Job:
    """An order in words."""
    what = page.either(order.what_en, order.what_zh)
    place = teller.place(order.site, order.device, order.room)
    is_late = clocks is not None and clocks.is_overdue
    return Job(order, what, place, promise_words(page, clocks) if clocks else "", is_late)


def promise_words(page: Page, clocks: Clocks) -> str:
    """How the promise that runs now stands: until somebody takes it, then until it is repaired.

    It says by when: what is left is school time, and two hours of that on a Friday evening end on Monday.
    """
    clock, what = (clocks.repair, "repair") if clocks.response.is_over else (clocks.response, "response")
    if clock.is_over:
        return ""
    if clock.is_resting:
        return page.t("mine.promise_rests")
    if clock.left_ms < 0:
        return page.t(f"mine.promise_{what}_late", long=page.duration(-clock.left_ms / 1000))
    return page.t(f"mine.promise_{what}", due=short_moment(clock.due_at, page.now, page.zone, page.language))


def step_words(page: Page, order: Order, step: Step) -> str:
    """One line of the history."""
    said = page.t(f"mine.did_{step.act}", who=who_of(page, step.who), to=step.to)
    if step.outcome is Outcome.REFUSED:
        return f"{said} {page.t('mine.not_taken')} {refusal(page, Answer(order, step))}"
    return said


def _is_shown(order: Order, show: Show, scope: Scope, late: set[int]) -> bool:
    if show is Show.MINE:
        return order.assignee == scope.user
    if show is Show.LATE:
        return order.id in late
    return show is Show.ALL or not order.assignee


def _acts(order: Order, scope: Scope) -> list[Act]:
    if scope.role < Role.TECHNICIAN:
        return []
    return acts_possible(order, Actor(scope.user, is_overseer=scope.role >= Role.OPERATOR))


def _proof(console: Console, scope: Scope, order: Order) -> Proof | None:
    """How far the repair is proved; None while there is none to prove."""
    if order.state is not OrderState.DONE:
        return None
    return attempt(lambda: console.services.workorders.proof(scope, order.id))


def _vendors(console: Console, scope: Scope, order: Order) -> list[Contract]:
    """Who may be handed it by contract."""
    covering = console.services.workorders.contracts.covering
    return attempt(lambda: covering(scope, order.site, order.device, order.kind)) or []


def _story(console: Console, teller: Storyteller, scope: Scope, order: Order) -> Story | None:
    """The alert an order was made of; None without one, or when it is forgotten."""
    if not order.alert:
        return None
    try:
        return teller.tell(console.services.alerts.alert(scope, order.alert))
    except NotFound:
        return None
