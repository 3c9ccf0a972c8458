"""Which faults come, in which order, on whom: drawn from a seed before anything starts. Pure."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from campanile.chaos.brokers import BrokerKind

TURN = "change-broker"
"""The fault that ends one broker's turn and begins the next one's."""


class Planned(NamedTuple):
    """One fault to come. `school` counts from 0; `seed` is for whatever else it draws."""

    number: int
    name: str
    school: int
    seed: int
    kind: BrokerKind | None = None
    """Whose turn begins, for `TURN`."""


def plan_faults(
    seed: int, count: int, schools: int, weights: Sequence[tuple[str, float]], kinds: Sequence[BrokerKind]
) -> list[Planned]:
    """`count` faults, the broker's turns evenly among them; the same arguments give the same sequence.

    >>> plan_faults(1, 2, 1, [("cut", 1.0)], [BrokerKind.NATS])[0].name
    'cut'
    """
    dice = random.Random(seed)
    turns = {count * turn // len(kinds): kind for turn, kind in enumerate(kinds) if turn and count >= len(kinds)}
    names = [name for name, _ in weights]
    chosen = dice.choices(names, [weight for _, weight in weights], k=count)
    planned = []
    for number, name in enumerate(chosen):
        school, own_seed = dice.randrange(schools), dice.getrandbits(32)
        kind = turns.get(number)
        planned.append(Planned(number + 1, TURN if kind else name, school, own_seed, kind))
    return planned
