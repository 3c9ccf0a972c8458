"""From a place in the tree to the sites under it, for any tree."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from campus.ids import SiteId
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.identity.tree import scope_of_spec
from controller.registry.model import Organisation, Site


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[Organisation], list[Site]]:
    """Organisations whose parents come before them, and sites hung anywhere."""
    size = draw(st.integers(1, 12))
    parents = [None, *(draw(st.integers(0, number - 1)) for number in range(1, size))]
    organisations = [
        Organisation(f"o{number}", None if parent is None else f"o{parent}", "", "")
        for number, parent in enumerate(parents)
    ]
    homes = draw(st.lists(st.integers(0, size - 1), max_size=15))
    return organisations, [Site(SiteId(f"s{number}"), f"o{home}", "", "") for number, home in enumerate(homes)]


def above(organisation: str, organisations: list[Organisation]) -> Iterator[str]:
    parent = {each.id: each.parent for each in organisations}
    current: str | None = organisation
    while current is not None:
        yield current
        current = parent[current]


@given(tree=trees(), pick=st.integers(0, 11))
def test_an_organisation_sees_exactly_the_sites_under_it(
    tree: tuple[list[Organisation], list[Site]], pick: int
) -> None:
    organisations, sites = tree
    top = organisations[pick % len(organisations)].id
    scope = scope_of_spec(ScopeSpec(Role.VIEWER, organisation=top), organisations, sites)
    assert scope.sites == frozenset(each.id for each in sites if top in above(each.organisation, organisations))
    assert scope.visible(site.id for site in sites) == [site.id for site in sites if scope.sees(site.id)]


@given(tree=trees())
def test_a_place_that_is_gone_sees_nothing_and_no_place_sees_all(tree: tuple[list[Organisation], list[Site]]) -> None:
    organisations, sites = tree
    assert scope_of_spec(ScopeSpec(Role.VIEWER, organisation="gone"), organisations, sites).sites == frozenset()
    assert scope_of_spec(ScopeSpec(Role.VIEWER), organisations, sites).sites is None


def test_a_circle_in_the_tree_ends() -> None:
    circle = [Organisation("a", "b", "", ""), Organisation("b", "a", "", "")]
    scope = scope_of_spec(ScopeSpec(Role.VIEWER, organisation="c"), circle, [Site(SiteId("s"), "a", "", "")])
    assert scope.sites == frozenset()
