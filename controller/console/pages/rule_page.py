"""The page of one rule at a place."""

from collections.abc import Mapping
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import Response

from campus.samples import Severity
from controller.alerts.model import Elsewhere, Rule
from controller.console.format import local
from controller.console.page import address, device_address
from controller.console.rule_form import UNITS_S, Field, fields_of
from controller.console.rule_stand import Stand
from controller.console.rule_words import decided_words, looks_for, wanted_words, when_of
from controller.identity.scope import NotFound
from controller.rulings.adjusting import adjusted
from controller.rulings.desk import Attempt
from controller.rulings.model import Effect, Instance, Kind, Outlook, Ruling, Step, When
from controller.wording import unit_name

DAYS: Final = (1, 7, 14, 30)
"""Over how many a change may be tried."""
BEFORE_MS: Final = 2 * 3_600_000
AFTER_MS: Final = 3_600_000
MAX_CHART_MS: Final = 3 * 86_400_000
HISTORY_SHOWN: Final = 100


class Filled(NamedTuple):
    """What a rule's page shows beside the rule: a trial, what was done, or what was wrong with a form that was sent."""

    trial: str = ""
    said: str = ""
    days: int = 7
    form: Mapping[str, str] | None = None
    problem: str = ""
    case: int = -1
    """Which of the alerts that would have been is drawn."""


class Bar(NamedTuple):
    """One day of the picture: alerts by the present rule and by the changed one, and how high in per cent of the most."""

    day: str
    before: int
    after: int
    before_percent: float
    after_percent: float


class Case(NamedTuple):
    """One alert that would have been, and where to look at what was measured."""

    case: Instance
    device: str
    chart: str


class Shown(NamedTuple):
    """What a page shows of a trial."""

    attempt: Attempt | None
    outlook: Outlook | None
    bars: list[Bar]
    cases: list[Case]
    drawn: Case | None
    """Whose measurements are drawn."""
    drawn_metric: str


def outlook_of(stand: Stand, filled: Filled) -> Shown:
    """How the trial of a page stands."""
    attempt = _attempt(stand, filled.trial)
    outlook = attempt.outlook if attempt is not None else None
    if attempt is None or outlook is None:
        return Shown(attempt, None, [], [], None, "")
    wish = attempt.wish
    metric = wish.own.metric if wish.own is not None else _metric(stand, wish.rule_id)
    cases = _cases(stand, metric, outlook)
    drawn = cases[filled.case] if 0 <= filled.case < len(cases) else None
    return Shown(attempt, outlook, _bars(outlook, stand.page.zone), cases, drawn, metric)


def rule_page(stand: Stand, rule_id: str, filled: Filled) -> Response:
    """The page; 422 where a form that was sent is shown again."""
    rulings, page, scope = stand.rulings, stand.page, stand.scope
    effect = rulings.effect(scope, stand.place, rule_id)
    trial = outlook_of(stand, filled)
    shown, is_off = _shown(stand, effect, trial.attempt)
    here = [step.ruling for step in effect.steps if step.ruling.place == stand.place]
    return stand.render(
        "rule.html",
        status=422 if filled.problem else 200,
        rule=effect.rule or effect.known,
        effect=effect,
        what=looks_for(page, effect.rule or effect.known),
        steps=[(step, _said(stand, effect, step.ruling), _cut(stand, step)) for step in effect.steps],
        changed=next((each for each in here if each.kind is Kind.CHANGED), None),
        exception=next((each for each in here if each.kind is Kind.EXCEPTION), None),
        own=next((each for each in here if each.kind is Kind.OWN), None),
        history=[(each, _said(stand, effect, each)) for each in rulings.history(scope, rule_id)[:HISTORY_SHOWN]],
        fields=[(field, unit_name(field.unit, page.language)) for field in _filled(shown, filled.form)],
        chosen=_chosen(shown, filled.form, is_off),
        units=UNITS_S,
        severities=tuple(Severity),
        whens=tuple(When),
        days=trial.attempt.wish.days if trial.attempt is not None else filled.days,
        days_to_choose=DAYS,
        may_grant=rulings.may_grant(scope, stand.place),
        can_try=not isinstance(shown.condition, Elsewhere),
        problem=filled.problem,
        said=filled.said,
        trial=filled.trial,
        tried=_tried(stand, effect, trial.attempt),
        **trial._asdict(),
    )


