"""As silences begin and end, open alerts go under them and come out again, each with a step on its trail.

New alerts are put under a window by the stages; this pass is for what is open already.
"""

from collections.abc import Callable
from typing import Final

from sqlmodel import col

from campus.ids import DeviceId, SiteId
from campus.samples import Severity
from controller.alerts.hushing.stages import Situation, silenced_step, unsilenced_step
from controller.alerts.keeping.ledger import Ledger
from controller.alerts.model import Rule
from controller.alerts.port import Hushed, Quiet
from controller.alerts.tables import AlertRow

SITES_AT_ONCE: Final = 500
"""Schools named in one statement."""


class Silencing:
    """A `Pass`. `rule_of` finds the rule of an alert at a school, None when it has been removed."""

    def __init__(self, rule_of: Callable[[str, SiteId], Rule | None]) -> None:
        self._rule_of = rule_of

    def is_due(self, situation: Situation, now: int) -> bool:
        """When what is in force is not what was looked at last: the same object stands for the same windows."""
        return situation.quiet is not situation.quiet_looked_at

    def look(self, ledger: Ledger, situation: Situation, now: int) -> None:
        """Release what no window covers any more; take in what one does that has begun."""
        quiet = situation.quiet
        for row in ledger.open_rows(col(AlertRow.silence) > 0):
            hushed = self._covering(quiet, row)
            if hushed is None or hushed.silence != row.silence:
                self._move(ledger, row, hushed, now)
        sites = sorted(quiet.sites) if quiet else []
        for first in range(0, len(sites), SITES_AT_ONCE):
            some = col(AlertRow.site).in_(sites[first : first + SITES_AT_ONCE])
            for row in ledger.open_rows(col(AlertRow.silence) == 0, some):
                hushed = self._covering(quiet, row)
                if quiet and hushed and (quiet.takes_open(hushed.silence) or row.opened_at >= hushed.since):
                    self._move(ledger, row, hushed, now)
        situation.quiet_looked_at = quiet

    def _covering(self, quiet: Quiet | None, row: AlertRow) -> Hushed | None:
        rule = self._rule_of(row.rule, SiteId(row.site))
        if quiet is None or rule is None:
            return None
        return quiet.covering(SiteId(row.site), DeviceId(row.device), rule, Severity(row.severity))

    def _move(self, ledger: Ledger, row: AlertRow, hushed: Hushed | None, now: int) -> None:
        alert, before = row.id or 0, row.silence
        row.silence = hushed.silence if hushed else 0
        if before:
            ledger.unsilence(alert, before, now)
        if hushed:
            ledger.silence(alert, hushed.silence, now)
        ledger.note(alert, [silenced_step(now, hushed) if hushed else unsilenced_step(now, before)])
