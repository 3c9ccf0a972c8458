"""Step 12 of a sample's path, beside the others: what is durable and acknowledged is judged while the next group is stored.

One thread, in the order the groups were committed. A group that is not judged yet when the process dies is in the store; after
the restart alerting looks there for what the newest values contradict (`alerts.judging.resumption`). An alert that would
have begun and ended in such groups is never told.
"""

import logging
import queue
import threading
import time
from contextlib import suppress
from typing import Final

from controller.ingest.counters import IngestCounters
from controller.ingest.port import Committed, Judge

GROUPS_WAITING: Final = 2
"""Whoever brings another then waits: ingest cannot run away from alerting, nor memory grow."""
_log = logging.getLogger(__name__)


class Judging:
    """Constructed inert; `start`, `stop` and `hand_over` belong to whoever commits."""

    def __init__(self, judge: Judge, counters: IngestCounters) -> None:
        self._judge = judge
        self._counters = counters
        self._groups: queue.Queue[Committed | None] = queue.Queue(GROUPS_WAITING)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Before the first group."""
        self._thread = threading.Thread(target=self._run, name="judging", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """After the last group: return when all are judged, or in time; harmless when called twice."""
        thread, self._thread = self._thread, None
        if thread is not None:
            give_up_s = time.monotonic() + timeout_s
            with suppress(queue.Full):  # then it hangs, and ends with the process
                self._groups.put(None, timeout=timeout_s)
            thread.join(max(0.0, give_up_s - time.monotonic()))

    def hand_over(self, committed: Committed) -> None:
        """Have a group judged after those before it; waits while `GROUPS_WAITING` are before it."""
        self._groups.put(committed)

    @property
    def waiting(self) -> int:
        """Groups not judged yet. Any thread."""
        return self._groups.unfinished_tasks

    def _run(self) -> None:
        while (committed := self._groups.get()) is not None:
            try:
                self._judge.judge(committed)
            except Exception:  # noqa: BLE001 - the edge of a neighbour: the samples are safe, and the next group is judged
                _log.exception("a group could not be judged")
                self._counters.unexpected["judge"] += 1
            self._groups.task_done()
        self._groups.task_done()
