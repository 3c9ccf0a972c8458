"""From a place in the tree to the sites under it. Pure."""

from collections.abc import Iterable, Mapping

from controller.identity.model import ScopeSpec
from controller.identity.scope import Scope
from controller.registry.model import Organisation, Site


def scope_of_spec(spec: ScopeSpec, organisations: Iterable[Organisation], sites: Iterable[Site]) -> Scope:
    """The scope a spec means in the tree as it is now. A place that no longer exists sees nothing."""
    if spec.site is not None:
        return Scope(spec.user, spec.role, frozenset({spec.site}))
    if spec.organisation is None:
        return Scope(spec.user, spec.role)
    parents = {organisation.id: organisation.parent for organisation in organisations}
    seen = (site.id for site in sites if is_under(site.organisation, spec.organisation, parents))
    return Scope(spec.user, spec.role, frozenset(seen), spec.organisation)


def is_under(node: str, top: str, parents: Mapping[str, str | None]) -> bool:
    """Whether `top` is `node` or above it.

    >>> is_under("no-1", "city", {"no-1": "east", "east": "city", "city": None})
    True
    """
    current: str | None = node
    for _ in range(len(parents) + 1):
        if current == top or current is None:
            break
        current = parents.get(current)
    return current == top
