"""Looks at orders as time passes: proves repairs by telemetry, reopens what came back, tells of broken promises.

Telemetry is asked about what it saw: an order whose causes are empty is never "verified", it is closed when nobody tells
of it again for some days. What proves a repair: none of the causes is an open alert of any kind, hushed ones too; fresh
samples; the device answers where it is asked; all that for `verify_min` without a break, as seen from here.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from enum import StrEnum
from math import isnan
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlmodel import col, select

from campus.errors import CampusError
from campus.ids import DeviceId, SiteId
from controller.alerts.model import Alert, AlertState
from controller.figure import Figure, labelled
from controller.identity.scope import SYSTEM
from controller.registry.database import reading, writing
from controller.workorders.ledger import Ledger
from controller.workorders.model import Act, Actor, Cause, Command, Order, OrderState
from controller.workorders.photos import Album
from controller.workorders.port import Alerts, Telemetry
from controller.workorders.rows import order_of
from controller.workorders.tables import OrderRow
from controller.workorders.terms import WorkOrderSettings

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
FRESH_MS: Final = 15 * MINUTE_MS
"""A device that was not measured for so long proves nothing."""
PROVE_WITHIN_MS: Final = 60 * MINUTE_MS
"""An alert that is still open so long after its order was done says that it was not."""
FORGET_PHOTOS_MS: Final = 3_600_000
MOST_AT_ONCE: Final = 5_000
_SYSTEM: Final = Actor(SYSTEM.user, is_overseer=True, is_system=True)
Fault = tuple[str, str, str, str]
"""Rule, site, device, instance."""


class Found(StrEnum):
    """Why the system moved an order: the note of its step; the console has the words (``order.found_...``)."""

    HEALTHY = "healthy"
    CAME_BACK = "came_back"
    STILL_THERE = "still_there"
    QUIET = "quiet"
    TOLD_AGAIN = "told_again"


class _Site(NamedTuple):
    """A school at one look: open alerts of any kind, by device; when each device was heard, and how it answered."""

    alerts: set[tuple[str, Cause]]
    ids: set[int]
    devices: dict[DeviceId, tuple[int, float]]


class Prover:
    """`tend` is called by one thread, the others by any."""

    def __init__(
        self,
        engine: sa.Engine,
        alerts: Alerts,
        telemetry: Telemetry,
        album: Album,
        settings: WorkOrderSettings,
    ) -> None:
        self._engine = engine
        self._alerts = alerts
        self._telemetry = telemetry
        self._album = album
        self._settings = settings
        self._healthy_since: dict[int, int] = {}
        """Of orders that are done; lost at a restart, which only makes the proof take longer."""
        self._known: dict[int, Alert] = {}
        self._sites: dict[SiteId, _Site | None] = {}
        """Of one round."""
        self._photos_at = 0
        self.counts: Counter[str] = Counter()
        """What was found, by what."""

    def healthy_since(self, order: int) -> int:
        """Since when nothing has spoken against the repair of an order that is done (UTC ms); 0: something does."""
        return self._healthy_since.get(order, 0)

    def tend(self, now: int) -> None:
        """A few times a minute. `Transient` when the database is away."""
        done, over = self._done(), self._over_since(now - round(self._settings.reopen_days * DAY_MS))
        self._sites = {}
        if done or over:
            standing = self._standing()
            for order in done:
                self._weigh(order, standing, now)
            for order in over:
                self._watch(order, standing, now)
        self._healthy_since = {order.id: at for order in done if (at := self._healthy_since.get(order.id))}
        if now >= self._photos_at:
            self._photos_at = now + FORGET_PHOTOS_MS
            with writing(self._engine) as session:
                self.counts["photo_forgotten"] += self._album.forget_old(session, now)

    def figures(self) -> list[Figure]:
        """What `/metrics` says."""
        return list(
            labelled("order_findings_total", "Orders moved, and photos deleted, by the system", "what", self.counts)
        )

    def _weigh(self, order: Order, standing: dict[Fault, Alert], now: int) -> None:
        """An order that is done: proved, refuted, or not yet."""
        back = _worst(order, standing)
        if back is not None:
            self._healthy_since.pop(order.id, None)
            if back.opened_at > order.done_at:
                self._move(order, Act.REOPEN, Found.CAME_BACK, back.id, now)
            elif now - order.done_at > PROVE_WITHIN_MS:
                self._move(order, Act.REOPEN, Found.STILL_THERE, back.id, now)
            return
        if not order.causes:
            if now - order.done_at >= self._settings.quiet_days * DAY_MS:
                self._move(order, Act.CLOSE, Found.QUIET, 0, now)
            return
        if not self._is_healthy(order, now):
            self._healthy_since.pop(order.id, None)
            return
        since = self._healthy_since.setdefault(order.id, now)
        if now - since >= self._settings.verify_min * MINUTE_MS:
            self._move(order, Act.VERIFY, Found.HEALTHY, 0, now)

    def _watch(self, order: Order, standing: dict[Fault, Alert], now: int) -> None:
        """An order that is over: reopened when its fault comes back."""
        back = _worst(order, standing)
        if back is not None and back.opened_at > order.closed_at:
            self._move(order, Act.REOPEN, Found.CAME_BACK, back.id, now)

    def _is_healthy(self, order: Order, now: int) -> bool:
        """Whether nothing speaks against the repair, and something for it."""
        if order.site not in self._sites:
            self._sites[order.site] = self._look_at(order.site)
        seen = self._sites[order.site]
        if seen is None or order.alert in seen.ids:  # by id: what the device told of may be another rule's by now
            return False
        if any((str(order.device), cause) in seen.alerts for cause in order.causes):
            return False
        if not order.device:
            return True
        newest_at, answer = seen.devices.get(order.device, (0, 0.0))
        return now - newest_at <= FRESH_MS and (isnan(answer) or answer > 0)

    def _look_at(self, site: SiteId) -> _Site | None:
        """What stands at a school now; None when it cannot be asked."""
        try:
            alerts = self._alerts.alerts(SYSTEM, state=AlertState.OPEN, site=site, limit=MOST_AT_ONCE)
            told = self._telemetry.devices_now(SYSTEM, site)
        except CampusError:
            return None
        columns = zip(told.devices, told.newest_at.tolist(), told.reachable.tolist(), strict=True)
        return _Site(
            {(str(each.device), Cause(each.rule, each.instance)) for each in alerts},
            {each.id for each in alerts},
            {device: (newest_at, answer) for (_, device), newest_at, answer in columns},
        )

    def _move(self, order: Order, act: Act, found: Found, alert: int, now: int) -> None:
        """Once for each time the order was done and each alert, however often it is found."""
        command = Command(f"{act}-{order.done_at or order.closed_at}-{alert}", act, note=_note(found, alert))
        with writing(self._engine) as session:
            row = session.get(OrderRow, order.id, with_for_update=True)
            if row is None or row.state != order.state:  # somebody was quicker: it is looked at again
                return
            Ledger(session, now).apply(row, command, _SYSTEM)
        self._healthy_since.pop(order.id, None)
        self.counts[found.value] += 1

    def _standing(self) -> dict[Fault, Alert]:
        """Open alerts that stand for themselves: one that hides behind a cut line is no sign that a repair failed."""
        ids = self._alerts.standing(SYSTEM).keys()
        # One a device told of itself, which has no metric, may become a rule's: it is read again.
        self._known = {alert: told for alert, told in self._known.items() if alert in ids and told.metric}
        self._known |= {each.id: each for each in self._alerts.by_ids(SYSTEM, ids - self._known.keys())}
        return {(each.rule, str(each.site), str(each.device), each.instance): each for each in self._known.values()}

    def _done(self) -> list[Order]:
        return self._orders(col(OrderRow.state) == OrderState.DONE.value, col(OrderRow.closed_at) == 0)

    def _over_since(self, at: int) -> list[Order]:
        ends = [OrderState.VERIFIED.value, OrderState.CLOSED.value]
        return self._orders(col(OrderRow.closed_at) > at, col(OrderRow.state).in_(ends), col(OrderRow.causes) != "[]")

    def _orders(self, *wanted: sa.ColumnElement[bool]) -> list[Order]:
        newest = select(OrderRow).where(*wanted).order_by(col(OrderRow.id).desc()).limit(MOST_AT_ONCE)
        with reading(self._engine) as session:
            return [order_of(row) for row in session.exec(newest)]


def _worst(order: Order, standing: dict[Fault, Alert]) -> Alert | None:
    """The alert of an order's causes that was opened last."""
    its_own = [each for each in standing.values() if order.alert and each.id == order.alert]
    keys: Iterable[Fault] = ((each.rule, str(order.site), str(order.device), each.instance) for each in order.causes)
    found: Collection[Alert] = [standing[key] for key in keys if key in standing]
    return max([*found, *its_own], key=lambda each: each.opened_at, default=None)


def _note(found: Found, alert: int) -> str:
    """What stands in the history: the finding, and the alert it is about.

    >>> _note(Found.CAME_BACK, 12), _note(Found.QUIET, 0)
    ('came_back 12', 'quiet')
    """
    return f"{found} {alert}" if alert else str(found)
