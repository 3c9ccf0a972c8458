"""Two processes that speak as one agent: a cloned disk, a second installation. Pure.

An epoch is one life of an agent's process. After a restart the old one is never heard again; where a hello of an epoch
comes after that of another epoch which came after it, both are alive. Their frames are all stored: marks differ by epoch.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from campus.topics import Address

ENDS_AFTER_MS: Final = 15 * 60_000
"""A clash is over when only one of the two was heard for this long."""
EPOCHS_KEPT: Final = 8
MOST_AGENTS: Final = 10_000


@dataclass(frozen=True)
class Clash:
    """Two lives of one identity at the same time; instants in UTC ms. `changes` is how often they took turns."""

    since: int
    last_at: int
    changes: int


@dataclass
class _Heard:
    said_at: dict[int, int] = field(default_factory=dict)
    """The newest hello of each epoch, by its sender's clock; the epoch heard last stands last."""
    clash: Clash | None = None


class Clashes:
    """Remembers the last few epochs of each agent. One thread notes."""

    def __init__(self) -> None:
        self._heard: OrderedDict[Address, _Heard] = OrderedDict()

    def note(self, address: Address, epoch: int, said_at: int, now: int) -> bool:
        """A hello came; whether a clash begins with it. A broker's repetition, which says nothing new, is passed over."""
        heard = self._heard.setdefault(address, _Heard())
        self._heard.move_to_end(address)
        if len(self._heard) > MOST_AGENTS:
            self._heard.popitem(last=False)
        if said_at <= heard.said_at.get(epoch, -1):
            return False
        is_back = epoch in heard.said_at and next(reversed(heard.said_at)) != epoch
        heard.said_at.pop(epoch, None)
        heard.said_at[epoch] = said_at
        if len(heard.said_at) > EPOCHS_KEPT:
            del heard.said_at[next(iter(heard.said_at))]
        if not is_back:
            return False
        before = heard.clash
        is_new = before is None or _is_over(before, now)
        heard.clash = Clash(now, now, 1) if before is None or is_new else Clash(before.since, now, before.changes + 1)
        return is_new

    def standing(self, now: int) -> dict[Address, Clash]:
        """The clashes that are not over."""
        clashes = {address: heard.clash for address, heard in self._heard.copy().items()}
        return {address: clash for address, clash in clashes.items() if clash is not None and not _is_over(clash, now)}


def _is_over(clash: Clash, now: int) -> bool:
    return now - clash.last_at >= ENDS_AFTER_MS
