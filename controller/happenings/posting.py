"""Keeps a board (InfluxDB) as the services say: what opened, cleared, was hidden or ended early is there within seconds.

What stands on the board is read once, so neither a restart nor a time without a board loses anything; after that, the few
alerts that began or ceased to stand are looked at in every round, and the last hours as a whole once a minute.
"""

from collections.abc import Callable, Iterable
from typing import Final

from campus.influx import ALERT_MEASUREMENT, MAINTENANCE_MEASUREMENT
from controller.alerts.model import Alert, AlertState
from controller.figure import Figure
from controller.happenings.model import Happening, Key
from controller.happenings.port import Alerts, Board, Silences
from controller.happenings.service import HappeningService
from controller.happenings.telling import of_silences
from controller.identity.scope import SYSTEM

MINUTE_MS: Final = 60_000
LOOK_BACK_MS: Final = 3 * 3_600_000
"""What the database kept back for so long, while it or the board was away, is found; more after a longer time away."""
KEPT_MS: Final = 2 * 86_400_000
"""Points that ended are remembered for so long."""
MOST: Final = 100_000


class Posting:
    """Constructed inert; `tend` belongs to one thread."""

    def __init__(
        self,
        service: HappeningService,
        alerts: Alerts,
        silences: Silences,
        board: Board,
        clock: Callable[[], int],
        board_keeps_ms: int,
    ) -> None:
        """`board_keeps_ms`: what began earlier than that before now has no place on the board (any more)."""
        self._service = service
        self._alerts = alerts
        self._silences = silences
        self._board = board
        self._clock = clock
        self._reach_ms = board_keeps_ms
        self._posted: dict[Key, Happening] = {}
        self._open: dict[int, Key] = {}
        """Alerts that stand open on the board."""
        self._whole_until = 0
        """The board has all that happened before; 0 while nobody has looked."""
        self._in_force: object = None
        self._written = 0
        self._removed = 0

    def tend(self, now: int) -> None:
        """Every few seconds. `Transient` while the board or the database is away: the next round brings it."""
        if not self._whole_until:
            self._read(now)
        if now - self._whole_until >= MINUTE_MS or now < self._whole_until:
            self._look_at_all(now)
        else:
            self._look_at_changes(now)
        in_force = self._silences.in_force(now)
        if in_force is not self._in_force:
            self._look_at_silences(now)
            self._in_force = in_force

    def figures(self) -> list[Figure]:
        """What `/metrics` says."""
        return [
            Figure("annotations_written_total", "Points of alerts and maintenance written to InfluxDB", self._written),
            Figure("annotations_removed_total", "Such points taken away: hidden, or never begun", self._removed),
            Figure("annotations_open", "Alerts that stand open there", len(self._open)),
            Figure(
                "annotations_refused_total", "Batches of them InfluxDB will never take as a whole", self._board.refused
            ),
        ]

    def close(self) -> None:
        """After the last round."""
        self._board.close()

    def _read(self, now: int) -> None:
        found = {each.key: each for each in self._board.posted(now - self._reach_ms)}
        self._posted, self._open = found, {}
        for each in found.values():
            self._note(each)
        self._whole_until = 1

    def _look_at_all(self, now: int) -> None:
        """Alerts of the last hours, and those that stand, whose end is now."""
        since = max(now - self._reach_ms, min(now, self._whole_until) - LOOK_BACK_MS)
        told = [each for each in self._alerts.told_during(SYSTEM, since, now + 1, MOST) if self._has_place(each, now)]
        wanted = {each.key: each for each in self._service.of_alerts(told)}
        open_ = set(self._open.values())
        stale = [
            key
            for key in self._posted
            if key.measurement == ALERT_MEASUREMENT and (key.at >= since or key in open_) and key not in wanted
        ]
        # Those that opened before and are neither open nor lately cleared any more did not come with the others.
        ids = {int(self._posted[key].fields["id"]) for key in stale}
        ended = [each for each in self._alerts.by_ids(SYSTEM, ids) if each.stands and self._has_place(each, now)]
        wanted |= {each.key: each for each in self._service.of_alerts(ended)}
        self._put(wanted.values())
        self._take_away(key for key in stale if key not in wanted)
        self._forget(now)
        self._whole_until = now

    def _look_at_changes(self, now: int) -> None:
        """Alerts that stand and are not open on the board, or with another severity, and those of which neither is true."""
        standing = self._alerts.standing(SYSTEM)
        fresh = {
            number
            for number, each in standing.items()
            if number not in self._open or ("severity", str(each.severity)) not in self._open[number].tags
        }
        changed = fresh | (self._open.keys() - standing.keys())
        if not changed:
            return
        alerts = {each.id: each for each in self._alerts.by_ids(SYSTEM, changed) if each.stands}
        # What comes and goes is open there while it is good for a moment; the look at all lets its end wander.
        same = {number for number, each in alerts.items() if each.state is AlertState.OPEN} - fresh
        told = [each for number, each in alerts.items() if number not in same and self._has_place(each, now)]
        points = self._service.of_alerts(told)
        kept = {each.key for each in points} | {self._open[number] for number in same}
        stale = {key for number in changed if (key := self._open.get(number)) is not None} - kept
        self._put(points)
        self._take_away(stale)

    def _look_at_silences(self, now: int) -> None:
        begun = self._silences.begun(SYSTEM, now - self._reach_ms, now + 1)
        wanted = {each.key: each for each in of_silences(begun)}
        self._put(wanted.values())
        self._take_away(
            [key for key in self._posted if key.measurement == MAINTENANCE_MEASUREMENT and key not in wanted]
        )

    def _has_place(self, alert: Alert, now: int) -> bool:
        return alert.opened_at > now - self._reach_ms

    def _put(self, happenings: Iterable[Happening]) -> None:
        fresh = [each for each in happenings if self._posted.get(each.key) != each]
        if fresh:
            self._board.post(fresh)
        for each in fresh:
            self._posted[each.key] = each
            self._note(each)
        self._written += len(fresh)

    def _take_away(self, keys: Iterable[Key]) -> None:
        gone = list(keys)
        if gone:
            self._board.remove(gone)
        for key in gone:
            happening = self._posted.pop(key, None)
            if happening is not None and self._open.get(int(happening.fields["id"])) == key:
                del self._open[int(happening.fields["id"])]
        self._removed += len(gone)

    def _note(self, happening: Happening) -> None:
        if happening.key.measurement != ALERT_MEASUREMENT:
            return
        number = int(happening.fields["id"])
        if happening.is_open:
            self._open[number] = happening.key
        elif self._open.get(number) == happening.key:
            del self._open[number]

    def _forget(self, now: int) -> None:
        """Alerts long over, which nobody will change."""
        open_ = set(self._open.values())
        for key in [key for key in self._posted if key.at < now - KEPT_MS]:
            if key.measurement == ALERT_MEASUREMENT and key not in open_:
                del self._posted[key]
