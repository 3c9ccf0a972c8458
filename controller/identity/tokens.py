"""Access tokens: secrets by which a program, such as a Grafana, reads what its place may see, and does nothing else.

A secret is 32 random bytes, shown once and kept as its SHA-256. It stays valid until it is revoked, and what it sees is
worked out at every request: a revoked one, and a school that left, are gone at once.
"""

import hashlib
import secrets
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Final

import sqlalchemy as sa
from sqlmodel import col, select

from campus.errors import ConfigError, Transient
from campus.ids import SiteId
from controller.figure import Figure
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role, Scope
from controller.identity.service import require_place
from controller.identity.tables import AccessTokenRow
from controller.identity.tree import scope_of_spec
from controller.registry.database import reading, writing
from controller.registry.service import RegistryService

_TOKEN_BYTES: Final = 32
_MAX_NAME_CHARS: Final = 80
_MAX_SECRET_CHARS: Final = 128
NOTE_USE_EVERY_MS: Final = 60_000
TRIES_A_MINUTE: Final = 30
"""Wrong secrets of one address that are looked up; 256 bits are not guessed, but each look into the database costs."""
_KNOWN_FOR_MS: Final = 1_000
"""How long it may take until a new token is let in from an address that sends so many wrong ones."""
_ADDRESSES: Final = 1_000
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class AccessToken:
    """A token without its secret; instants in UTC ms, 0 for never."""

    name: str
    organisation: str | None
    site: SiteId | None
    created_at: int
    last_used_at: int
    revoked_at: int


class TooManyTries(Exception):
    """A wrong secret of an address that has sent so many that for a while no more of its wrong ones are looked up."""


class AccessTokens:
    """Every method may be called from any thread."""

    def __init__(self, engine: sa.Engine, registry: RegistryService) -> None:
        self._engine = engine
        self._registry = registry
        self._lock = Lock()
        self._wrong: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """By address: since when wrong secrets are counted, and how many there were."""
        self._knowing = Lock()
        self._known: frozenset[str] = frozenset()
        """Digests of all good ones as of `_known_at`: a whole town may share its address with a wrong one."""
        self._known_at = 0
        self._refused = 0

    def create(self, name: str, now: int, organisation: str | None = None, site: SiteId | None = None) -> str:
        """A new secret, which is never told again; `ConfigError` when the name is taken or the place does not exist."""
        if not name.strip() or len(name) > _MAX_NAME_CHARS or not name.isprintable():
            raise ConfigError(f"a token's name has 1 to {_MAX_NAME_CHARS} printable characters, such as grafana")
        require_place(self._registry, ScopeSpec(Role.VIEWER, name, organisation, site))
        secret = secrets.token_urlsafe(_TOKEN_BYTES)
        with writing(self._engine) as session:
            if session.get(AccessTokenRow, name) is not None:
                raise ConfigError(f"there is a token {name!r} already, or there was: choose another name")
            session.add(
                AccessTokenRow(
                    name=name, token_sha256=_sha256(secret), organisation=organisation, site=site, created_at=now
                )
            )
        self._known_at = 0
        return secret

    def tokens(self) -> list[AccessToken]:
        """All there are and were, by name."""
        with reading(self._engine) as session:
            return [_told(row) for row in session.exec(select(AccessTokenRow).order_by(col(AccessTokenRow.name)))]

    def revoke(self, name: str, now: int) -> None:
        """End a token at once; harmless when it is revoked; `ConfigError` when there is none of that name."""
        with writing(self._engine) as session:
            row = session.get(AccessTokenRow, name)
            if row is None:
                raise ConfigError(f"there is no token {name!r}: `campanile controller token list` shows them")
            row.revoked_at = row.revoked_at or now

    def scope_of(self, secret: str, address: str, now: int) -> Scope | None:
        """What a secret may see, as a viewer; None when it is unknown or revoked.

        `TooManyTries` instead of None when its sender (`address`) has sent too many wrong ones within a minute: then a
        try costs a SHA-256, and all tries together a look into the database each second. A good one is let in all the same.
        """
        digest = _sha256(secret[:_MAX_SECRET_CHARS])
        if self._is_barred(address, now) and digest not in self._good_ones(now):
            self._note_wrong(address, now)
            raise TooManyTries
        with reading(self._engine) as session:
            row = session.exec(select(AccessTokenRow).where(AccessTokenRow.token_sha256 == digest)).first()
            token = None if row is None or row.revoked_at else _told(row)
        if token is None:
            self._note_wrong(address, now)
            return None
        if now - token.last_used_at >= NOTE_USE_EVERY_MS:
            with suppress(Transient):  # reading goes on while the database is busy
                self._note_use(token.name, now)
        spec = ScopeSpec(Role.VIEWER, token.name, token.organisation, token.site)
        if spec.organisation is None:
            return scope_of_spec(spec, (), ())
        return scope_of_spec(spec, self._registry.organisations(SYSTEM), self._registry.sites(SYSTEM))

    def figures(self) -> list[Figure]:
        """For `/metrics`."""
        return [Figure("access_tokens_refused_total", "Requests with an unknown or revoked token", self._refused)]

    def _is_barred(self, address: str, now: int) -> bool:
        with self._lock:
            since, count = self._wrong.get(address, (now, 0))
            return now - since < _MINUTE_MS and count >= TRIES_A_MINUTE

    def _good_ones(self, now: int) -> frozenset[str]:
        """Digests of tokens that nobody has revoked, read again when they are a second old."""
        with self._knowing:
            if not 0 <= now - self._known_at < _KNOWN_FOR_MS:
                with reading(self._engine) as session:
                    good = select(AccessTokenRow.token_sha256).where(AccessTokenRow.revoked_at == 0)
                    self._known = frozenset(session.exec(good))
                self._known_at = now
            return self._known

    def _note_wrong(self, address: str, now: int) -> None:
        with self._lock:
            self._refused += 1
            since, count = self._wrong.pop(address, (now, 0))
            self._wrong[address] = (since, count + 1) if now - since < _MINUTE_MS else (now, 1)
            while len(self._wrong) > _ADDRESSES:
                self._wrong.popitem(last=False)

    def _note_use(self, name: str, now: int) -> None:
        with writing(self._engine) as session:
            session.execute(sa.update(AccessTokenRow).where(col(AccessTokenRow.name) == name).values(last_used_at=now))


def _told(row: AccessTokenRow) -> AccessToken:
    site = SiteId(row.site) if row.site else None
    return AccessToken(row.name, row.organisation, site, row.created_at, row.last_used_at, row.revoked_at)


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
