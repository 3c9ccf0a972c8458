"""What rulings need of their neighbours."""

from collections.abc import Sequence
from typing import Protocol

from campus.ids import SiteId
from controller.alerts.port import Calendar as AlikeDays
from controller.alerts.rulebook import Rulebook
from controller.calendar.school import SchoolCalendar
from controller.identity.scope import Scope
from controller.registry.model import Organisation, Site


class Registry(Protocol):
    """The tree, as a caller sees it."""

    def organisations(self, scope: Scope) -> Sequence[Organisation]:
        """The organisations above the caller's sites, and theirs."""

    def sites(self, scope: Scope) -> Sequence[Site]:
        """The schools the caller sees."""


class Calendar(AlikeDays, Protocol):
    """When schools are schools."""

    def school(self, scope: Scope, site: SiteId | None = None) -> SchoolCalendar:
        """Everything told of a school."""


class Judge(Protocol):
    """Who judges, or speaks, by a rulebook."""

    def take_rules(self, rulebook: Rulebook) -> None:
        """Go by another rulebook from now on; `Transient` when that cannot be done yet."""
