"""The sheet of stickers of a school, to be printed on A4 and cut: a code for each device and room, as QR and to be typed."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import segno
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from campus.ids import SiteId
from campus.samples import DeviceKind
from controller.console.console import Console
from controller.console.page import Page, address
from controller.identity.dependency import CallerScope
from controller.identity.scope import NotFound, Role, Scope
from controller.workorders.stickers import Sticker

MOST_SHOWN: Final = 600
THINGS: Final = ("devices", "rooms")


class Label(NamedTuple):
    """One sticker as it is printed."""

    sticker: Sticker
    name: str
    room: str
    kind: DeviceKind | None
    picture: Markup


def stickers_router(console: Console) -> APIRouter:
    """``/orders/qr`` and what can be done there."""
    router = APIRouter()

    @router.get("/orders/qr")
    def sheet(
        request: Request, scope: CallerScope, site: str = "", things: str = "", kind: str = "", room: str = ""
    ) -> Response:
        """The sheet of one school; narrowed to devices or rooms, to a kind, to a room."""
        page = console.page(request, scope, site)
        if page.place is None:
            raise NotFound("stickers are made for one school: choose it first")
        book, place = console.services.workorders.stickers, page.place.id
        labels = _labels(console, page, scope, place, _home(console, request))
        shown = [
            label
            for label in labels
            if (not kind or label.kind == kind)
            and (not room or label.room == room)
            and (things not in THINGS or (label.kind is None) is (things == "rooms"))
        ]
        return console.render(
            page,
            "qr_sheet.html",
            task="orders",
            labels=shown[:MOST_SHOWN],
            total=len(shown),
            missing=book.missing_stickers(scope, place),
            things=things if things in THINGS else "",
            kinds=sorted({label.kind for label in labels if label.kind}),
            rooms=sorted({label.room for label in labels if label.room}),
            chosen=(kind, room),
            home=_home(console, request),
            is_public=bool(console.services.config.http.public_url),
            may_act=scope.role >= Role.TECHNICIAN,
        )

    @router.post("/orders/qr/issue")
    def issue(scope: CallerScope, site: str = Form()) -> Response:
        """Make the codes that are missing."""
        console.services.workorders.stickers.issue_stickers(scope, SiteId(site))
        return RedirectResponse(address("/orders/qr", {"site": site}), status_code=303)

    @router.post("/orders/qr/reissue")
    def reissue(scope: CallerScope, site: str = Form(), code: str = Form()) -> Response:
        """Make a new code in place of one."""
        console.services.workorders.stickers.reissue_sticker(scope, SiteId(site), code)
        return RedirectResponse(address("/orders/qr", {"site": site}), status_code=303)

    return router


def _labels(console: Console, page: Page, scope: Scope, site: SiteId, home: str) -> list[Label]:
    """By room, the room itself before its devices."""
    registry = console.services.registry
    rooms = {each.id: page.name(each) for each in registry.rooms(scope, site)}
    devices = {each.id: each for each in registry.devices(scope, site)}
    found = []
    for sticker in console.services.workorders.stickers.stickers(scope, site):
        device = devices.get(sticker.device)
        if sticker.device and device is None:
            continue  # it is no more
        room = rooms.get(device.room if device else sticker.room, "")
        name, kind = (device.name, device.kind) if device else (room, None)
        found.append(Label(sticker, name, room, kind, picture(f"{home}/r/{sticker.code}")))
    return _ordered(found)


def _ordered(labels: Sequence[Label]) -> list[Label]:
    return sorted(labels, key=lambda label: (label.room, label.kind is not None, label.name))


def picture(text: str) -> Markup:
    """A QR code as SVG of its own size: black on white whatever the theme, with its quiet zone.

    >>> picture("https://campanile.example/r/K7QM2RX9DA").startswith("<svg")
    True
    """
    code = segno.make_qr(text, error="m")
    return Markup(code.svg_inline(border=2, omitsize=True, light="#fff", svgclass="qr"))  # noqa: S704 - our own drawing


def _home(console: Console, request: Request) -> str:
    """By which address phones reach this console."""
    return console.services.config.http.public_url.rstrip("/") or str(request.base_url).rstrip("/")
