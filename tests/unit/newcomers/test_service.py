"""What the district keeps of newcomers: an agent's last word, since when, and whom a person ignores."""

from pathlib import Path

import pytest

from campus.errors import Poison
from campus.ids import AgentId, DeviceId, SiteId
from campus.newcomers import Newcomer, encode_newcomers
from campus.samples import DeviceFacts, DeviceKind, Document, DocumentKind, PortFacts
from campus.topics import Address
from controller.identity.scope import Denied, NotFound
from controller.newcomers.service import FORGET_AFTER_MS, NewcomersService
from tests.support.district import (
    DAY_MS,
    DISTRICT_SCOPE,
    NO_1,
    NO_1_SCOPE,
    NO_2,
    NO_2_VIEWER,
    NOW,
    ReadyRegistry,
    address_of,
    ready_registry,
)

SWITCH = Newcomer(key="serial SW-1", kind=DeviceKind.SWITCH, name="sw-9", address="10.1.0.9")
CAMERA = Newcomer(key="mac 00e0fc123456", kind=DeviceKind.CAMERA, address="10.1.0.77")


@pytest.fixture
def service(tmp_path: Path) -> NewcomersService:
    return service_on(ready_registry(tmp_path))


def service_on(registry: ReadyRegistry) -> NewcomersService:
    return NewcomersService(registry.engine, registry.service, registry.clock)


def tell(service: NewcomersService, site: SiteId, *newcomers: Newcomer, at: int = NOW) -> None:
    document = Document(DeviceId(site), DocumentKind.NEWCOMERS, at, encode_newcomers(newcomers))
    service.keep_document(address_of(site), document, at)


def keys(service: NewcomersService) -> list[str]:
    return [each.device.key for each in service.newcomers(DISTRICT_SCOPE)]


def test_an_agents_last_word_stands_and_the_first_sight_is_remembered(service: NewcomersService) -> None:
    tell(service, NO_1, SWITCH, CAMERA, at=NOW - DAY_MS)
    tell(service, NO_1, SWITCH)
    (arrival,) = service.newcomers(DISTRICT_SCOPE)
    assert (arrival.device, arrival.first_seen_at, arrival.last_seen_at) == (SWITCH, NOW - DAY_MS, NOW)


def test_the_same_document_twice_changes_nothing(service: NewcomersService) -> None:
    tell(service, NO_1, SWITCH)
    before = service.newcomers(DISTRICT_SCOPE)
    tell(service, NO_1, SWITCH)
    assert service.newcomers(DISTRICT_SCOPE) == before


def test_a_document_out_of_the_spool_is_history(service: NewcomersService) -> None:
    tell(service, NO_1, SWITCH)
    tell(service, NO_1, CAMERA, at=NOW - DAY_MS)
    assert keys(service) == [SWITCH.key]


def test_who_is_ignored_is_not_counted_and_comes_back_ignored(service: NewcomersService) -> None:
    tell(service, NO_1, SWITCH, CAMERA)
    service.ignore_newcomer(NO_1_SCOPE, NO_1, CAMERA.key)
    assert service.open_newcomers(DISTRICT_SCOPE) == 1
    tell(service, NO_1, SWITCH, at=NOW + DAY_MS)
    tell(service, NO_1, SWITCH, CAMERA, at=NOW + 2 * DAY_MS)
    ignored = {each.device.key: each.ignored_by for each in service.newcomers(DISTRICT_SCOPE)}
    assert ignored == {SWITCH.key: "", CAMERA.key: "technician-1"}
    service.unignore_newcomer(NO_1_SCOPE, NO_1, CAMERA.key)
    assert service.open_newcomers(DISTRICT_SCOPE) == 2


def test_who_has_not_been_told_of_for_long_is_forgotten(service: NewcomersService) -> None:
    tell(service, NO_1, CAMERA)
    service.ignore_newcomer(NO_1_SCOPE, NO_1, CAMERA.key)
    tell(service, NO_1, SWITCH, at=NOW + FORGET_AFTER_MS + 1)
    tell(service, NO_1, SWITCH, CAMERA, at=NOW + FORGET_AFTER_MS + 2)
    assert service.open_newcomers(DISTRICT_SCOPE) == 2


