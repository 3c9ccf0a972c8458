"""Nouns of identity."""

from dataclasses import dataclass

from campus.errors import ConfigError
from campus.ids import SiteId
from controller.identity.scope import Role


@dataclass(frozen=True)
class ScopeSpec:
    """Which part of the tree a person gets, by name: one site, or everything under an organisation, or all.

    Kept by name and not as a list of sites, so that a school that joins an organisation later is seen by its people.
    """

    role: Role
    user: str = "visitor"
    organisation: str | None = None
    site: SiteId | None = None

    def __post_init__(self) -> None:
        if self.organisation is not None and self.site is not None:
            raise ConfigError("a sign-in link is for a site or for an organisation, not for both: name one of them")
