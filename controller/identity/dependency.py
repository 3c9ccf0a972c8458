"""The one way a route learns who asks: `CallerScope`. A route without it must be listed as public on purpose."""

from typing import Annotated, Final

from fastapi import Depends, Request

from controller.identity.scope import Scope
from controller.identity.service import IdentityService

SESSION_COOKIE: Final = "campanile_session"


class SignInNeeded(Exception):
    """Nobody is signed in; the app answers 401 to programs and sends people to the page that explains sign-in."""


def caller_scope(request: Request) -> Scope:
    """Scope of the session cookie; `SignInNeeded` without a valid one."""
    identity: IdentityService = request.app.state.identity
    session_id = request.cookies.get(SESSION_COOKIE, "")
    scope = identity.scope_of(session_id, request.app.state.clock()) if session_id else None
    if scope is None:
        raise SignInNeeded
    return scope


CallerScope = Annotated[Scope, Depends(caller_scope)]
