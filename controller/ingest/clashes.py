"""Two processes that speak as one agent: a cloned disk, a second installation. Pure.

An epoch is one life of an agent's process, and a later life has a greater one. So two are alive when a hello of one epoch
comes after that of another which came after it; and, for as long as both stay connected, when the older one still seals
frames some time after the newer one began to speak. Their frames are all stored: marks differ by epoch.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from campus.topics import Address

ENDS_AFTER_MS: Final = 15 * 60_000
"""A clash is over when only one of the two was heard for this long."""
LIVE_MS: Final = 60_000
"""A frame that was sealed longer ago came out of a spool and does not say who is alive."""
SLACK_MS: Final = 120_000
"""The older one must have sealed a frame so long after the newer one was first heard: clocks and lines differ."""
EPOCHS_KEPT: Final = 8
MOST_AGENTS: Final = 10_000


@dataclass(frozen=True)
class Clash:
    """Two lives of one identity at the same time; instants in UTC ms."""

    since: int
    last_at: int


@dataclass
class _Heard:
    newest: int
    newest_at: int
    """When the greatest epoch was first heard."""
    said_at: dict[int, int] = field(default_factory=dict)
    """The newest hello of each epoch, by its sender's clock; the epoch that said hello last stands last."""
    clash: Clash | None = None


class Clashes:
    """Remembers the last few epochs of each agent. One thread tells it what comes."""

    def __init__(self) -> None:
        self._heard: OrderedDict[Address, _Heard] = OrderedDict()

    def greet(self, address: Address, epoch: int, said_at: int, now: int) -> bool:
        """A hello came; whether a clash begins with it. A broker's repetition, which says nothing new, is passed over."""
        heard = self._hear(address, epoch, now)
        if said_at <= heard.said_at.get(epoch, -1):
            return False
        is_back = epoch in heard.said_at and next(reversed(heard.said_at)) != epoch
        heard.said_at.pop(epoch, None)
        heard.said_at[epoch] = said_at
        if len(heard.said_at) > EPOCHS_KEPT:
            del heard.said_at[next(iter(heard.said_at))]
        return is_back and _clash(heard, now)

    def hear(self, address: Address, epoch: int, sealed_at: int, now: int) -> bool:
        """Any other frame came; whether a clash begins with it."""
        if abs(now - sealed_at) > LIVE_MS:
            return False
        heard = self._hear(address, epoch, now)
        return epoch < heard.newest and sealed_at - heard.newest_at > SLACK_MS and _clash(heard, now)

    def standing(self, now: int) -> dict[Address, Clash]:
        """The clashes that are not over."""
        clashes = {address: heard.clash for address, heard in self._heard.copy().items()}
        return {address: clash for address, clash in clashes.items() if clash is not None and not _is_over(clash, now)}

    def _hear(self, address: Address, epoch: int, now: int) -> _Heard:
        heard = self._heard.get(address)
        if heard is None:
            heard = self._heard[address] = _Heard(epoch, now)
            if len(self._heard) > MOST_AGENTS:
                self._heard.popitem(last=False)
        elif epoch > heard.newest:
            heard.newest, heard.newest_at = epoch, now
        return heard


def _clash(heard: _Heard, now: int) -> bool:
    """Note that two are alive; whether that is new."""
    before = heard.clash
    is_new = before is None or _is_over(before, now)
    heard.clash = Clash(now if before is None or is_new else before.since, now)
    return is_new


def _is_over(clash: Clash, now: int) -> bool:
    return now - clash.last_at >= ENDS_AFTER_MS
