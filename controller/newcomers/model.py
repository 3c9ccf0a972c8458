"""A newcomer as the district knows it. Pure noun."""

from dataclasses import dataclass

from campus.ids import AgentId, SiteId
from campus.newcomers import Newcomer


@dataclass(frozen=True)
class Arrival:
    """What an agent last said of a newcomer, and since when it is known. Instants are UTC ms, 0 = not."""

    site: SiteId
    agent: AgentId
    device: Newcomer
    first_seen_at: int
    last_seen_at: int
    ignored_at: int = 0
    ignored_by: str = ""
