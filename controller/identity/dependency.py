"""How a route learns who asks: `CallerScope`, or `reader_scope` where programs read as well. A route without either must be
listed as public on purpose.
"""

import base64
import binascii
from typing import Annotated, Final
from urllib.parse import quote, unquote

from fastapi import Depends, Request

from controller.identity.scope import Scope
from controller.identity.service import IdentityService
from controller.identity.tokens import AccessTokens, TooManyTries

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


class TokenRefused(Exception):
    """A program's secret lets it in nowhere; the message is for who set it up, `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def reader_scope(request: Request) -> Scope:
    """Scope of an access token, sent as ``Authorization: Token SECRET``, ``Bearer SECRET`` or HTTP Basic with it as password;
    of a session cookie where nothing is sent and nothing but reading can come of it (GET).

    `TokenRefused` for a secret that is not good or stands where it is logged; `SignInNeeded` where there is nothing at all.
    """
    if "p" in request.query_params:
        raise TokenRefused(
            401, "a secret in an address is logged by every proxy: send it as Authorization: Token SECRET"
        )
    authorization = request.headers.get("authorization", "")
    if not authorization:
        if request.method != "GET":
            raise SignInNeeded
        return caller_scope(request)
    secret = _secret_of(authorization)
    if not secret:
        raise TokenRefused(401, "unable to parse authentication credentials: send Authorization: Token SECRET")
    tokens: AccessTokens = request.app.state.access_tokens
    address = request.client.host if request.client else ""
    try:
        scope = tokens.scope_of(secret, address, request.app.state.clock())
    except TooManyTries:
        raise TokenRefused(429, "too many wrong tokens from this address: wait a minute") from None
    if scope is None:
        raise TokenRefused(401, "authorization failed: no such token; `campanile controller token create` makes one")
    return scope


def _secret_of(authorization: str) -> str:
    """Empty where it is none of the ways in which a secret is taken."""
    way, _, sent = authorization.partition(" ")
    if way.lower() in {"token", "bearer"}:
        return sent.strip()
    if way.lower() != "basic":
        return ""
    try:
        return base64.b64decode(sent.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
