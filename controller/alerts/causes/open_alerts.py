"""The open alerts of one look at some sites: read as troubles, and what becomes of each written to its row and trail."""

from collections import defaultdict
from collections.abc import Callable
from typing import Final

from sqlmodel import col

from campus.ids import DeviceId, SiteId
from campus.samples import Severity
from controller.alerts.causes import words
from controller.alerts.causes.model import (
    HOLD_MS,
    RETURN_MS,
    Blame,
    Fate,
    Fortune,
    Part,
    Reason,
    Trouble,
    judged_within_ms,
    part_of,
)
from controller.alerts.hushing.stages import HIDDEN, SHOWN, Situation
from controller.alerts.keeping.ledger import Ledger
from controller.alerts.model import AlertKey, Rule, TrailStep
from controller.alerts.tables import AlertRow

HELD: Final = "held"
VERDICT: Final = "verdict"


class OpenAlerts:
    """Of one transaction. `by_id` has the rows that were read."""

    def __init__(
        self, ledger: Ledger, situation: Situation, now: int, rule_of: Callable[[str, SiteId], Rule | None]
    ) -> None:
        """`rule_of` finds the rule of an alert at a school, None when it has been removed."""
        self._ledger = ledger
        self._situation = situation
        self._now = now
        self._rule_of = rule_of
        self.by_id: dict[int, AlertRow] = {}
        self._ended: dict[int, int] = {}

    def read(self, sites: set[SiteId]) -> dict[SiteId, list[Trouble]]:
        """The open alerts of some sites as troubles; one whose rule plays no part any more is let go."""
        found: dict[SiteId, list[Trouble]] = defaultdict(list)
        for row in self._ledger.open_rows(col(AlertRow.site).in_(sites)):
            rule = self._rule_of(row.rule, SiteId(row.site))
            part = part_of(rule) if rule else None
            if rule is None or part is None:
                self._let_go(row)
                continue
            trouble = _trouble(row, part, judged_within_ms(rule))
            trouble.is_good, trouble.is_noise = self._is_good(row), self._is_noise(row, rule)
            self.by_id[trouble.id] = row
            found[trouble.site].append(trouble)
        causes = {row.cause for row in self.by_id.values()} - self.by_id.keys() - {0}
        others = self._ledger.rows(col(AlertRow.id).in_(causes)) if causes else ()
        self._ended = {int(row.id or 0): row.cleared_at for row in others}
        self._ended |= dict.fromkeys(causes - self._ended.keys(), 1)
        return found

    def apply(self, trouble: Trouble, fortune: Fortune) -> None:
        """What becomes of one of them, noted where it is not so already."""
        row = self.by_id[trouble.id]
        if trouble.is_good:  # it came and went too often
            return
        if row.held_until > self._now + HOLD_MS + RETURN_MS:  # the clock was set back since
            row.held_until = self._now + HOLD_MS
        if fortune.fate is Fate.FOLLOW:
            self._follow(row, fortune)
        elif row.cause:
            self._outlive(row, fortune)
        elif row.held_until:
            self._show(row, fortune)
        blame = fortune.blame
        if blame is None and trouble.part is Part.SCHOOL and not row.verdict and not row.cause:
            blame = Blame.UNKNOWN
        if blame is not None and not row.held_until and row.verdict != blame:
            self._note(row, VERDICT, blame, words.verdict(blame, fortune.reason, row.verdict))
            row.verdict = blame.value

    def is_behind(self, alert: int, other: int) -> bool:
        """Whether an open alert hides behind another, over however many."""
        met: set[int] = set()
        while alert in self.by_id and alert not in met:
            met.add(alert)
            alert = self.by_id[alert].cause
        return other in met

    def _follow(self, row: AlertRow, fortune: Fortune) -> None:
        row.held_until = 0
        if row.cause != fortune.cause:
            row.cause = fortune.cause
            self._note(row, HIDDEN, "hidden", words.behind(fortune.cause, fortune.reason))

    def _outlive(self, row: AlertRow, fortune: Fortune) -> None:
        """Its cause is over, or explains it no more: it is given time to be heard again."""
        ended_at = self._ended.get(row.cause, 0)
        if fortune.fate is Fate.WAIT and not ended_at and not 0 < fortune.until <= self._now:
            return
        if not row.held_until:
            row.held_until = max(ended_at, row.opened_at, self._now - RETURN_MS // 2) + RETURN_MS
            self._note(row, HELD, "held", words.returning(row.cause, RETURN_MS // 1000))
        elif self._now >= row.held_until:
            self._note(row, SHOWN, "raised", words.outlived(row.cause))
            row.cause, row.held_until = 0, 0

    def _show(self, row: AlertRow, fortune: Fortune) -> None:
        if fortune.fate is Fate.STAND:
            self._note(row, SHOWN, "raised", fortune.reason)
            row.held_until = 0
        elif self._now >= max(row.held_until, min(fortune.until, row.held_until + RETURN_MS)):
            self._note(row, SHOWN, "raised", words.in_vain(fortune.reason))
            row.held_until = 0

    def _let_go(self, row: AlertRow) -> None:
        """What plays no part by the rules of today is nobody's consequence, though those of its day thought so."""
        if row.held_until or row.cause:
            self._note(row, SHOWN, "raised", words.NO_PART)
            row.cause, row.held_until = 0, 0

    def _is_good(self, row: AlertRow) -> bool:
        restless = self._situation.flapping.get(AlertKey(row.rule, row.site, row.device, row.instance))
        return restless is not None and not restless.is_bad

    def _is_noise(self, row: AlertRow, rule: Rule) -> bool:
        """Whether its window names no device: it covers an alert of the rule about the school as a whole, too."""
        quiet = self._situation.quiet
        if not row.silence or quiet is None:
            return False
        return quiet.covering(SiteId(row.site), DeviceId(""), rule, Severity(row.severity)) is not None

    def _note(self, row: AlertRow, stage: str, decision: str, why: Reason) -> None:
        self._ledger.note(row.id or 0, [cause_step(self._now, stage, decision, why)])


def _trouble(row: AlertRow, part: Part, within_ms: int) -> Trouble:
    return Trouble(
        id=row.id or 0,
        rule=row.rule,
        part=part,
        site=SiteId(row.site),
        device=DeviceId(row.device),
        metric=row.metric,
        instance=row.instance,
        since=row.opened_at - within_ms,
        opened_at=row.opened_at,
        cause=row.cause,
        held_until=row.held_until,
        verdict=row.verdict,
    )


def cause_step(at: int, stage: str, decision: str, why: Reason) -> TrailStep:
    """What was found, as a line of an alert's trail."""
    return TrailStep(at, stage, decision, why.en, why.zh)
