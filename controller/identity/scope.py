"""A caller's scope: a subtree of bureau / district / school, and a role. Every service call takes one.

The decision is made here and nowhere else: services ask `Scope.sees` or `Scope.require`, and list only what
`Scope.visible` lets through.

    CampusError
    ├── NotFound   does not exist, or is outside the caller's scope: the two are never told apart
    └── Denied     the caller sees it, but may not do this to it
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from campus.errors import CampusError
from campus.ids import SiteId


class Role(IntEnum):
    """Each role may do what the ones before it may."""

    VIEWER = 1
    TECHNICIAN = 2
    OPERATOR = 3
    ADMINISTRATOR = 4


class Denied(CampusError):
    """The caller sees the thing and may not do this to it."""


class NotFound(CampusError):
    """There is no such thing for this caller; the message never tells whether it exists for others."""

    def __init__(self, message: str = "not found, or not yours to see") -> None:
        super().__init__(message)


@dataclass(frozen=True)
class Scope:
    """Who asks. `sites` None means the whole district tree this controller holds.

    `organisation` is the one whose sites these are: who has all its sites one by one is not its master. None for the whole
    tree, and for a school.
    """

    user: str
    role: Role
    sites: frozenset[SiteId] | None = None
    organisation: str | None = None

    def sees(self, site: SiteId) -> bool:
        """Whether anything of `site` may be shown."""
        return self.sites is None or site in self.sites

    def visible(self, sites: Iterable[SiteId]) -> list[SiteId]:
        """Those of `sites` the caller may see, in their order."""
        return [site for site in sites if self.sees(site)]

    def require(self, site: SiteId, role: Role = Role.VIEWER) -> None:
        """Raise `NotFound` unless the caller sees `site`, `Denied` unless it also has at least `role`."""
        if not self.sees(site):
            raise NotFound
        if self.role < role:
            raise Denied(f"this needs the role {role.name.lower()} or higher; yours is {self.role.name.lower()}")

    def require_role(self, role: Role) -> None:
        """Raise `Denied` unless the caller has at least `role` over the whole tree."""
        if self.sites is not None or self.role < role:
            raise Denied("this concerns the whole district and needs a wider role")


SYSTEM = Scope(user="system", role=Role.ADMINISTRATOR)
"""The controller itself: ingest, engines, timers. Never given to a request."""
