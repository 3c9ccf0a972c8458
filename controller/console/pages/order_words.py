"""Orders in words: what they wait for, how long is left, what the system found. Shared by every page that shows one."""

from typing import Final, NamedTuple

from controller.console.format import short_moment
from controller.console.page import Page
from controller.identity.scope import SYSTEM
from controller.workorders.model import Order, OrderState, Step
from controller.workorders.promise import Clock, Clocks
from controller.workorders.reports import REPORTER

FOUND: Final = ("healthy", "came_back", "still_there", "quiet", "told_again")
"""As `controller.workorders.proof.Found` names them."""


class Due(NamedTuple):
    """A promise in words. `sign` as everywhere: good (time is left, or kept), attention (soon), failed (broken), unknown."""

    sign: str
    text: str


def due_of(page: Page, order: Order, clocks: Clocks | None) -> Due | None:
    """The promise that matters now: to take an order nobody has, else to repair it; None for one that is over."""
    if clocks is None or order.state.is_over:
        return None
    if order.state is OrderState.DONE:
        return Due("good", page.t("orders.to_prove"))
    return clock_words(page, clocks.repair if order.responded_at else clocks.response)


def clock_words(page: Page, clock: Clock) -> Due:
    """How one promise stands."""
    if clock.is_over:
        used = page.duration(clock.used_ms / 1000)
        return (
            Due("failed", page.t("orders.took_long", used=used))
            if clock.is_broken
            else Due("good", page.t("orders.took", used=used))
        )
    if clock.is_broken:
        return Due("failed", page.t("orders.over", long=page.duration(-clock.left_ms / 1000)))
    left = page.duration(clock.left_ms / 1000)
    if clock.is_resting:
        return Due("unknown", page.t("orders.resting", left=left))
    is_soon = clock.left_ms < clock.target_ms / 4
    due = short_moment(clock.due_at, page.now, page.zone, page.language)
    return Due("attention" if is_soon else "good", page.t("orders.left", left=left, due=due))


def who_of(page: Page, who: str) -> str:
    """Who did something, where it was nobody in particular."""
    if who == REPORTER:
        return page.t("orders.reporter")
    return page.t("orders.system") if who == SYSTEM.user else who


def note_of(page: Page, step: Step) -> str:
    """What was written with a step; what the system found, in words."""
    word, _, alert = step.note.partition(" ")
    if step.who != SYSTEM.user or word not in FOUND:
        return step.note
    return page.t(f"orders.found_{word}", alert=alert)