def _attempt(stand: Stand, ticket: str) -> Attempt | None:
    """None when there is none, or it was forgotten: an address may be older than that."""
    try:
        return stand.console.services.replays.look(stand.scope, ticket) if ticket else None
    except NotFound:
        return None


def _shown(stand: Stand, effect: Effect, attempt: Attempt | None) -> tuple[Rule, bool]:
    """What the form is filled with: the rule as it is, or as it was tried last; and whether it is off."""
    if attempt is None or attempt.wish.wanted is None:
        return effect.rule or effect.known, effect.rule is None
    above = stand.rulings.above(stand.scope, stand.place, effect.known.id)
    wanted = attempt.wish.wanted
    is_off = above.rule is None if wanted.is_off is None else wanted.is_off
    return adjusted(above.known, wanted), is_off


def _filled(rule: Rule, form: Mapping[str, str] | None) -> list[Field]:
    fields = fields_of(rule)
    if form is None:
        return fields
    chosen = (form.get(f"{field.name}_unit", field.chosen) for field in fields)
    return [
        field._replace(value=form.get(field.name, field.value), chosen=unit if unit in UNITS_S else field.chosen)
        for field, unit in zip(fields, chosen, strict=True)
    ]


def _chosen(rule: Rule, form: Mapping[str, str] | None, is_off: bool) -> Mapping[str, str]:  # noqa: FBT001 - a tick
    """The other fields."""
    usual = {"severity": rule.severity.value, "when": when_of(rule).value, "is_off": "yes" if is_off else ""}
    return usual | {"reason": "", "until": "", **(form or {})}


def _said(stand: Stand, effect: Effect, ruling: Ruling) -> str:
    return decided_words(stand.page, effect.known, ruling)


def _cut(stand: Stand, step: Step) -> str:
    """In what a decision wants less than is demanded above; empty where it holds as it is."""
    return stand.page.t("common.comma").join(stand.page.t(f"rules.number_{name}") for name in step.looser)


def _tried(stand: Stand, effect: Effect, attempt: Attempt | None) -> str:
    if attempt is None or attempt.wish.wanted is None:
        return ""
    return stand.page.t("common.comma").join(wanted_words(stand.page, effect.known, attempt.wish.wanted))


def _metric(stand: Stand, rule_id: str) -> str:
    return stand.rulings.effect(stand.scope, stand.place, rule_id).known.metric


def _bars(outlook: Outlook, zone: ZoneInfo) -> list[Bar]:
    most = max((count for day in outlook.days for count in (day.before, day.after)), default=0) or 1
    return [
        Bar(
            local(each.day, zone).strftime("%m-%d"),
            each.before,
            each.after,
            100 * each.before / most,
            100 * each.after / most,
        )
        for each in outlook.days
    ]


def _cases(stand: Stand, metric: str, outlook: Outlook) -> list[Case]:
    keys = {(each.site, each.device) for each in outlook.instances}
    known = stand.console.services.registry.devices_of(stand.scope, keys)
    found = []
    for each in outlook.instances:
        device = known.get((each.site, each.device))
        start = each.opened_at - BEFORE_MS
        end = min(stand.page.now, (each.cleared_at or stand.page.now) + AFTER_MS, start + MAX_CHART_MS)
        query = {"metric": metric, "instance": each.part, "start": start, "end": end}
        path = f"{device_address(each.site, each.device)}/chart" if each.device else ""
        name = device.name if device is not None else str(each.device)
        found.append(Case(each, name, address(path, query) if path else ""))
    return found
