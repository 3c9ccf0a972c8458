"""What a technician does to an order, from a form or from a phone's outbox: each act carries the id its maker gave it.

A form is answered with the page it belongs to. An outbox asks for JSON: it learns whether the act was taken, and if not,
why, in the person's language.
"""

import re
import uuid
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from campus.errors import Poison
from campus.ids import DeviceId, SiteId
from controller.console.console import Console, Declined
from controller.console.page import Page
from controller.identity.dependency import CallerScope
from controller.identity.scope import Scope
from controller.workorders.model import (
    MAX_PART_CHARS,
    MAX_PARTS,
    MAX_PICTURE_BYTES,
    Act,
    Answer,
    Command,
    Opening,
    Outcome,
    PartUsed,
    Why,
)

_ID: Final = re.compile(r"[0-9a-zA-Z-]{8,60}")
_SEPARATOR: Final = re.compile(r"[;；,，、\n]")
_KEEP: Final = {"Cache-Control": "private, max-age=86400", "Vary": "Cookie"}
_MAX_DIGITS: Final = 9
_BAD: Final = {
    "photo_too_many": "mine.photo_too_many",
    "photo_too_large": "mine.photo_too_large",
    "photo_unreadable": "mine.photo_unreadable",
}
CommandId = Annotated[str, Form(alias="command")]
MadeAt = Annotated[int, Form()]
Text = Annotated[str, Form()]


def order_acts_router(console: Console) -> APIRouter:
    """What is posted to orders, and the photos that were."""
    router = APIRouter()

    @router.post("/alerts/{alert_id}/take")
    def take(
        request: Request, scope: CallerScope, alert_id: int, command: CommandId = "", made_at: MadeAt = 0
    ) -> Response:
        """I take care: the alert's order is mine, and is made if there is none."""
        alert = console.services.alerts.alert(scope, alert_id)
        opening = Opening(_id(command), alert.site, alert=alert_id, made_at=made_at)
        return _opened(console, request, scope, opening, is_mine=True)

    @router.post("/alerts/{alert_id}/hand-on")
    def hand_on(
        request: Request,
        scope: CallerScope,
        alert_id: int,
        command: CommandId = "",
        made_at: MadeAt = 0,
        note: Text = "",
    ) -> Response:
        """Not I: the alert's order waits for whoever can, with what I know of it."""
        alert = console.services.alerts.alert(scope, alert_id)
        opening = Opening(_id(command), alert.site, alert=alert_id, made_at=made_at, note=note)
        return _opened(console, request, scope, opening, is_mine=False)

    @router.post("/scan/report")
    def report(
        request: Request,
        scope: CallerScope,
        site: Text,
        device: Text,
        what: Text,
        command: CommandId = "",
        made_at: MadeAt = 0,
        mine: Text = "",
    ) -> Response:
        """Something is wrong with a device that telemetry does not see."""
        opening = Opening(_id(command), SiteId(site), device=DeviceId(device), what=what, made_at=made_at)
        return _opened(console, request, scope, opening, is_mine=bool(mine))

    @router.post("/mine/orders/{order_id}/act")
    def act(
        request: Request,
        scope: CallerScope,
        order_id: int,
        act: Text,
        command: CommandId = "",
        made_at: MadeAt = 0,
        note: Text = "",
        parts: Text = "",
        minutes: Annotated[str, Form()] = "",
    ) -> Response:
        """One step, or a note with parts and time; ``hand_off:3`` names the contract of the vendor who gets it."""
        name, _, contract = act.partition(":")
        wanted = Command(
            id=_id(command),
            act=Act(name) if name in set(Act) else Act.OPEN,
            made_at=made_at,
            note=note,
            to=scope.user if name == Act.ASSIGN else "",
            contract=_number(contract),
            parts=_parts(parts),
            minutes=_number(minutes),
        )
        return _answered(console, request, scope, lambda: console.services.workorders.command(scope, order_id, wanted))

    @router.post("/mine/orders/{order_id}/photo")
    def add_photo(
        request: Request, scope: CallerScope, order_id: int, photo: UploadFile, command: CommandId = ""
    ) -> Response:
        """A picture of the place or of the repair."""
        content = photo.file.read(MAX_PICTURE_BYTES + 1)
        orders = console.services.workorders
        return _answered(console, request, scope, lambda: orders.add_photo(scope, order_id, _id(command), content))

    @router.get("/mine/orders/{order_id}/photos/{photo_id}")
    def photo(scope: CallerScope, order_id: int, photo_id: int) -> Response:
        """A picture; it never changes. What a browser keeps of it is for this sign-in alone."""
        content = console.services.workorders.photo(scope, order_id, photo_id)
        return Response(content, media_type="image/jpeg", headers=_KEEP)

    return router


def _opened(console: Console, request: Request, scope: Scope, opening: Opening, *, is_mine: bool) -> Response:
    """Make the order, or find it; claim it where the person wants it. On to its page."""
    orders = console.services.workorders

    def open_and_claim() -> Answer:
        opened = orders.open_order(scope, opening)
        if not is_mine:
            return opened
        claim = Command(f"{opening.id}-c", Act.CLAIM, made_at=opening.made_at)
        return orders.command(scope, opened.order.id, claim)

    return _answered(console, request, scope, open_and_claim)


def _answered(console: Console, request: Request, scope: Scope, act: Callable[[], Answer]) -> Response:
    page = console.page(request, scope)
    try:
        answer = act()
    except Poison as error:
        raise Declined(page.t(_BAD.get(error.reason, "mine.refused_bad"))) from error
    if answer.step.outcome is Outcome.REFUSED:
        raise Declined(refusal(page, answer))
    return RedirectResponse(order_address(answer.order.id), status_code=303)


def refusal(page: Page, answer: Answer) -> str:
    """Why an act was not taken, in words."""
    who = answer.order.assignee or page.t("orders.nobody")
    return page.t(f"mine.refused_{answer.step.why or Why.NOT_NOW}", who=who)


def _id(given: str) -> str:
    """The maker's id; one of ours for a plain form, which has none."""
    return given if _ID.fullmatch(given) else str(uuid.uuid4())


def _number(text: str) -> int:
    """A small whole number; 0 for anything else."""
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else 0


def _parts(text: str) -> tuple[PartUsed, ...]:
    """Parts as people write them, one after the other.

    >>> _parts("HDMI cable, relay")
    (PartUsed(name='HDMI cable', count=1), PartUsed(name='relay', count=1))
    """
    return tuple(PartUsed(name.strip()[:MAX_PART_CHARS]) for name in _SEPARATOR.split(text) if name.strip())[:MAX_PARTS]


def order_address(order_id: int) -> str:
    """A technician's page of an order."""
    return f"/mine/orders/{order_id}"
