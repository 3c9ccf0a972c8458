"""Browsers that asked to be told: kept by the sign-in they asked with, forgotten with it or when their push service says so.

A browser gets what its sign-in may see at the moment of sending, and nothing once it is signed out.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.errors import Poison
from campus.ids import SiteId
from campus.loopback import is_loopback
from controller.registry.database import reading, writing
from controller.telling.channels.encryption import encrypt
from controller.telling.port import SignIns
from controller.telling.push_key import PushKey
from controller.telling.tables import PushRow

MOST_BROWSERS: Final = 20
"""Of one person; the one that asked longest ago gives way."""
MAX_ENDPOINT: Final = 2_000


@dataclass(frozen=True)
class Browser:
    """What a browser's subscription says (Push API): where to send, and its two keys as base64url."""

    endpoint: str
    p256dh: str
    auth: str


class Pushes:
    """Thread-safe. `key` is what browsers subscribe by."""

    def __init__(self, engine: sa.Engine, sign_ins: SignIns, clock: Callable[[], int], key: PushKey) -> None:
        self.key = key
        self._engine = engine
        self._sign_ins = sign_ins
        self._clock = clock

    def add(self, user: str, mark: str, browser: Browser, services: Collection[str]) -> None:
        """Remember a browser for who is signed in; `Poison` says what is wrong with what it sent. Asking again renews it."""
        problem = endpoint_problem(browser.endpoint, services) or _problem_of_keys(browser)
        if problem:
            raise Poison("subscription", problem)
        with writing(self._engine) as session:
            session.merge(
                PushRow(
                    endpoint_sha256=_sha256(browser.endpoint),
                    user=user,
                    sign_in=mark,
                    endpoint=browser.endpoint,
                    p256dh=browser.p256dh,
                    auth=browser.auth,
                    asked_at=self._clock(),
                )
            )
            session.flush()
            _drop_surplus(session, user)

    def remove(self, user: str, endpoint: str) -> None:
        """Forget one of their browsers; harmless when it is not known."""
        ours = (col(PushRow.endpoint_sha256) == _sha256(endpoint), col(PushRow.user) == user)
        with writing(self._engine) as session:
            session.execute(sa.delete(PushRow).where(*ours))

    def of_person(self, user: str, sites: Collection[SiteId]) -> list[Browser]:
        """Browsers in which somebody of this name is signed in now and sees all of these schools.

        Those whose sign-in has ended are forgotten.
        """
        now = self._clock()
        with reading(self._engine) as session:
            rows: Sequence[PushRow] = session.exec(select(PushRow).where(col(PushRow.user) == user)).all()
        scopes = {row.endpoint_sha256: self._sign_ins.scope_of_mark(row.sign_in, now) for row in rows}
        self._forget([name for name, scope in scopes.items() if scope is None])
        return [
            Browser(row.endpoint, row.p256dh, row.auth)
            for row in rows
            if (scope := scopes[row.endpoint_sha256]) and scope.user == user and all(map(scope.sees, sites))
        ]

    def forget(self, browser: Browser) -> None:
        """Its push service knows it no more."""
        self._forget([_sha256(browser.endpoint)])

    def count(self) -> int:
        """How many browsers are known."""
        with reading(self._engine) as session:
            return int(session.execute(sa.select(sa.func.count()).select_from(PushRow)).scalar_one())

    def _forget(self, names: Sequence[str]) -> None:
        if names:
            with writing(self._engine) as session:
                session.execute(sa.delete(PushRow).where(col(PushRow.endpoint_sha256).in_(names)))


def endpoint_problem(endpoint: str, services: Collection[str]) -> str:
    """Why nothing is sent to an address that a browser told; empty when it is one of the allowed services.

    >>> endpoint_problem("https://fcm.googleapis.com/x", ["fcm.googleapis.com"])
    ''
    >>> endpoint_problem("https://10.0.0.1/x", ["fcm.googleapis.com"])
    'this browser is told by 10.0.0.1, which is not among the push services that are allowed here'
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "this is no address of a push service"
    if not host or len(endpoint) > MAX_ENDPOINT or parts.username is not None:
        return "this is no address of a push service"
    if not any(fnmatchcase(host, service) for service in services):
        return f"this browser is told by {host[:80]}, which is not among the push services that are allowed here"
    is_test = is_loopback(host) and parts.scheme in ("http", "https")
    if not is_test and (parts.scheme != "https" or port not in (None, 443)):
        return "a push service is spoken to by https on its usual port alone"
    return ""


def _problem_of_keys(browser: Browser) -> str:
    try:
        encrypt(b"", browser.p256dh, browser.auth)
    except ValueError:
        return "the keys of this subscription are none"
    return "" if len(browser.auth) <= 64 else "the keys of this subscription are none"


def _drop_surplus(session: Session, user: str) -> None:
    newest_first = select(PushRow.endpoint_sha256).where(col(PushRow.user) == user)
    surplus = session.exec(newest_first.order_by(col(PushRow.asked_at).desc()).offset(MOST_BROWSERS)).all()
    if surplus:
        session.execute(sa.delete(PushRow).where(col(PushRow.endpoint_sha256).in_(surplus)))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
