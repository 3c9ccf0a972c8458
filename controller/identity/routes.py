"""Coming in by a one-time link, and leaving."""

from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from controller.identity.dependency import SESSION_COOKIE, SignInNeeded, caller_scope
from controller.identity.pages import Reason, sign_in_page
from controller.identity.scope import NotFound
from controller.identity.service import SESSION_TTL_S, IdentityService

router = APIRouter(include_in_schema=False)
_MAX_TOKEN_CHARS: Final = 128


@router.get("/enter")
def enter(request: Request, token: str = "") -> Response:
    """Redeem a link and go to the console. A used link in a browser that is signed in goes there as well."""
    identity: IdentityService = request.app.state.identity
    try:
        session_id = identity.redeem(token[:_MAX_TOKEN_CHARS], request.app.state.clock())
    except NotFound:
        return _home() if _is_signed_in(request) else sign_in_page(Reason.BAD_LINK)
    response = _home()
    response.set_cookie(
        SESSION_COOKIE,
        session_id,
        max_age=SESSION_TTL_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


@router.get("/sign-in")
def sign_in() -> Response:
    """The page that explains the one-time link."""
    return sign_in_page(Reason.NOT_SIGNED_IN)


@router.post("/leave")
def leave(request: Request) -> Response:
    """End the session."""
    identity: IdentityService = request.app.state.identity
    identity.end(request.cookies.get(SESSION_COOKIE, ""))
    response = sign_in_page(Reason.SIGNED_OUT)
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
    return response


def _home() -> RedirectResponse:
    return RedirectResponse("/", status_code=303, headers={"Cache-Control": "no-store"})


def _is_signed_in(request: Request) -> bool:
    try:
        caller_scope(request)
    except SignInNeeded:
        return False
    return True
