"""Keeps account of what comes and goes, in the transaction that writes it: see `flapping` for the rule itself."""

import sqlalchemy as sa
from sqlmodel import Session, col

from controller.alerts.hushing.flapping import REMEMBERED_MS, Restless, Score, faded, raised, scores_of
from controller.alerts.hushing.stages import Case, Decision, Situation, key_of
from controller.alerts.keeping.ledger import Ledger
from controller.alerts.model import AlertKey
from controller.alerts.tables import AlertRow, FlappingRow

_KEY = (col(AlertRow.rule), col(AlertRow.site), col(AlertRow.device), col(AlertRow.instance))


def recall(session: Session, situation: Situation, now: int) -> None:
    """After a restart: how often what opened lately did so, and what comes and goes."""
    lately = sa.select(*_KEY, col(AlertRow.opened_at)).where(
        col(AlertRow.opened_at) > now - REMEMBERED_MS, col(AlertRow.id).not_in(sa.select(col(FlappingRow.alert)))
    )
    rows = session.execute(lately.order_by(col(AlertRow.opened_at)))
    situation.scores = scores_of((AlertKey(*key), at) for *key, at in rows)
    damped = sa.select(FlappingRow, *_KEY).join(AlertRow, col(AlertRow.id) == col(FlappingRow.alert))
    still = sa.or_(col(FlappingRow.ended_at) == 0, col(FlappingRow.changed_at) > now - REMEMBERED_MS)
    for row, *names in session.execute(damped.where(still).order_by(col(FlappingRow.changed_at))):
        key, score = AlertKey(*names), Score(row.score, row.changed_at)
        situation.scores[key] = score
        if not row.ended_at:
            situation.flapping[key] = Restless(row.alert, row.changes, score, row.changed_at, row.is_bad)


def count(ledger: Ledger, situation: Situation, case: Case, decision: Decision, alert: int) -> None:
    """One more opening; from too many on the alert comes and goes."""
    score = raised(situation.scores.get(key_of(case)), case.at)
    situation.scores[key_of(case)] = score
    if decision.flapping_since:
        restless = Restless(alert, 0, score, case.at, is_bad=True)
        situation.flapping[key_of(case)] = restless
        ledger.flap(restless)


def turn(ledger: Ledger, situation: Situation, key: AlertKey, at: int, *, is_bad: bool) -> None:
    """What comes and goes has come or gone once more."""
    before = situation.flapping[key]
    after = before.after(at, is_bad=is_bad)
    if after is not before:
        situation.flapping[key] = after
        situation.scores[key] = after.score
        ledger.flap(after)


def stop(ledger: Ledger, situation: Situation, key: AlertKey, at: int) -> None:
    """It does not any more; harmless when it never did."""
    restless = situation.flapping.pop(key, None)
    if restless is not None:
        ledger.flap(restless, ended_at=at)


def fade(situation: Situation, now: int) -> None:
    """Forget what counts for nothing any more."""
    for key in list(faded(situation.scores, now)):
        del situation.scores[key]
