"""Which schools a selector is about, in the tree as it is now. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from campus.ids import SiteId
from controller.identity.tree import is_under
from controller.silences.model import Selector


class Tree(NamedTuple):
    """Schools by the organisation each lies under, and the parent of each organisation."""

    homes: Mapping[SiteId, str]
    parents: Mapping[str, str | None]

    def sites_of(self, selector: Selector) -> frozenset[SiteId]:
        """The schools of a school's, an organisation's or nobody's place; none where there is no such place."""
        if selector.site:
            return frozenset({selector.site} & self.homes.keys())
        if not selector.organisation:
            return frozenset(self.homes)
        return frozenset(
            site for site, home in self.homes.items() if is_under(home, selector.organisation, self.parents)
        )
