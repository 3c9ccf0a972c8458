"""What there is to know of the delivery of data, in a few lines; none when all is well."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from campus.delivery import SetAside
from campus.ids import DeviceId
from controller.console.language import text_of
from controller.console.page import Page, device_address
from controller.overview.model import AgentRow, Delivery, Trouble

LINES: Final = 4
"""The overview shows as many and counts the rest."""
NAMED: Final = 3
"""Schools named in one line; the others are counted."""
TOLD: Final = {
    Trouble.DROPPING: "failed",
    Trouble.CLASH: "attention",
    Trouble.DAMAGED: "attention",
    Trouble.LIMITED: "attention",
    Trouble.SERIES: "attention",
    Trouble.THINNED: "attention",
    Trouble.WAITING: "unknown",
}
"""What is told of agents, with its sign. Who is not connected is told as cut off already, and who holds is told as one."""


class Notice(NamedTuple):
    """One line and its sign."""

    sign: str
    text: str


def notices(page: Page, delivery: Delivery) -> list[Notice]:
    """For the overview: the most urgent first, at most `LINES`."""
    found = [*_pressure(page, delivery), *_agents(page, delivery.agents), *_others(page, delivery)]
    order = ("failed", "attention", "unknown")
    found.sort(key=lambda notice: order.index(notice.sign))
    if len(found) <= LINES:
        return found
    return [*found[: LINES - 1], Notice("unknown", page.t("delivery.and_others", n=len(found) - LINES + 1))]


def district_notices(page: Page, delivery: Delivery) -> list[Notice]:
    """What concerns all agents at once."""
    return [*_pressure(page, delivery), *_others(page, delivery)]


def _pressure(page: Page, delivery: Delivery) -> Iterator[Notice]:
    if delivery.is_stuck:
        yield Notice("failed", page.t("delivery.told_stuck"))
    elif delivery.level:
        yield Notice("attention", page.t(f"delivery.told_{'turns' if delivery.level > 1 else 'backlog'}"))


def _others(page: Page, delivery: Delivery) -> Iterator[Notice]:
    if delivery.set_aside:
        yield Notice("attention", page.t("delivery.told_set_aside", what=_reasons(page, delivery.set_aside)))
    if delivery.whole_until and delivery.answered < len(delivery.agents):
        when = page.when(delivery.whole_until)
        text = page.t("delivery.told_restore", n=delivery.answered, all=len(delivery.agents), when=when)
        yield Notice("unknown", text)


def _agents(page: Page, agents: Sequence[AgentRow]) -> Iterator[Notice]:
    for trouble, sign in TOLD.items():
        those = [agent for agent in agents if trouble in agent.troubles]
        if those:
            yield Notice(sign, page.t(f"delivery.told_{trouble}", who=_named(page, those)))


def _named(page: Page, agents: Sequence[AgentRow]) -> Markup:
    of_site = {agent.address.site: agent.address for agent in agents}
    links = [
        Markup('<a href="{}">{}</a>').format(device_address(site, DeviceId(address.agent)), page.site_name(site))
        for site, address in list(of_site.items())[:NAMED]
    ]
    names = escape(page.t("common.comma")).join(links)
    if len(of_site) <= NAMED:
        return names
    return text_of("delivery.and_more").said_as_markup(page.language, who=names, n=len(of_site) - NAMED)


def _reasons(page: Page, set_aside: dict[str, int]) -> str:
    counts: Counter[str] = Counter()
    for reason, count in set_aside.items():
        counts[reason if reason in set(SetAside) else "unreadable"] += count
    return page.t("common.comma").join(
        page.t(f"delivery.reason_{reason}", n=f"{count:,}") for reason, count in counts.most_common()
    )
