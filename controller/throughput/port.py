"""What granting turns needs of the registry."""

from collections.abc import Sequence
from typing import Protocol

from campus.ids import SiteId
from campus.topics import Address
from controller.calendar.model import Lesson
from controller.identity.scope import Scope


class Registry(Protocol):
    """Who is enrolled."""

    def is_enrolled(self, address: Address) -> bool:
        """Whether this agent may speak for this site; from memory."""


class Calendar(Protocol):
    """When a school has lessons."""

    def lessons(self, scope: Scope, site: SiteId, start: int, end: int) -> Sequence[Lesson]:
        """Planned lessons that overlap [start, end) in UTC ms."""
