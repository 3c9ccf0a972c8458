"""What capacity needs of the registry."""

from collections.abc import Sequence
from typing import Protocol

from controller.identity.scope import Scope
from controller.registry.model import Link


class Registry(Protocol):
    """The uplinks of the schools the caller sees."""

    def links(self, scope: Scope) -> Sequence[Link]:
        """`capacity_bps` 0 where only the port's speed is known."""
