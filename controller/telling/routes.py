"""HTTP of web push, for the console's own pages: the key to subscribe by, and the browsers that did. Not part of the API."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from msgspec import DecodeError, Meta, Struct, json

from campus.errors import Poison
from controller.identity.dependency import SESSION_COOKIE, CallerScope
from controller.identity.service import sign_in_mark
from controller.telling.pushes import Browser
from controller.telling.service import TellingService

MAX_BODY: Final = 8_192
_Text = Annotated[str, Meta(max_length=2_000)]


class _Keys(Struct, frozen=True):
    p256dh: _Text
    auth: _Text


class _Subscription(Struct, frozen=True):
    """What `PushSubscription.toJSON()` gives in a browser; of unsubscribing the endpoint alone is read."""

    endpoint: _Text
    keys: _Keys = _Keys("", "")


async def _body(request: Request) -> bytes:
    """What was posted, no more of it than is worth reading."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            break
    return body


Posted = Annotated[bytes, Depends(_body)]


def push_router(telling: TellingService) -> APIRouter:
    """``/push/...``. `state` is ``ready``, ``unnamed`` (the register does not name this person) or ``off`` (no such channel)."""
    router = APIRouter(prefix="/push", include_in_schema=False)

    @router.get("/key")
    def key(scope: CallerScope) -> Response:
        """The `applicationServerKey` as base64url (empty when push is off), and whether notices would come."""
        return JSONResponse({"key": telling.push_key(scope.user), "state": telling.push_state(scope.user)})

    @router.post("/subscribe")
    def subscribe(request: Request, scope: CallerScope, posted: Posted) -> Response:
        """Take a subscription, or renew it: ask at every visit, for browsers change theirs. 400 says what is wrong."""
        try:
            told = _read(posted)
            browser = Browser(told.endpoint, told.keys.p256dh, told.keys.auth)
            mark = sign_in_mark(request.cookies.get(SESSION_COOKIE, ""))
            telling.push_subscribe(scope.user, mark, browser)
        except Poison as error:
            return PlainTextResponse(f"{error}\n", 400)
        return JSONResponse({"state": telling.push_state(scope.user)})

    @router.post("/unsubscribe")
    def unsubscribe(scope: CallerScope, posted: Posted) -> Response:
        """Forget it; harmless when it is not known."""
        try:
            telling.push_unsubscribe(scope.user, _read(posted).endpoint)
        except Poison as error:
            return PlainTextResponse(f"{error}\n", 400)
        return Response(status_code=204)

    return router


def _read(posted: bytes) -> _Subscription:
    try:
        return json.decode(posted, type=_Subscription)
    except DecodeError as error:
        raise Poison("subscription", "this is no subscription of a browser") from error
