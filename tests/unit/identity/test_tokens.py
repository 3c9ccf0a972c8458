"""Access tokens on a real SQLite file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from campus.errors import ConfigError
from campus.ids import SiteId
from controller.identity.scope import SYSTEM, Role, Scope
from controller.identity.tokens import NOTE_USE_EVERY_MS, TRIES_A_MINUTE, AccessTokens, TooManyTries
from tests.support.district import NO_1, NO_2, NOW, ReadyRegistry, enrolment, ready_registry

HERE, ELSEWHERE = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def ready(tmp_path: Path) -> ReadyRegistry:
    return ready_registry(tmp_path)


@pytest.fixture
def tokens(ready: ReadyRegistry) -> AccessTokens:
    return AccessTokens(ready.engine, ready.service)


@contextmanager
def looks_into(engine: sa.Engine) -> Iterator[list[str]]:
    """Statements that ask for rows, as they are sent."""
    looks: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            looks.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield looks
    sa.event.remove(engine, "before_cursor_execute", note)


def test_a_token_sees_its_place_and_changes_nothing(tokens: AccessTokens) -> None:
    everything, one = tokens.create("all", NOW), tokens.create("one", NOW, site=NO_1)
    assert tokens.scope_of(everything, HERE, NOW) == Scope("all", Role.VIEWER)
    assert tokens.scope_of(one, HERE, NOW) == Scope("one", Role.VIEWER, frozenset({NO_1}))


def test_a_school_that_joins_an_organisation_is_seen_at_once(tokens: AccessTokens, ready: ReadyRegistry) -> None:
    district = enrolment()
    home = district.sites[1].organisation
    secret = tokens.create("town", NOW, organisation=home)
    before = tokens.scope_of(secret, HERE, NOW)
    newcomer = replace(district.sites[1], id="no-9-new", agents=("no-9-new",))
    ready.service.enrol(SYSTEM, replace(district, sites=(*district.sites, newcomer)))
    after = tokens.scope_of(secret, HERE, NOW)
    assert before is not None
    assert after is not None
    assert after.sites == (before.sites or frozenset()) | {SiteId("no-9-new")}
    assert after.organisation == home


def test_a_revoked_token_is_refused_at_once(tokens: AccessTokens) -> None:
    secret = tokens.create("grafana", NOW)
    assert tokens.scope_of(secret, HERE, NOW)
    tokens.revoke("grafana", NOW + 5)
    tokens.revoke("grafana", NOW + 9)
    assert tokens.scope_of(secret, HERE, NOW + 6) is None
    (told,) = tokens.tokens()
    assert (told.created_at, told.last_used_at, told.revoked_at) == (NOW, NOW, NOW + 5)


def test_names_are_used_once_and_places_must_exist(tokens: AccessTokens) -> None:
    tokens.create("grafana", NOW)
    tokens.revoke("grafana", NOW)
    with pytest.raises(ConfigError, match="or there was: choose another name"):
        tokens.create("grafana", NOW)
    with pytest.raises(ConfigError, match="no site 'no-such'"):
        tokens.create("other", NOW, site=SiteId("no-such"))
    with pytest.raises(ConfigError, match="no organisation 'no-such'"):
        tokens.create("other", NOW, organisation="no-such")
    with pytest.raises(ConfigError, match="not for both"):
        tokens.create("other", NOW, organisation="no-such", site=NO_2)
    with pytest.raises(ConfigError, match="there is no token 'other'"):
        tokens.revoke("other", NOW)
    for name in ("", " ", "x" * 81, "a\nb"):
        with pytest.raises(ConfigError, match="printable characters"):
            tokens.create(name, NOW)


def test_the_secret_is_kept_nowhere(tokens: AccessTokens, ready: ReadyRegistry) -> None:
    secret = tokens.create("grafana", NOW)
    assert len(secret) >= 43, "256 bits in base64"
    file = Path(ready.engine.url.database or "")
    with sqlite3.connect(file) as database:
        kept = "\n".join(database.iterdump())
    database.close()
    assert "grafana" in kept
    assert secret not in kept
    assert secret not in repr(tokens.tokens())


def test_use_is_noted_now_and_then(tokens: AccessTokens) -> None:
    secret = tokens.create("grafana", NOW)
    for at in (NOW, NOW + NOTE_USE_EVERY_MS - 1):
        tokens.scope_of(secret, HERE, at)
        assert tokens.tokens()[0].last_used_at == NOW
    tokens.scope_of(secret, HERE, NOW + NOTE_USE_EVERY_MS)
    assert tokens.tokens()[0].last_used_at == NOW + NOTE_USE_EVERY_MS


def test_wrong_secrets_are_soon_not_looked_up(tokens: AccessTokens, ready: ReadyRegistry) -> None:
    for number in range(TRIES_A_MINUTE):
        assert tokens.scope_of(f"guess {number}", HERE, NOW + number) is None
    with looks_into(ready.engine) as looks:
        for number in range(100):
            with pytest.raises(TooManyTries):
                tokens.scope_of(f"one more {number}", HERE, NOW + 1_000 + number)
    assert len(looks) == 1, "all tries of a second together"
    assert tokens.scope_of("wrong", HERE, NOW + 60_000) is None, "a minute later it is looked up again"
    (figure,) = tokens.figures()
    assert figure.value == TRIES_A_MINUTE + 101


def test_good_tokens_pass_however_many_wrong_ones_come_from_their_address(
    tokens: AccessTokens, ready: ReadyRegistry
) -> None:
    good = tokens.create("grafana", NOW)
    restarted = AccessTokens(ready.engine, ready.service)
    for number in range(TRIES_A_MINUTE + 5):
        with suppress(TooManyTries):
            restarted.scope_of(f"guess {number}", HERE, NOW + number)
    assert restarted.scope_of(good, HERE, NOW + 100), "its first time in this process"
    late = tokens.create("late", NOW + 100)
    assert restarted.scope_of(late, HERE, NOW + 1_200), "made by another process a second ago"
    assert restarted.scope_of(good, ELSEWHERE, NOW + 1_200)


def test_a_revoked_one_loses_its_privilege(tokens: AccessTokens) -> None:
    secret = tokens.create("grafana", NOW)
    tokens.scope_of(secret, HERE, NOW)
    tokens.revoke("grafana", NOW)
    for _ in range(TRIES_A_MINUTE):
        assert tokens.scope_of(secret, HERE, NOW) is None
    with pytest.raises(TooManyTries):
        tokens.scope_of(secret, HERE, NOW)
