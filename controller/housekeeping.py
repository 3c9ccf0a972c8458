"""Work that comes round: each kind in a thread of its own, supervised, stopped with the controller."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from campus.errors import Transient
from controller.figure import Figure

STOP_TIMEOUT_S: Final = 30.0
"""How long a stop waits for work under way: closing a day can take some seconds."""
_log = logging.getLogger(__name__)


class Recurring:
    """Calls `work(now)` every `interval_s` seconds, and at once when it is woken, never twice at once, until it is stopped.

    What the work raises is counted in `failures` and logged when it begins and when it ends; the next round comes all
    the same.
    """

    def __init__(self, name: str, interval_s: float, work: Callable[[int], None], clock: Callable[[], int]) -> None:
        self.name = name
        self.rounds = 0
        self.busy_s = 0.0
        self.failures: Counter[str] = Counter()
        self._interval_s = interval_s
        self._work = work
        self._clock = clock
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_failing = False

    def start(self) -> None:
        """Begin; the first round comes at once."""
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Do not wait for the next round. From any thread; many calls before a round begins make one round."""
        self._woken.set()

    def stop(self) -> None:
        """End after the round under way; harmless when called twice or before `start`."""
        self._stopping.set()
        self._woken.set()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT_S)

    def figures(self) -> list[Figure]:
        """Rounds and failures."""
        name = ("work", self.name)
        failures = self.failures.copy().items()
        return [
            Figure("housekeeping_rounds_total", "Rounds of recurring work", self.rounds, (name,)),
            Figure("housekeeping_seconds_total", "Time spent in them", self.busy_s, (name,)),
            *(
                Figure("housekeeping_failures_total", "Rounds that failed", count, (name, ("reason", reason)))
                for reason, count in sorted(failures)
            ),
        ]

    def _run(self) -> None:
        while True:
            self._woken.clear()
            if self._stopping.is_set():  # looked at after the clearing: a stop wakes too, and must not be slept over
                return
            self._round()
            self._woken.wait(self._interval_s)

    def _round(self) -> None:
        started = time.monotonic()
        try:
            self._work(self._clock())
        except Transient as error:
            self._failed("transient", error)
        except Exception as error:  # noqa: BLE001 - the edge of a supervised task
            self._failed(type(error).__name__, error)
        else:
            if self._is_failing:
                _log.info("%s works again", self.name)
            self._is_failing = False
        self.busy_s += time.monotonic() - started
        self.rounds += 1

    def _failed(self, reason: str, error: Exception) -> None:
        self.failures[reason] += 1
        if not self._is_failing:
            _log.error("%s failed: %s", self.name, error, exc_info=not isinstance(error, Transient))
        self._is_failing = True
