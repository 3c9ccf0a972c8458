"""The one way a route learns who asks: `CallerScope`. A route without it must be listed as public on purpose."""

from typing import Annotated, Final
from urllib.parse import quote, unquote

from fastapi import Depends, Request

from controller.identity.scope import Scope
from controller.identity.service import IdentityService

SESSION_COOKIE: Final = "campanile_session"
SENDER: Final = "Campanile-User"
"""Whose act a request carries, percent-encoded, where that may differ from who is signed in: acts kept on a phone."""


class SignInNeeded(Exception):
    """Nobody is signed in; the app answers 401 to programs and sends people to the page that explains sign-in."""


def caller_scope(request: Request) -> Scope:
    """Scope of the session cookie; `SignInNeeded` without a valid one, or when the request carries another one's act."""
    identity: IdentityService = request.app.state.identity
    session_id = request.cookies.get(SESSION_COOKIE, "")
    scope = identity.scope_of(session_id, request.app.state.clock()) if session_id else None
    if scope is None or unquote(request.headers.get(SENDER, quote(scope.user))) != scope.user:
        raise SignInNeeded
    return scope


CallerScope = Annotated[Scope, Depends(caller_scope)]
