"""What looks at open alerts again as time passes: releases what was held, ends silences, damps what comes and goes.

A pass belongs to the recorder: it is asked in the thread that ticks, and what it changes is written in one transaction.
"""

from typing import Protocol

from controller.alerts.hushing.stages import Situation
from controller.alerts.keeping.ledger import Ledger


class Pass(Protocol):
    """One such look. What it remembers must bear being asked again after a transaction that failed."""

    def is_due(self, situation: Situation, now: int) -> bool:
        """Whether there is anything to look at; from memory, asked about once a second."""

    def look(self, ledger: Ledger, situation: Situation, now: int) -> None:
        """Change open alerts through the ledger, with a step on the trail for each."""
