"""What follows from an event that a device reported: a case of its own, and the end of the one it is the counterpart of. Pure."""

from collections.abc import Iterator

from campus.delivery import LATE_AFTER_MS
from campus.ids import SiteId
from campus.samples import Event
from controller.alerts.events import ended_kind, event_rule, event_rule_id, is_worth_an_alert
from controller.alerts.hushing.stages import Case
from controller.alerts.keeping.recorder import Cleared
from controller.alerts.model import AlertKey


def changes_of_event(site: SiteId, event: Event, now: int) -> Iterator[Case | Cleared]:
    """In the order they are to be written; none for most events."""
    if is_worth_an_alert(event):
        yield _case_of_event(site, event, now)
    ended = ended_kind(event.kind)
    if ended is not None:
        rule = event_rule(event_rule_id(ended))
        yield Cleared(AlertKey(rule.id, site, event.device, event.instance), rule, event.occurred_at, 0.0)


def _case_of_event(site: SiteId, event: Event, now: int) -> Case:
    age_ms = now - event.occurred_at
    return Case(
        rule=event_rule(event_rule_id(event.kind), event.severity),
        site=site,
        device=event.device,
        instance=event.instance,
        at=event.occurred_at,
        since=event.occurred_at,
        value=0.0,
        text=event.text or event.kind,
        arrived_late_ms=age_ms if age_ms > LATE_AFTER_MS else 0,
    )
