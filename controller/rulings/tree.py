"""The places of a district: who stands above whom, and in whose name a caller decides. Pure."""

from collections.abc import Iterable, Iterator

from campus.ids import SiteId
from controller.identity.scope import Role, Scope
from controller.registry.model import Organisation, Site
from controller.rulings.model import Place, PlaceKind, Tier

DECIDING: Role = Role.OPERATOR
"""Who decides about rules."""


class Tree:
    """Organisations and schools, as somebody sees them."""

    def __init__(self, organisations: Iterable[Organisation], sites: Iterable[Site]) -> None:
        self._parents = {each.id: each.parent for each in organisations}
        self._homes = {each.id: each.organisation for each in sites}

    def __contains__(self, place: Place) -> bool:
        return place.id in (self._homes if place.kind is PlaceKind.SCHOOL else self._parents)

    @property
    def sites(self) -> list[SiteId]:
        """All schools."""
        return list(self._homes)

    def places(self) -> Iterator[Place]:
        """All places, each after the one above it; schools last."""
        organisations = [Place.organisation(each) for each in self._parents]
        yield from sorted(organisations, key=lambda each: (len(self.way(each)), each.id))
        yield from (Place.school(each) for each in self._homes)

    def parent(self, place: Place) -> Place | None:
        """The place above; None of the top."""
        above = self._homes.get(SiteId(place.id)) if place.kind is PlaceKind.SCHOOL else self._parents.get(place.id)
        return Place.organisation(above) if above and above in self._parents else None

    def way(self, place: Place) -> list[Place]:
        """From the top down to a place, both included."""
        way, above = [place], self.parent(place)
        while above is not None and above not in way:
            way.append(above)
            above = self.parent(above)
        return way[::-1]

    def tier(self, place: Place) -> Tier:
        """How high it stands."""
        if place.kind is PlaceKind.SCHOOL:
            return Tier.SCHOOL
        return Tier.BUREAU if self.parent(place) is None else Tier.DISTRICT

    def schools(self, place: Place) -> list[SiteId]:
        """The schools under a place, or the school itself."""
        return [site for site in self._homes if place in self.way(Place.school(site))]

    def home(self, scope: Scope) -> Place | None:
        """The place a caller looks from unless they choose another: the whole that is theirs; None where nothing is."""
        places = list(self.places())
        own = Place.organisation(scope.organisation or "")
        if own in self:
            return own
        return next(iter(places if scope.sites is None else places[::-1]), None)

    def may_decide(self, scope: Scope, place: Place) -> bool:
        """Whether a caller decides for a place: it is theirs as a whole, and they are an operator."""
        if scope.role < DECIDING or place not in self:
            return False
        if place.kind is PlaceKind.SCHOOL:
            return scope.sees(SiteId(place.id))
        if scope.organisation is None:
            return scope.sites is None
        return Place.organisation(scope.organisation) in self.way(place)

    def authority(self, scope: Scope, place: Place) -> Place | None:
        """The highest place above `place` that a caller decides for: in its name they grant exceptions. None: they may not."""
        return next((each for each in self.way(place)[:-1] if self.may_decide(scope, each)), None)
