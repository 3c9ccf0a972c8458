"""A message on its way into the ledger: what every message begins as."""

from collections.abc import Sequence

from controller.telling.model import Standing, What
from controller.telling.tables import MessageRow
from controller.telling.words import Told


def waiting(
    what: What, channel: str, destination: str, people: Sequence[str], told: Told, now: int, *, site: str = ""
) -> MessageRow:
    """A message that has yet to be sent, to people by their ids; `site` where it concerns one school."""
    return MessageRow(
        what=what.value,
        site=site,
        channel=channel,
        destination=destination,
        people="\n".join(people),
        subject=told.subject,
        text=told.text,
        url=told.url,
        standing=Standing.WAITING.value,
        created_at=now,
        next_try_at=now,
    )
