"""The whole district of a seed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from simulator.district.centre import CENTRE, CORE, build_centre
from simulator.district.device import Cable
from simulator.district.names import school_names
from simulator.district.school import build_school
from simulator.district.site import SimSite

_USUAL: Mapping[int, int] = {}


@dataclass(frozen=True)
class District:
    """Schools in order, the centre, and the core's port towards each school."""

    seed: int
    schools: tuple[SimSite, ...]
    centre: SimSite
    core_port_of: dict[str, str]

    @property
    def sites(self) -> tuple[SimSite, ...]:
        """The centre first, then the schools."""
        return (self.centre, *self.schools)

    def site(self, site_id: str) -> SimSite:
        """The site of that id; `KeyError` when there is none."""
        for site in self.sites:
            if site.id == site_id:
                return site
        raise KeyError(f"no site {site_id}")


def build_district(seed: int, schools: int, sizes: Mapping[int, int] = _USUAL) -> District:
    """The district of `seed` with that many schools (1 or more); pure. `sizes`: classrooms of schools that are no usual ones."""
    names = enumerate(school_names(schools))
    built = [build_school(seed, index, name, sizes.get(index, 0)) for index, name in names]
    centre, core_port_of = build_centre(seed, built)
    core_name = centre.device(CORE).system_name
    cabled = [
        replace(
            site,
            cables=(
                *site.cables,
                Cable(site.gateway.id, site.gateway.uplink, f"{CENTRE}/{CORE}", core_port_of[site.id], core_name),
            ),
        )
        for site in built
    ]
    return District(seed, tuple(cabled), centre, core_port_of)
