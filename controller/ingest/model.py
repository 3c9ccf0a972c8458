"""What the rest of the controller may know of how frames come in, and what it may bring itself: nouns, from memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from campus.topics import Address
from controller.store.port import DistrictSeries, Ids, Times, Values


@dataclass(frozen=True)
class AgentDelivery:
    """What ingest has to say of one agent beside its samples; all zero when there is nothing to say.

    `held_s`: for how many more seconds it keeps something back because it was asked to. `limited_frames`: messages not
    taken because they were more than its share, since `limited_since` (UTC ms, 0 = it is not limited).
    `series_refused`: series it asked for beyond its share. `clash_since`: since when another process speaks under its
    name (UTC ms, 0 = none does).
    """

    held_s: int = 0
    limited_since: int = 0
    limited_frames: int = 0
    series_refused: int = 0
    clash_since: int = 0


NOTHING_TO_SAY = AgentDelivery()


@dataclass(frozen=True)
class DeliveryState:
    """How it goes in: `level` 0 freely, 1 schools keep their backlog, 2 they take turns; `agents` has those to be told of.

    `whole_until` (UTC ms) is set while a restored controller asks for what it lacks: it is complete before that. `answered`
    are the agents that have sent it. `set_aside` counts samples and whole frames kept out of the store lately, by reason.
    """

    level: int = 0
    is_stuck: bool = False
    whole_until: int = 0
    answered: frozenset[Address] = frozenset()
    agents: dict[Address, AgentDelivery] = field(default_factory=dict)
    set_aside: dict[str, int] = field(default_factory=dict)

    def of(self, address: Address) -> AgentDelivery:
        """What there is to say of one agent."""
        return self.agents.get(address, NOTHING_TO_SAY)


class Made(NamedTuple):
    """Samples that the controller itself makes: three columns of equal length, `series` counts `names`."""

    names: Sequence[DistrictSeries]
    series: Ids
    measured_at: Times
    value: Values
