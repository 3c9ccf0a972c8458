"""How much is wanted of the agents right now: what every acknowledgement says beside the numbers. One thread asks."""

from typing import NamedTuple

from campus.topics import Address


class Hold(NamedTuple):
    """What an agent is asked to keep back, in seconds from hearing it; 0 means that it may send."""

    hold_s: int = 0
    hold_backlog_s: int = 0


NO_HOLD = Hold()


class Flow:
    """Decides it for each agent."""

    def hold_of(self, address: Address) -> Hold:
        """What `address` is asked at this moment; cheap: called for every acknowledgement."""
        del address
        return NO_HOLD