def test_schools_do_not_see_each_others_newcomers(service: NewcomersService) -> None:
    tell(service, NO_1, SWITCH)
    tell(service, NO_2, CAMERA)
    assert [each.site for each in service.newcomers(NO_1_SCOPE)] == [NO_1]
    assert service.open_newcomers(NO_2_VIEWER) == 1
    with pytest.raises(NotFound):
        service.newcomers(NO_1_SCOPE, NO_2)
    with pytest.raises(NotFound):
        service.ignore_newcomer(NO_1_SCOPE, NO_2, CAMERA.key)
    with pytest.raises(Denied):
        service.ignore_newcomer(NO_2_VIEWER, NO_2, CAMERA.key)


REGISTERED = DeviceFacts(
    DeviceId("sw-9"),
    DeviceKind.SWITCH,
    NOW,
    serial="SW-9",
    address="10.1.0.9:1161",
    addresses=("10.1.9.1",),
    macs=("00:e0:fc:00:09:00",),
    ports=(PortFacts("GE0/1", "", 6, "00e0fc000901"),),
)


@pytest.mark.parametrize(
    "newcomer",
    [
        Newcomer(key="a", serial=" sw-9", address="10.1.0.77"),
        Newcomer(key="a", mac="00-E0-FC-00-09-00"),
        Newcomer(key="a", mac="00:e0:fc:00:09:01"),
        Newcomer(key="a", address="10.1.0.9"),
        Newcomer(key="a", address="10.1.9.1:80"),
        Newcomer(key="a", serial="n/a", address="10.1.0.9"),
    ],
)
def test_who_is_registered_later_leaves_the_list_by_itself(tmp_path: Path, newcomer: Newcomer) -> None:
    registry = ready_registry(tmp_path)
    service = service_on(registry)
    tell(service, NO_1, newcomer, CAMERA)
    assert service.open_newcomers(DISTRICT_SCOPE) == 2
    registry.service.learn_facts(address_of(NO_1), [REGISTERED], NOW)
    assert keys(service) == [CAMERA.key]
    assert service.open_newcomers(DISTRICT_SCOPE, NO_1) == 1


@pytest.mark.parametrize(
    ("site", "newcomer"),
    [
        (NO_2, Newcomer(key="a", serial="SW-9", mac="00:e0:fc:00:09:00", address="10.1.0.9")),
        (NO_1, Newcomer(key="a", serial="SW-10", mac="00:e0:fc:00:09:00", address="10.1.0.9")),
        (NO_1, Newcomer(key="a", serial="SW-10")),
        (NO_1, Newcomer(key="a")),
    ],
)
def test_who_is_another_device_or_in_another_school_stays(tmp_path: Path, site: SiteId, newcomer: Newcomer) -> None:
    registry = ready_registry(tmp_path)
    service = service_on(registry)
    registry.service.learn_facts(address_of(NO_1), [REGISTERED], NOW)
    tell(service, site, newcomer)
    assert keys(service) == ["a"]


def test_who_was_found_by_two_agents_of_a_school_is_one_newcomer(service: NewcomersService) -> None:
    tell(service, NO_1, SWITCH, at=NOW - DAY_MS)
    document = Document(DeviceId("yard"), DocumentKind.NEWCOMERS, NOW, encode_newcomers((SWITCH,)))
    service.keep_document(Address(NO_1, AgentId("yard")), document, NOW)
    (arrival,) = service.newcomers(DISTRICT_SCOPE)
    assert arrival.first_seen_at == NOW - DAY_MS
    assert service.open_newcomers(DISTRICT_SCOPE) == 1


def test_nobody_can_be_ignored_who_was_never_found(service: NewcomersService) -> None:
    with pytest.raises(NotFound):
        service.ignore_newcomer(NO_1_SCOPE, NO_1, "serial NO-SUCH")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"newcomers":[{"key":""}]}', b'{"newcomers":[{"key":"a"},{"key":"a"}]}']
)
def test_what_is_no_document_of_newcomers_is_refused(service: NewcomersService, content: bytes) -> None:
    with pytest.raises(Poison):
        service.keep_document(address_of(NO_1), Document(DeviceId(NO_1), DocumentKind.NEWCOMERS, NOW, content), NOW)
    assert keys(service) == []
