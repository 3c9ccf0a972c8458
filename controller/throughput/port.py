"""What granting turns needs of the registry."""

from collections.abc import Sequence
from typing import Protocol

from campus.ids import SiteId
from campus.topics import Address
from controller.identity.scope import Scope
from controller.registry.model import Lesson


class Registry(Protocol):
    """Who is enrolled, and when it has lessons."""

    def is_enrolled(self, address: Address) -> bool:
        """Whether this agent may speak for this site; from memory."""

    def lessons(self, scope: Scope, site: SiteId, start: int, end: int) -> Sequence[Lesson]:
        """Planned lessons that overlap [start, end) in UTC ms."""
