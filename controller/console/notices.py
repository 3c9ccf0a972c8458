"""What there is to know of the delivery of data, as lines for the overview; none when all is well."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from campus.delivery import SetAside
from controller.console.page import Page
from controller.overview.model import AgentRow, Delivery, Trouble

NAMED: Final = 3
"""Schools named in one line; the others are counted."""
TOLD: Final = {
    Trouble.CLASH: "attention",
    Trouble.DROPPING: "failed",
    Trouble.DAMAGED: "attention",
    Trouble.LIMITED: "attention",
    Trouble.SERIES: "attention",
    Trouble.THINNED: "attention",
    Trouble.WAITING: "unknown",
}
"""What is told of agents, with its sign. Who is not connected is told as cut off already, and who holds is told as one."""


class Notice(NamedTuple):
    """One line: its sign, its text and where more stands."""

    sign: str
    text: str
    href: str = "/delivery?only=1"


def notices(page: Page, delivery: Delivery) -> list[Notice]:
    """All of them, what concerns everyone first."""
    found = []
    if delivery.is_stuck:
        found.append(Notice("failed", page.t("delivery.told_stuck")))
    elif delivery.level:
        found.append(
            Notice("attention", page.t("delivery.told_turns" if delivery.level > 1 else "delivery.told_backlog"))
        )
    for trouble, sign in TOLD.items():
        those = [agent for agent in delivery.agents if trouble in agent.troubles]
        if those:
            found.append(Notice(sign, page.t(f"delivery.told_{trouble}", who=_named(page, those))))
    if delivery.whole_until and delivery.answered < len(delivery.agents):
        text = page.t(
            "delivery.told_restore",
            n=delivery.answered,
            all=len(delivery.agents),
            when=page.when(delivery.whole_until),
        )
        found.append(Notice("unknown", text, "/delivery"))
    if delivery.set_aside:
        found.append(
            Notice("attention", page.t("delivery.told_set_aside", what=_reasons(page, delivery.set_aside)), "/delivery")
        )
    return found


def _named(page: Page, agents: Iterable[AgentRow]) -> str:
    sites = list(dict.fromkeys(agent.address.site for agent in agents))
    names = page.t("common.comma").join(page.site_name(site) for site in sites[:NAMED])
    return names if len(sites) <= NAMED else page.t("delivery.and_more", who=names, n=len(sites) - NAMED)


def _reasons(page: Page, set_aside: dict[str, int]) -> str:
    counts: Counter[str] = Counter()
    for reason, count in set_aside.items():
        counts[reason if reason in set(SetAside) else "unreadable"] += count
    return page.t("common.comma").join(
        page.t(f"delivery.reason_{reason}", n=f"{count:,}") for reason, count in counts.most_common()
    )
