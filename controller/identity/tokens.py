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
"""Wrong secrets of one address; 256 bits are not guessed, but each try costs a look into the database."""
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
    """An address has sent so many wrong secrets that for a while none of its are looked up."""


class AccessTokens:
    """Every method may be called from any thread."""

    def __init__(self, engine: sa.Engine, registry: RegistryService) -> None:
        self._engine = engine
        self._registry = registry
        self._lock = Lock()
        self._wrong: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """By address: since when wrong secrets are counted, and how many there were."""
        self._right: set[str] = set()
        """Digests that were right in this process: an address shared with a wrong one does not lock them out."""
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

        `TooManyTries` when its sender (`address`) has sent too many wrong ones within a minute.
        """
        digest = _sha256(secret[:_MAX_SECRET_CHARS])
        if digest not in self._right and self._is_barred(address, now):
            raise TooManyTries
        with reading(self._engine) as session:
            row = session.exec(select(AccessTokenRow).where(AccessTokenRow.token_sha256 == digest)).first()
            token = None if row is None or row.revoked_at else _told(row)
        if token is None:
            self._note_wrong(digest, address, now)
            return None
        with self._lock:
            self._right.add(digest)
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
            is_barred = now - since < _MINUTE_MS and count >= TRIES_A_MINUTE
            self._refused += is_barred
            return is_barred

    def _note_wrong(self, digest: str, address: str, now: int) -> None:
        with self._lock:
            self._refused += 1
            self._right.discard(digest)
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
