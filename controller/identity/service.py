"""Signing in by one-time links, and sessions. Real accounts come later; nothing that uses a `Scope` will change for them.

A token or session id is 32 random bytes, shown once and kept as its SHA-256 (enough for random values; a password would
need a slow hash). Tokens are redeemed once: the row is deleted in the transaction that reads it.
"""

import hashlib
import secrets

import sqlalchemy as sa
from sqlalchemy import delete
from sqlmodel import Session, col

from campus.errors import ConfigError
from campus.ids import SiteId
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, NotFound, Role, Scope
from controller.identity.tables import SessionRow, SignInLinkRow
from controller.identity.tree import scope_of_spec
from controller.registry.database import reading, writing
from controller.registry.service import RegistryService

LINK_TTL_S = 24 * 3600
SESSION_TTL_S = 30 * 24 * 3600
_TOKEN_BYTES = 32


class IdentityService:
    """Links and sessions; every method may be called from any thread."""

    def __init__(self, engine: sa.Engine, registry: RegistryService) -> None:
        self._engine = engine
        self._registry = registry

    def create_link(self, spec: ScopeSpec, now: int, ttl_s: int = LINK_TTL_S) -> str:
        """A token that signs one person in, once, before it expires; `ConfigError` when the place does not exist."""
        require_place(self._registry, spec)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with writing(self._engine) as session:
            _forget_expired(session, now)
            session.add(
                SignInLinkRow(
                    token_sha256=_sha256(token),
                    user=spec.user,
                    role=spec.role,
                    organisation=spec.organisation,
                    site=spec.site,
                    expires_at=now + ttl_s * 1000,
                )
            )
        return token

    def redeem(self, token: str, now: int) -> str:
        """A new session id for a token; `NotFound` when the token is unknown, used or expired."""
        session_id = secrets.token_urlsafe(_TOKEN_BYTES)
        with writing(self._engine) as session:
            link = session.get(SignInLinkRow, _sha256(token))
            if link is None or link.expires_at <= now:
                raise NotFound("this sign-in link is unknown, was used already, or has expired")
            session.delete(link)
            session.add(
                SessionRow(
                    session_sha256=_sha256(session_id),
                    user=link.user,
                    role=link.role,
                    organisation=link.organisation,
                    site=link.site,
                    started_at=now,
                    expires_at=now + SESSION_TTL_S * 1000,
                )
            )
        return session_id

    def scope_of(self, session_id: str, now: int) -> Scope | None:
        """What a session may see now; None when there is no such session or it has expired."""
        return self.scope_of_mark(sign_in_mark(session_id), now)

    def scope_of_mark(self, mark: str, now: int) -> Scope | None:
        """The same by `sign_in_mark`, for rooms that must remember a sign-in and may not know its session id."""
        with reading(self._engine) as session:
            row = session.get(SessionRow, mark)
        if row is None or row.expires_at <= now:
            return None
        spec = _spec_of(row)
        if spec.organisation is None:
            return scope_of_spec(spec, (), ())
        return scope_of_spec(spec, self._registry.organisations(SYSTEM), self._registry.sites(SYSTEM))

    def end(self, session_id: str) -> None:
        """Sign out; harmless when there is no such session."""
        with writing(self._engine) as session:
            session.execute(delete(SessionRow).where(col(SessionRow.session_sha256) == _sha256(session_id)))


def sign_in_mark(session_id: str) -> str:
    """What a sign-in is remembered by: nobody signs in with it."""
    return _sha256(session_id)


def require_place(registry: RegistryService, spec: ScopeSpec) -> None:
    """`ConfigError` when the place of a spec does not exist."""
    if spec.site is not None and spec.site not in {site.id for site in registry.sites(SYSTEM)}:
        raise ConfigError(f"no site {spec.site!r} is enrolled: `campanile controller enrol` tells the controller")
    known = {organisation.id for organisation in registry.organisations(SYSTEM)}
    if spec.organisation is not None and spec.organisation not in known:
        advice = (
            f"known are {', '.join(sorted(known))}" if known else "`campanile controller enrol` tells the controller"
        )
        raise ConfigError(f"no organisation {spec.organisation!r} is enrolled: {advice}")


def _spec_of(row: SessionRow) -> ScopeSpec:
    site = SiteId(row.site) if row.site is not None else None
    return ScopeSpec(Role(row.role), row.user, row.organisation, site)


def _forget_expired(session: Session, now: int) -> None:
    session.execute(delete(SignInLinkRow).where(col(SignInLinkRow.expires_at) <= now))
    session.execute(delete(SessionRow).where(col(SessionRow.expires_at) <= now))


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
