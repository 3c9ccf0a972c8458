"""What a fault is: a name, how often it comes, and a coroutine that does it, waits, and undoes it."""

import random
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from campanile.chaos.bench import Bench
from campanile.chaos.school import School

Say = Callable[[str], None]
"""Told once, when the fault begins: on whom, how much."""
Staging = Callable[[Bench, School, random.Random, Say], Coroutine[Any, Any, None]]


class Fault(NamedTuple):
    """One kind of fault. `stage` draws everything from its dice before it waits for anything."""

    name: str
    weight: float
    stage: Staging
