"""Who may measure its line now. Pure: the clock comes with every question."""

import secrets
from dataclasses import dataclass
from typing import Final

import msgspec

from campus.ids import SiteId

SLOT_S: Final = 30.0
"""How long a turn lasts at most, whatever becomes of who has it."""
_SPARE: Final = 0.9
"""A school that comes a little early for its next turn is not sent away for that."""


class ThroughputSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `throughput` block of controller.yaml; without a `token_file` nobody measures.

    Each way at most `max_bytes`, no faster than `max_bps`, each school once in `every_s`; while it has lessons only if
    `in_lessons` allows it.
    """

    token_file: str = ""
    max_bytes: int = 8 << 20
    max_bps: float = 100e6
    every_s: float = 6 * 3600.0
    in_lessons: bool = False


@dataclass(frozen=True)
class Slot:
    """A turn of one school; over at `ends_at` (UTC ms)."""

    ticket: str
    site: SiteId
    ends_at: int


@dataclass(frozen=True)
class Refusal:
    """Not now: why, and in how long it is worth asking again."""

    reason: str
    retry_after_s: float


class Turns:
    """One turn at a time for the whole district. Not thread-safe; never reads a clock."""

    def __init__(self, every_s: float) -> None:
        self._every_ms = round(every_s * 1000)
        self._slot: Slot | None = None
        self._last_at: dict[SiteId, int] = {}

    def ask(self, site: SiteId, now: int) -> Slot | Refusal:
        """A turn for `site`, if nobody has one and its last is long enough ago."""
        if self._slot is not None and now < self._slot.ends_at:
            return Refusal("another school measures now", (self._slot.ends_at - now) / 1000)
        due_at = self._last_at.get(site, -self._every_ms) + round(_SPARE * self._every_ms)
        if now < due_at:
            return Refusal("this school has measured lately", (due_at - now) / 1000)
        self._slot = Slot(secrets.token_urlsafe(16), site, now + round(SLOT_S * 1000))
        self._last_at[site] = now
        return self._slot

    def holder(self, ticket: str, now: int) -> Slot | None:
        """The turn of a ticket; None when it is over or never was."""
        slot = self._slot
        if slot is None or now >= slot.ends_at or not secrets.compare_digest(slot.ticket.encode(), ticket.encode()):
            return None
        return slot

    def end(self, slot: Slot) -> None:
        """It has what it wanted; the next may come."""
        if self._slot == slot:
            self._slot = None
