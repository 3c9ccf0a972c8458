"""What utilisation needs of the registry and the calendar."""

from collections.abc import Sequence
from typing import Protocol

from campus.ids import SiteId
from campus.samples import DeviceKind
from controller.calendar.model import Lesson
from controller.identity.scope import Scope
from controller.registry.model import Device, Site


class Registry(Protocol):
    """Boards of the schools the caller sees."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """Sites, the centre among them."""

    def devices(
        self, scope: Scope, site: SiteId | None = None, kind: DeviceKind | None = None, room: str | None = None
    ) -> Sequence[Device]:
        """Devices that match."""


class Calendar(Protocol):
    """Their timetables."""

    def lessons(self, scope: Scope, site: SiteId, start: int, end: int) -> Sequence[Lesson]:
        """Planned lessons that overlap [start, end); raises `NotFound`."""
