"""What is kept of configurations, who may see it, and who is told of a change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
import zstandard

from campus.configuration import ConfigurationText, encode_configuration
from campus.errors import Poison
from campus.ids import DeviceId
from campus.samples import Document, DocumentKind, Event, Severity
from campus.topics import Address
from controller.configurations.model import ChangeWindow, ChangeWindows
from controller.configurations.service import KEPT_MS, MAX_DEVICES, MAX_VERSIONS, ConfigurationService
from controller.configurations.tables import ConfigurationRow
from controller.identity.scope import Denied, NotFound, Role, Scope
from controller.registry.database import writing
from controller.store.port import FrameMark
from tests.support.district import (
    DAY_MS,
    HOUR_MS,
    MONDAY,
    NO_1,
    NO_2,
    SWITCH,
    ReadyRegistry,
    address_of,
)

OPERATOR = Scope("wang", Role.OPERATOR, frozenset({NO_1}))
WINDOW = ChangeWindows((ChangeWindow("18:00", "23:00"),), ZoneInfo("Asia/Shanghai"))
NOON, EVENING = MONDAY + 12 * HOUR_MS, MONDAY + 20 * HOUR_MS


@dataclass
class Told:
    """An `EventSink` that remembers, once per mark."""

    events: dict[FrameMark, list[Event]] = field(default_factory=dict)

    def note_events(self, _address: Address, mark: FrameMark, events: Sequence[Event]) -> None:
        self.events[mark] = list(events)

    @property
    def all(self) -> list[Event]:
        return [event for each in self.events.values() for event in each]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def service(registry: ReadyRegistry, told: Told) -> ConfigurationService:
    return ConfigurationService(registry.engine, told, WINDOW, registry.clock)


def keep_of(service: ConfigurationService, device: str, text: str, at: int) -> None:
    content = encode_configuration(ConfigurationText(text))
    service.keep_document(address_of(NO_1), Document(DeviceId(device), DocumentKind.CONFIGURATION, at, content), at)


def keep(service: ConfigurationService, text: str, at: int, changed_at: int = 0, by: str = "") -> None:
    content = encode_configuration(ConfigurationText(text, changed_at, by))
    service.keep_document(address_of(NO_1), Document(SWITCH, DocumentKind.CONFIGURATION, at, content), at)


def texts(service: ConfigurationService) -> list[str]:
    versions = service.versions(OPERATOR, NO_1, SWITCH)
    return [service.text(OPERATOR, NO_1, SWITCH, version.taken_at) for version in versions]


def test_the_same_text_is_kept_once_and_seen_again(service: ConfigurationService, told: Told) -> None:
    keep(service, "a\nb", NOON)
    keep(service, "a\nb", NOON + DAY_MS)
    (version,) = service.versions(OPERATOR, NO_1, SWITCH)
    assert (version.taken_at, version.last_seen_at, version.lines, version.size_bytes) == (NOON, NOON + DAY_MS, 2, 3)
    assert not told.all


def test_a_change_is_a_version_with_its_lines_counted_and_its_maker_named(
    service: ConfigurationService, told: Told
) -> None:
    keep(service, "a\nb", NOON)
    keep(service, "a\nc\nd", EVENING, EVENING - 60_000, "admin")
    assert texts(service) == ["a\nc\nd", "a\nb"]
    newest = service.versions(OPERATOR, NO_1, SWITCH)[0]
    assert (newest.added, newest.removed, newest.changed_by, newest.changed_at) == (2, 1, "admin", EVENING - 60_000)
    (event,) = told.all
    assert (event.kind, event.severity, event.occurred_at) == (
        "configuration_recorded",
        Severity.INFO,
        EVENING - 60_000,
    )
    assert "lines added: 2, removed: 1, by admin" in event.text


def test_outside_the_window_a_change_is_worth_an_alert(service: ConfigurationService, told: Told) -> None:
    keep(service, "a", MONDAY)
    keep(service, "b", NOON, NOON - 60_000)
    (event,) = told.all
    assert (event.kind, event.severity) == ("configuration_changed_outside", Severity.MAJOR)
    assert "变更时间窗" in event.text
    assert service.versions(OPERATOR, NO_1, SWITCH)[0].is_outside


def test_a_change_found_in_the_night_may_have_been_made_in_the_window(
    service: ConfigurationService, told: Told
) -> None:
    keep(service, "a", NOON)
    keep(service, "b", NOON + 15 * HOUR_MS)
    assert [event.kind for event in told.all] == ["configuration_recorded"]


def test_what_comes_twice_changes_nothing_and_is_told_again_under_the_same_mark(
    service: ConfigurationService, told: Told
) -> None:
    keep(service, "a", NOON)
    for _ in range(2):
        keep(service, "b", EVENING)
    assert len(texts(service)) == 2
    assert len(told.events) == 1


def test_what_comes_late_out_of_a_spool_is_history(service: ConfigurationService, told: Told) -> None:
    keep(service, "new", EVENING)
    keep(service, "old", NOON)
    keep(service, "old", NOON + 60_000)
    assert texts(service) == ["new", "old"]
    assert not told.all


def test_lines_that_only_changed_places_are_a_change_too(service: ConfigurationService, told: Told) -> None:
    keep(service, "permit a\ndeny any\nend", NOON)
    keep(service, "deny any\npermit a\nend", EVENING)
    newest = service.versions(OPERATOR, NO_1, SWITCH)[0]
    assert (newest.added, newest.removed, len(told.all)) == (2, 2, 1)


def test_the_way_back_is_a_version_of_its_own(service: ConfigurationService) -> None:
    for at, text in enumerate(("a", "b", "a")):
        keep(service, text, NOON + at * 60_000)
    assert texts(service) == ["a", "b", "a"]


@pytest.mark.slow
def test_old_versions_go_and_the_newest_stays(service: ConfigurationService, registry: ReadyRegistry) -> None:
    registry.clock.now = NOON
    for days in range(3):
        keep(service, f"very old {days}", NOON - KEPT_MS - (9 - days) * DAY_MS)
    assert texts(service) == ["very old 2"]
    for number in range(MAX_VERSIONS + 3):
        keep(service, f"version {number}", NOON - DAY_MS + number * 60_000)
    assert len(texts(service)) == MAX_VERSIONS
    assert {figure.name: figure.value for figure in service.figures()}["configuration_versions_forgotten_total"] == 6


def test_a_site_keeps_texts_of_so_many_bytes_and_the_newest_of_each_device(registry: ReadyRegistry, told: Told) -> None:
    service = ConfigurationService(registry.engine, told, WINDOW, registry.clock, most_bytes=250)
    registry.clock.now = EVENING
    for number in range(5):
        keep(service, f"{number}" * 100, NOON + number)
    assert texts(service) == ["4" * 100, "3" * 100]
    for number in range(4):
        keep_of(service, f"other-{number}", f"{number}" * 100, EVENING + number)
    assert texts(service) == ["4" * 100]
    assert len(service.versions(OPERATOR, NO_1, DeviceId("other-0"))) == 1


def test_an_agent_cannot_name_devices_without_end(service: ConfigurationService, registry: ReadyRegistry) -> None:
    with writing(registry.engine) as session:
        session.add_all(
            ConfigurationRow(
                site=NO_1,
                device=f"other-{number}",
                taken_at=NOON,
                last_seen_at=NOON,
                received_at=NOON,
                digest="",
                text=zstandard.compress(b"a"),
                size_bytes=1,
                line_count=1,
            )
            for number in range(MAX_DEVICES)
        )
    with pytest.raises(Poison, match="devices already"):
        keep_of(service, "one-more", "a", NOON)
    keep_of(service, "other-7", "b", EVENING)
    assert len(service.versions(OPERATOR, NO_1, DeviceId("other-7"))) == 2


def test_two_versions_are_compared(service: ConfigurationService) -> None:
    keep(service, "a\nb", NOON)
    keep(service, "a\nc", EVENING)
    found = service.difference(OPERATOR, NO_1, SWITCH, NOON, EVENING)
    assert (found.added, found.removed) == (1, 1)
    with pytest.raises(NotFound):
        service.difference(OPERATOR, NO_1, SWITCH, NOON, NOON + 1)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
def test_viewers_and_technicians_see_no_configuration(service: ConfigurationService, role: Role) -> None:
    keep(service, "a", NOON)
    scope = Scope("li", role, frozenset({NO_1}))
    with pytest.raises(Denied):
        service.versions(scope, NO_1, SWITCH)
    with pytest.raises(Denied):
        service.text(scope, NO_1, SWITCH, NOON)


def test_another_school_might_as_well_not_exist(service: ConfigurationService) -> None:
    with pytest.raises(NotFound):
        service.versions(OPERATOR, NO_2, SWITCH)


def test_what_is_no_configuration_is_refused(service: ConfigurationService) -> None:
    document = Document(SWITCH, DocumentKind.CONFIGURATION, NOON, b"\xff\x00 not json")
    with pytest.raises(Poison):
        service.keep_document(address_of(NO_1), document, NOON)
