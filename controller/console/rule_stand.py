"""Where somebody stands as they look at rules: their page, the place, and the names of all places they may choose."""

from fastapi import Request, Response

from controller.console.console import Console
from controller.console.page import Page, address
from controller.identity.scope import NotFound, Scope
from controller.rulings.model import Place, PlaceKind


class Stand:
    """For one answer."""

    def __init__(self, console: Console, request: Request, scope: Scope, at: str = "", site: str = "") -> None:
        """`NotFound` when the place `at` is not theirs; without one the chosen school, else the whole that is theirs."""
        self.console, self.scope, self.rulings = console, scope, console.services.rulings
        wanted = Place.parse(at) or (Place(PlaceKind.SCHOOL, site) if site else self.rulings.home(scope))
        self.page: Page = console.page(request, scope, wanted.id if wanted.kind is PlaceKind.SCHOOL else None)
        self.points = self.rulings.places(scope)
        organisations = console.services.registry.organisations(scope)
        self.names = {str(Place.organisation(each.id)): self.page.name(each) for each in organisations}
        self.names |= {str(Place.school(each.id)): self.page.name(each) for each in self.page.sites}
        found = next((each for each in self.points if each.place == wanted), None)
        if found is None:
            raise NotFound
        self.point = found

    @property
    def place(self) -> Place:
        """Where."""
        return self.point.place

    def name(self, place: Place) -> str:
        """What a place is called."""
        return self.names.get(str(place), place.id)

    def address(self, path: str, **query: object) -> str:
        """An address that keeps the place."""
        return address(path, {"at": str(self.place), **query})

    def render(self, template: str, *, status: int = 200, **values: object) -> Response:
        """The page, with what every page about rules shows."""
        return self.console.render(self.page, template, status=status, task="alerts", stand=self, **values)
