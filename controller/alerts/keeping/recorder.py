"""Writes what judgement and stages decided into the registry's database, and remembers what is open.

One transaction per call; when it fails nothing of it is remembered either, and the caller brings it again. Its commit may
have lasted all the same, so what is open is read anew before that. One thread at a time.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import col, select

from campus.ids import SiteId
from controller.alerts.events import EVENT_PREFIX, FORGOTTEN_AFTER_S, event_rule
from controller.alerts.hushing.damping import count, fade, recall, stop, turn
from controller.alerts.hushing.flapping import HALF_LIFE_MS, steady_step
from controller.alerts.hushing.passes import Pass
from controller.alerts.hushing.silencing import Silencing
from controller.alerts.hushing.stages import (
    Case,
    Decision,
    Outcome,
    Situation,
    abandoned_step,
    cleared_step,
    decide,
    key_of,
    rested_step,
)
from controller.alerts.hushing.twins import event_of, fault_of, twins_of
from controller.alerts.judging.transition import Judged
from controller.alerts.keeping.event_log import mark_judged
from controller.alerts.keeping.ledger import Ledger
from controller.alerts.model import AlertKey, EventKey, Rule, TrailStep
from controller.alerts.port import Silences
from controller.alerts.rulebook import Rulebook
from controller.alerts.tables import AlertRow
from controller.registry.database import reading, writing

_WITHOUT_READING: Final = {Judged.HOURS, Judged.RULES}


@dataclass(frozen=True)
class Cleared:
    """A case that ended at `at` with reading `value`, or with the hours of its rule, or with the rule."""

    key: AlertKey
    rule: Rule
    at: int
    value: float
    by: Judged = Judged.SAMPLE


class Recorder:
    """The engine's pen. `load` first; then `write` as things change and `tidy` now and then."""

    def __init__(
        self,
        engine: sa.Engine,
        rulebook: Rulebook,
        passes: Sequence[Pass] = (),
        silences: Silences | None = None,
        hold_ms: int = 0,
    ) -> None:
        """`hold_ms`: how long what may follow from something else is held, for one of the passes to look for its cause."""
        self._engine = engine
        self._rulebook = rulebook
        self._passes = (Silencing(self._rule_of), *passes)
        self._silences = silences
        self._fade_at = 0
        self._situation = Situation(hold_ms=hold_ms)
        self._is_sure = True
        """Whether what is remembered is what is written."""

    def take_rules(self, rulebook: Rulebook) -> None:
        """Know another rulebook from now on."""
        self._rulebook = rulebook
        self._situation.twins = twins_of(rulebook.rules())

    @property
    def open(self) -> dict[AlertKey, int]:
        """Ids of open alerts."""
        return self._situation.open

    @property
    def judged_bad(self) -> set[AlertKey]:
        """Open alerts that are bad as far as is known: not those that come and go and are good at the moment."""
        return {key for key in self.open if (restless := self._situation.flapping.get(key)) is None or restless.is_bad}

    @property
    def flapping(self) -> int:
        """How many come and go."""
        return len(self._situation.flapping)

    def load(self, now: int) -> None:
        """Read what is open; `Transient` when the database is away."""
        situation = Situation(hold_ms=self._situation.hold_ms, twins=twins_of(self._rulebook.rules()))
        columns = (AlertRow.rule, AlertRow.site, AlertRow.device, AlertRow.instance, AlertRow.id)
        with reading(self._engine) as session:  # columns, not objects: after a storm there are tens of thousands
            rows = session.execute(select(*map(col, columns)).where(col(AlertRow.cleared_at) == 0)).all()
        for rule, site, device, instance, alert in rows:
            situation.open[AlertKey(rule, site, device, instance)] = alert
            situation.touched.add(site)
        with reading(self._engine) as session:
            recall(session, situation, now)
        situation.touched |= self._situation.touched  # where the last open alert has just closed, too
        self._situation = situation
        self._is_sure = True

    def told_since(self, since: int) -> dict[AlertKey, int]:
        """When alerts that opened or cleared after `since` last did so."""
        table = AlertRow.__table__.c  # type: ignore[attr-defined]
        columns = (table.rule, table.site, table.device, table.instance, table.opened_at, table.cleared_at)
        lately = sa.or_(table.cleared_at > since, table.opened_at > since)
        told: dict[AlertKey, int] = {}
        with reading(self._engine) as session:
            for rule, site, device, instance, opened_at, cleared_at in session.execute(
                sa.select(*columns).where(lately)
            ):
                key = AlertKey(rule, site, device, instance)
                told[key] = max(told.get(key, 0), opened_at, cleared_at)
        told |= {key: restless.changed_at for key, restless in self._situation.flapping.items()}
        return told

    def write(
        self, changes: Sequence[Case | Cleared], now: int, judged: Sequence[EventKey] = ()
    ) -> list[Outcome | None]:
        """Bring changes through the stages and write them, in order; the outcome of each, None for what cleared.

        The events in `judged` are marked so in the same transaction.
        """
        self._make_sure(now)
        self._look_at_silences(now)
        outcomes: list[Outcome | None] = []
        with self._undone_on_failure(), writing(self._engine) as session:
            ledger = Ledger(session)
            for run in _runs(changes):
                outcomes += self._raise_all(ledger, run, now)
                for change in run:
                    if isinstance(change, Cleared):
                        outcomes.append(self._clear(ledger, change))
            ledger.flush()
            mark_judged(session, judged, now)
        return outcomes

    def abandon(self, keys: Iterable[AlertKey], now: int) -> None:
        """Close open alerts that nothing watches any more."""
        self._make_sure(now)
        with self._undone_on_failure(), writing(self._engine) as session:
            ledger = Ledger(session)
            for key in keys:
                self._close(ledger, key, now, abandoned_step(now, self._rulebook.why_off(key.rule, SiteId(key.site))))
            ledger.flush()

    def tidy(self, now: int) -> None:
        """Close events that were acknowledged or are a day old; then every pass that is due."""
        self._make_sure(now)
        self._look_at_silences(now)
        if now >= self._fade_at:
            self._fade_at = now + HALF_LIFE_MS
            fade(self._situation, now)
        has_events = any(key[0].startswith(EVENT_PREFIX) for key in self._situation.open)
        passes = [each for each in self._passes if each.is_due(self._situation, now)]
        steady = [key for key, restless in self._situation.flapping.items() if restless.is_steady(now)]
        if not has_events and not passes and not steady:
            return
        with self._undone_on_failure(), writing(self._engine) as session:
            ledger = Ledger(session)
            if has_events:
                self._close_old_events(ledger, now)
            self._settle(ledger, steady, now)
            for each in passes:
                each.look(ledger, self._situation, now)
            ledger.flush()

    def _raise_all(self, ledger: Ledger, run: Sequence[Case | Cleared], now: int) -> list[Outcome | None]:
        """Decide the cases of a run (see `_runs`: none of them matters to another) and write them at once."""
        cases = [change for change in run if isinstance(change, Case)]
        decisions = [decide(case, self._situation) for case in cases]
        raised = [
            (case, made)
            for case, made in zip(cases, decisions, strict=True)
            if made.outcome in (Outcome.RAISED, Outcome.KEPT)
        ]
        ids = ledger.insert([_row(case, made, now) for case, made in raised])
        for alert, (case, made) in zip(ids, raised, strict=True):
            ledger.note(alert, made.steps)
            if made.silence:
                ledger.silence(alert, made.silence, case.at)
            if made.outcome is Outcome.RAISED:
                self._situation.open[key_of(case)] = alert
                count(ledger, self._situation, case, made, alert)
                self._situation.touched.add(case.site)
        for case, made in zip(cases, decisions, strict=True):
            if made.outcome is Outcome.DROPPED:
                ledger.note(made.other, made.steps[-1:])
            elif made.outcome is Outcome.JOINED:
                self._join(ledger, case, made)
            elif made.outcome is Outcome.DAMPED:
                turn(ledger, self._situation, key_of(case), case.at, is_bad=True)
        return [made.outcome for made in decisions]

    def _join(self, ledger: Ledger, case: Case, made: Decision) -> None:
        """The alert of an event goes on as that of the rule that finds the same."""
        before, after = key_of(case)._replace(rule=event_of(case.rule)), key_of(case)
        ledger.rename(made.other, case.rule, case.value)
        ledger.note(made.other, made.steps)
        situation = self._situation
        situation.open[after] = situation.open.pop(before)
        if before in situation.flapping:
            situation.flapping[after] = situation.flapping.pop(before)
        if before in situation.scores:
            situation.scores[after] = situation.scores.pop(before)
        situation.touched.add(case.site)
        situation.quiet_looked_at = None  # a window may cover the one and not the other

    def _clear(self, ledger: Ledger, change: Cleared) -> Outcome | None:
        if change.key in self._situation.flapping and change.by not in _WITHOUT_READING:
            turn(ledger, self._situation, change.key, change.at, is_bad=False)
            return Outcome.DAMPED
        self._close(ledger, change.key, change.at, self._last_step(change))
        return None

    def _last_step(self, change: Cleared) -> TrailStep:
        match change.by:
            case Judged.HOURS:
                return rested_step(change.at)
            case Judged.RULES:
                return abandoned_step(change.at, self._rulebook.why_off(change.rule.id, SiteId(change.key.site)))
            case _:
                return cleared_step(change.at, change.rule, change.value)

    def _settle(self, ledger: Ledger, steady: Sequence[AlertKey], now: int) -> None:
        """What has been quiet for long enough goes on as an ordinary alert, or is over since it was good."""
        for key in steady:
            restless = self._situation.flapping[key]
            stop(ledger, self._situation, key, now)
            if restless.is_bad:
                ledger.steady(restless.alert)
                ledger.note(restless.alert, [steady_step(now, restless)])
                self._situation.touched.add(key.site)
            else:
                self._close(ledger, key, restless.changed_at, steady_step(now, restless))

    def _close(self, ledger: Ledger, key: AlertKey, at: int, step: TrailStep) -> None:
        alert = self._situation.open.pop(key, None)
        if alert is None:
            return
        ledger.close(alert, at)
        ledger.note(alert, [step])
        stop(ledger, self._situation, key, at)
        self._situation.touched.add(key.site)

    def _close_old_events(self, ledger: Ledger, now: int) -> None:
        over = col(AlertRow.opened_at) < now - round(FORGOTTEN_AFTER_S * 1000)
        is_event = col(AlertRow.rule).startswith(EVENT_PREFIX)
        for row in ledger.open_rows(is_event, sa.or_(over, col(AlertRow.acknowledged_at) > 0)):
            reason = ("acknowledged", "已确认") if row.acknowledged_at else ("a day old", "已超过一天")
            key = AlertKey(row.rule, row.site, row.device, row.instance)
            self._close(ledger, key, now, TrailStep(now, "cleared", "cleared", *reason))

    def _rule_of(self, rule_id: str, site: SiteId) -> Rule | None:
        return event_rule(rule_id) if rule_id.startswith(EVENT_PREFIX) else self._rulebook.rule(rule_id, site)

    def _look_at_silences(self, now: int) -> None:
        if self._silences is not None:
            self._situation.quiet = self._silences.in_force(now)

    def _make_sure(self, now: int) -> None:
        if not self._is_sure:
            self.load(now)

    @contextmanager
    def _undone_on_failure(self) -> Iterator[None]:
        before = self._situation.copy()
        try:
            yield
        except BaseException:
            self._situation = before
            self._is_sure = False
            raise


def _runs(changes: Sequence[Case | Cleared]) -> Iterator[list[Case | Cleared]]:
    """Changes cut so that within a run order does not matter: one kind, no key twice."""
    run: list[Case | Cleared] = []
    keys: set[AlertKey] = set()
    for change in changes:
        key = fault_of(change.key if isinstance(change, Cleared) else key_of(change), change.rule)
        if run and (type(change) is not type(run[-1]) or key in keys):
            yield run
            run, keys = [], set()
        run.append(change)
        keys.add(key)
    if run:
        yield run


def _row(case: Case, decision: Decision, now: int) -> dict[str, Any]:
    return {
        "rule": case.rule.id,
        "site": case.site,
        "device": case.device,
        "metric": case.rule.metric,
        "instance": case.instance,
        "severity": case.rule.severity.value,
        "opened_at": case.at,
        "value": 0.0 if math.isnan(case.value) else case.value,
        "cleared_at": now if decision.outcome is Outcome.KEPT else 0,
        "acknowledged_at": 0,
        "acknowledged_by": "",
        "cause": 0,
        "held_until": decision.held_until,
        "silence": decision.silence,
        "flapping_since": decision.flapping_since,
        "verdict": "",
    }
