"""What is to be written when something was judged: a case that is raised, or that one is over. Pure.

Of a change of a series, of what another room judged, and of an event that a device reported, which may be a case of its own
and the end of the one it is the counterpart of.
"""

from collections.abc import Iterator

from campus.delivery import LATE_AFTER_MS
from campus.ids import DeviceId, SiteId
from campus.samples import Event
from controller.alerts.events import ended_kind, event_rule, event_rule_id, is_worth_an_alert
from controller.alerts.hushing.stages import Case
from controller.alerts.judging.transition import Change, Transition
from controller.alerts.judging.watch import Watch
from controller.alerts.keeping.recorder import Cleared
from controller.alerts.model import AlertKey, Verdict
from controller.alerts.rulebook import Rulebook


def change_of_transition(each: Transition, watch: Watch) -> Case | Cleared:
    """What a binding of `watch` did."""
    key, rule = watch.key(each.series, each.rule), watch.rule(each.rule)
    if each.change is Change.CLEARED:
        return Cleared(key, rule, each.at, each.value, each.by)
    site, device = SiteId(key.site), DeviceId(key.device)
    return Case(rule, site, device, key.instance, each.at, each.since, each.value, beside=each.beside)


def change_of_verdict(verdict: Verdict, rulebook: Rulebook) -> Case | Cleared | None:
    """What another room judged; None where no such rule holds: a district may have taken it out."""
    key, rule = verdict.key, rulebook.rule(verdict.key.rule, SiteId(verdict.key.site))
    if rule is None:
        return None
    if verdict.is_over:
        return Cleared(key, rule, verdict.at, 0.0)
    site, device = SiteId(key.site), DeviceId(key.device)
    return Case(rule, site, device, key.instance, verdict.at, verdict.since, 0.0, verdict.text, text_zh=verdict.text_zh)


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
