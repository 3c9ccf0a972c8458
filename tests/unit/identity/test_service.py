"""One-time links and sessions on a real SQLite file."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.errors import ConfigError
from campus.ids import SiteId
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, NotFound, Role, Scope
from controller.identity.service import SESSION_TTL_S, IdentityService
from controller.registry.enrolment import OrganisationEntry
from tests.support.district import NO_1, NO_2, NOW, ReadyRegistry, enrolment, ready_registry


@pytest.fixture
def ready(tmp_path: Path) -> ReadyRegistry:
    return ready_registry(tmp_path)


@pytest.fixture
def identity(ready: ReadyRegistry) -> IdentityService:
    return IdentityService(ready.engine, ready.service)


def test_a_link_signs_in_once(identity: IdentityService) -> None:
    token = identity.create_link(ScopeSpec(Role.TECHNICIAN, "li", site=NO_1), NOW)
    session = identity.redeem(token, NOW + 1)
    assert identity.scope_of(session, NOW + 2) == Scope("li", Role.TECHNICIAN, frozenset({NO_1}))
    with pytest.raises(NotFound, match="used already"):
        identity.redeem(token, NOW + 3)


def test_links_and_sessions_expire(identity: IdentityService) -> None:
    late = identity.create_link(ScopeSpec(Role.VIEWER), NOW, ttl_s=60)
    with pytest.raises(NotFound):
        identity.redeem(late, NOW + 60_000)
    session = identity.redeem(identity.create_link(ScopeSpec(Role.VIEWER), NOW, ttl_s=60), NOW + 59_999)
    end = NOW + 59_999 + SESSION_TTL_S * 1000
    assert identity.scope_of(session, end - 1) is not None
    assert identity.scope_of(session, end) is None


def test_signing_out_ends_the_session_for_good(identity: IdentityService) -> None:
    session = identity.redeem(identity.create_link(ScopeSpec(Role.VIEWER), NOW), NOW)
    identity.end(session)
    identity.end(session)
    assert identity.scope_of(session, NOW) is None


def test_nothing_that_signs_in_stands_in_the_file(ready: ReadyRegistry, identity: IdentityService) -> None:
    token = identity.create_link(ScopeSpec(Role.VIEWER), NOW)
    session = identity.redeem(identity.create_link(ScopeSpec(Role.VIEWER), NOW), NOW)
    ready.engine.dispose()
    kept = b"".join(path.read_bytes() for path in ready.path.parent.glob("registry.db*"))
    assert b"sign_in_link" in kept
    assert token.encode() not in kept
    assert session.encode() not in kept


def test_a_school_that_joins_a_town_later_is_seen_by_its_people(
    ready: ReadyRegistry, identity: IdentityService
) -> None:
    token = identity.create_link(ScopeSpec(Role.OPERATOR, organisation="north-town"), NOW)
    session = identity.redeem(token, NOW)
    scope = identity.scope_of(session, NOW)
    assert scope is not None
    assert scope.sites == frozenset({NO_1})
    whole = enrolment()
    moved = replace(whole.sites[2], organisation="harbour")
    tree = (*whole.organisations, OrganisationEntry("harbour", "Harbour", "港", parent="north-town"))
    ready.service.enrol(SYSTEM, replace(whole, organisations=tree, sites=(*whole.sites[:2], moved)))
    scope = identity.scope_of(session, NOW)
    assert scope is not None
    assert scope.sites == frozenset({NO_1, NO_2})


def test_a_link_to_nowhere_is_refused(identity: IdentityService) -> None:
    with pytest.raises(ConfigError, match="no site 'no-9' is enrolled"):
        identity.create_link(ScopeSpec(Role.VIEWER, site=SiteId("no-9")), NOW)
    with pytest.raises(ConfigError, match="no organisation 'moon'"):
        identity.create_link(ScopeSpec(Role.VIEWER, organisation="moon"), NOW)
    with pytest.raises(ConfigError, match="not for both"):
        ScopeSpec(Role.VIEWER, organisation="bureau", site=NO_1)
