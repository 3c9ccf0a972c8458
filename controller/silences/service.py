"""Use cases of silences: make one, look what it would hide first, extend, end and resume it, and say what is silenced now.

Thread-safe. A technician silences one school of theirs, an operator any part of their tree, each for at most `LONGEST_MS`
from now; what the caller does not see is `NotFound`. A window is seen by whoever sees one of the schools it covers.
"""

import logging
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Final

import sqlalchemy as sa
from sqlmodel import Session, col, select

from campus.errors import ConfigError, Transient
from campus.ids import DeviceId, SiteId
from controller.alerts.model import Alert, AlertState
from controller.calendar.model import Hours
from controller.figure import Figure
from controller.identity.scope import SYSTEM, Denied, NotFound, Role, Scope
from controller.registry.database import reading, writing
from controller.silences.model import (
    HOUR_MS,
    LONGEST_MS,
    MAX_STANDING,
    Begun,
    Days,
    Draft,
    Preview,
    Problem,
    Shown,
    Standing,
    Subject,
    Window,
    problems_of,
)
from controller.silences.places import Tree
from controller.silences.port import Alerts, Calendar, Registry, SchoolDays, Topology
from controller.silences.recurrence import joined, spans
from controller.silences.rows import columns_of, window_of
from controller.silences.standing import InForce, Placed, in_force
from controller.silences.tables import SilenceRow

DAY_MS: Final = 24 * HOUR_MS
LOOKED_BACK_MS: Final = 30 * DAY_MS
LOOKED_AHEAD_MS: Final = 7 * DAY_MS
MOST_ALERTS: Final = 20_000
"""Alerts a preview looks at; of a district with more in 30 days the newest."""
MOST_LAID_OVER: Final = 50
"""Schools whose calendars a picture lays over one another."""
KEPT_MS: Final = 400 * DAY_MS
LONGEST_SPAN_MS: Final = 100 * DAY_MS
"""Longer than any vacation, which is the longest that a window which comes again is in force."""
MOST_PAST: Final = 100
"""Windows that are over and listed all the same."""
_USUAL: Final = SiteId("")
_log = logging.getLogger(__name__)


class SilenceService:
    """Every method may be called from any thread; `in_force` answers mostly from memory."""

    def __init__(
        self,
        engine: sa.Engine,
        registry: Registry,
        calendar: Calendar,
        alerts: Alerts,
        clock: Callable[[], int],
        topology: Topology | None = None,
    ) -> None:
        """Without a topology nothing is known to hang on what is in maintenance."""
        self._engine = engine
        self._registry = registry
        self._calendar = calendar
        self._alerts = alerts
        self._clock = clock
        self._topology = topology
        self._lock = Lock()
        self._in_force = InForce({}, registry, 0, 0)
        self._is_stale = True

    # What is silenced.

    def in_force(self, now: int) -> InForce:
        """What is silenced at `now`; the same object until that changes. While the database is away, the last answer."""
        with self._lock:
            if self._is_stale or not self._in_force.at <= now < self._in_force.until:
                try:
                    fresh = self._worked_out(now)
                except Transient as error:
                    _log.warning("silences cannot be read", extra={"detail": str(error)})
                    return self._in_force
                if self._is_stale or not fresh.is_like(self._in_force):
                    self._in_force = fresh
                else:
                    self._in_force.renew(fresh)
                self._is_stale = False
            return self._in_force

    # What people ask.

    def windows(self, scope: Scope) -> list[Shown]:
        """Windows that cover a school of the caller: in force, then coming, then the `MOST_PAST` that were over last."""
        now = self._clock()
        tree, seen, past = self._tree(SYSTEM), list[Window](), 0
        with reading(self._engine) as session:
            for row in session.exec(select(SilenceRow).order_by(col(SilenceRow.until).desc())):
                window = window_of(row)
                if scope.visible(tree.sites_of(window.draft.selector)):
                    past += window.until <= now
                    if window.until > now or past <= MOST_PAST:
                        seen.append(window)
        order = list(Standing)
        shown = self._shown(scope, seen, now)
        return sorted(shown, key=lambda each: (order.index(each.standing), _by_time(each)))

    def window(self, scope: Scope, silence_id: int) -> Shown:
        """One of them."""
        with reading(self._engine) as session:
            row = session.get(SilenceRow, silence_id)
        shown = self._shown(scope, [window_of(row)] if row else [], self._clock())
        if not shown:
            raise NotFound
        return shown[0]

    def begun(self, scope: Scope, start: int, end: int) -> list[Begun]:
        """Each time a window came, or will come, into force within [start, end) (UTC ms) at a school of the caller, oldest first.

        Of a window of some schools once for each of them, and so of one that follows their calendars.
        """
        tree, found = self._tree(SYSTEM), list[Begun]()
        with reading(self._engine) as session:
            during = (col(SilenceRow.until) > start, col(SilenceRow.starts_at) < end)
            windows = [window_of(row) for row in session.exec(select(SilenceRow).where(*during))]
        for window in windows:
            sites = sorted(scope.visible(tree.sites_of(window.draft.selector)))
            is_alike = not window.draft.pattern.asks_calendar
            alike = self._spans_begun(window, sites[:1], start, end) if is_alike else []
            if sites and is_alike and not _has_place(window.draft):
                found += [Begun(window, None, *span) for span in alike]
                continue
            for site in sites:
                spans_there = alike if is_alike else self._spans_begun(window, [site], start, end)
                found += [Begun(window, site, *span) for span in spans_there]
        return sorted(found, key=lambda each: (each.begins_at, each.window.id, each.site or ""))

    def _spans_begun(self, window: Window, sites: Sequence[SiteId], start: int, end: int) -> list[tuple[int, int]]:
        """With their true ends."""
        if window.draft.pattern.is_once:
            reached = [(window.draft.starts_at, window.until)] if window.until > window.draft.starts_at else []
        else:
            reached = self.spans_of(window, sites, start - 1, end + LONGEST_SPAN_MS)
        return [(begins, ends) for begins, ends in reached if start <= begins < end]

    def hidden_by(self, scope: Scope, silence_id: int, limit: int = 200) -> list[Alert]:
        """The alerts of the caller's schools that a window has hidden, newest first."""
        self.window(scope, silence_id)
        return list(self._alerts.silenced_by(scope, silence_id, limit))

    def problems(self, scope: Scope, draft: Draft) -> list[Problem]:
        """What is wrong with a draft; empty when the caller may save it."""
        found = problems_of(draft, scope.role, self._clock())
        chosen, sites = draft.selector, self._tree(SYSTEM).sites_of(draft.selector)
        is_mine = bool(sites) and all(scope.sees(site) for site in sites) and (_has_place(draft) or scope.sites is None)
        if not is_mine or (scope.role < Role.OPERATOR and not chosen.site):
            return [Problem.NO_PLACE, *found]
        if (
            chosen.site
            and chosen.room
            and chosen.room not in {each.id for each in self._registry.rooms(SYSTEM, chosen.site)}
        ):
            found.append(Problem.NO_DEVICE)
        if chosen.site and chosen.device and not self._devices(scope, draft):
            found.append(Problem.NO_DEVICE)
        if chosen.rule and not self._is_rule(chosen.rule):
            found.append(Problem.NO_RULE)
        return found

    def preview(self, scope: Scope, draft: Draft) -> Preview:
        """What a draft would do, of the caller's schools; `ConfigError` when it points nowhere."""
        sites = self._tree(scope).sites_of(draft.selector)
        if not sites:
            raise ConfigError("there is no such place: choose a school or a part of the district")
        now = self._clock()
        is_open = self._alerts.alerts(scope, state=AlertState.OPEN, limit=MOST_ALERTS)
        lately = self._alerts.opened_since(scope, now - LOOKED_BACK_MS, MOST_ALERTS)
        is_in = self._when(draft, sites, now)
        covered = [each for each in is_open if each.site in sites and self._covers(draft, each)]
        hidden = [each for each in lately if is_in(each) and self._covers(draft, each)]
        calendars = self._calendar.schools(SYSTEM, sites, now)
        asks_bells = draft.pattern.days is Days.OUTSIDE_SCHOOL
        return Preview(
            sites=len(sites),
            devices=len(self._devices(scope, draft)),
            open_alerts=tuple(covered),
            of_30_days=len(hidden),
            danger=sum(self._is_danger(each) for each in {each.id: each for each in (*covered, *hidden)}.values()),
            unknown_hours=sum(not calendars[site].knows(Hours.SCHOOL) for site in sites) if asks_bells else 0,
        )

    # What people do.

    def silence(self, scope: Scope, draft: Draft) -> Window:
        """Put a window in force; `ConfigError` when something is wrong with it, see `problems`."""
        now = self._clock()
        if scope.role not in LONGEST_MS:
            raise Denied("this needs the role technician or higher")
        problems = self.problems(scope, draft)
        with writing(self._engine) as session:
            if self._count_standing(session, now) >= MAX_STANDING:
                problems.append(Problem.TOO_MANY)
            if problems:
                raise ConfigError(f"this silence cannot be saved: {', '.join(problems)}")
            row = SilenceRow(**columns_of(draft), made_by=scope.user, made_at=now)
            session.add(row)
            session.execute(sa.delete(SilenceRow).where(col(SilenceRow.until) < now - KEPT_MS))
            session.flush()
            saved = window_of(row)
        self._forget()
        return saved

    def end(self, scope: Scope, silence_id: int) -> Window:
        """End a window now; harmless when it is over."""
        return self._change(scope, silence_id, _ended)

    def resume(self, scope: Scope, silence_id: int) -> Window:
        """Take the end back; harmless when nobody ended it, or when its time is over by now."""
        return self._change(scope, silence_id, _resumed)

    def extend(self, scope: Scope, silence_id: int, until: int) -> Window:
        """Let it last until `until` (UTC ms); `ConfigError` when that is over or further than the caller's role may."""
        now = self._clock()
        if not now < until <= now + LONGEST_MS.get(scope.role, 0):
            raise ConfigError("choose an end that is still to come, and no further than you may silence")

        def extended(row: SilenceRow, _scope: Scope, _now: int) -> None:
            row.until, row.ended_at, row.ended_by = until, 0, ""

        return self._change(scope, silence_id, extended)

    def figures(self) -> list[Figure]:
        """What `/metrics` says."""
        return [
            Figure("silences_in_force", "Silences and maintenance windows in force", len(self._in_force.windows())),
            Figure("schools_silenced", "Schools where something is silenced", len(self._in_force.sites)),
        ]

    def _worked_out(self, now: int) -> InForce:
        standing = (col(SilenceRow.until) > now, col(SilenceRow.ended_at) == 0)
        with reading(self._engine) as session:
            found = [window_of(row) for row in session.exec(select(SilenceRow).where(*standing))]
        if not found:
            return in_force([], {}, self._usual(now), self._registry, now)
        tree = self._tree(SYSTEM)
        placed = [Placed(window, tree.sites_of(window.draft.selector)) for window in found]
        asking = {site for window, sites in placed if window.draft.pattern.asks_calendar for site in sites}
        calendars = self._calendar.schools(SYSTEM, asking, now)
        return in_force(placed, calendars, self._usual(now), self._registry, now, self._way_of)

    def _way_of(self, site: SiteId) -> Mapping[DeviceId, Sequence[DeviceId]]:
        return self._topology.parents(SYSTEM, site) if self._topology else {}

    def _usual(self, now: int) -> SchoolDays:
        return self._calendar.schools(SYSTEM, [_USUAL], now)[_USUAL]

    def _shown(self, scope: Scope, windows: Iterable[Window], now: int) -> list[Shown]:
        tree = self._tree(SYSTEM)
        places = {window: tree.sites_of(window.draft.selector) for window in windows}
        seen = {window: tuple(sorted(scope.visible(sites))) for window, sites in places.items()}
        hid = self._alerts.silenced_counts(scope, [window.id for window, sites in seen.items() if sites])
        return [
            self._shown_one(
                scope, window, seen[window], hid.get(window.id, 0), now, is_whole=len(seen[window]) == len(all_)
            )
            for window, all_ in places.items()
            if seen[window]
        ]

    def _shown_one(
        self, scope: Scope, window: Window, sites: tuple[SiteId, ...], hid: int, now: int, *, is_whole: bool
    ) -> Shown:
        is_trusted = scope.role >= Role.OPERATOR or (scope.role in LONGEST_MS and scope.user == window.made_by)
        may_change = is_whole and is_trusted and (_has_place(window.draft) or scope.sites is None)
        if window.until <= now:
            return Shown(window, Standing.PAST, sites, hid, may_change=may_change)
        ahead = self.spans_of(window, sites, now, min(now + LOOKED_AHEAD_MS, window.until))
        is_now = bool(ahead) and ahead[0][0] <= now
        next_at = (ahead[0][1] if is_now else ahead[0][0]) if ahead else 0
        standing = Standing.NOW if is_now else Standing.COMING
        return Shown(window, standing, sites, hid, next_at or max(window.draft.starts_at, 0), may_change)

    def spans_of(self, window: Window, sites: Sequence[SiteId], start: int, end: int) -> list[tuple[int, int]]:
        """When a window is in force at any of some schools within [start, end); of many, of the first `MOST_LAID_OVER`."""
        pattern, begins, ends = window.draft.pattern, max(start, window.draft.starts_at), min(end, window.until)
        some = sites[: MOST_LAID_OVER if pattern.asks_calendar else 1]
        calendars = self._calendar.schools(SYSTEM, some, start)
        return joined(span for site in some for span in spans(pattern, calendars[site], begins, ends))

    def _tree(self, scope: Scope) -> Tree:
        """The caller's schools, centre included."""
        parents = {each.id: each.parent for each in self._registry.organisations(SYSTEM)}
        return Tree({each.id: each.organisation for each in self._registry.sites(scope)}, parents)

    def _devices(self, scope: Scope, draft: Draft) -> list[DeviceId]:
        chosen = draft.selector
        sites = self._tree(scope).sites_of(chosen)
        found = self._registry.devices(scope, chosen.site or None, chosen.kind)
        return [
            each.id
            for each in found
            if each.site in sites and chosen.covers_device(each.site, each.id, each.kind, each.room)
        ]

    def _covers(self, draft: Draft, alert: Alert) -> bool:
        return draft.selector.matches(self._subject(alert))

    def _subject(self, alert: Alert) -> Subject:
        site, device = alert.site, alert.device
        kind, room = self._registry.kind_of(site, device), self._registry.room_of(site, device)
        return Subject(site, device, kind, room, alert.rule, alert.severity)

    def _when(self, draft: Draft, sites: frozenset[SiteId], now: int) -> Callable[[Alert], bool]:
        """Whether a draft's pattern would have held when an alert of the last 30 days opened."""
        if draft.pattern.is_once:
            return lambda alert: alert.site in sites
        calendars = self._calendar.schools(SYSTEM, sites, now)
        held: dict[SiteId, list[tuple[int, int]]] = {}

        def is_in(alert: Alert) -> bool:
            if alert.site not in sites:
                return False
            if alert.site not in held:
                held[alert.site] = spans(draft.pattern, calendars[alert.site], now - LOOKED_BACK_MS, now)
            place = bisect_right(held[alert.site], (alert.opened_at, now)) - 1
            return place >= 0 and alert.opened_at < held[alert.site][place][1]

        return is_in

    def _is_rule(self, rule: str) -> bool:
        try:
            self._alerts.rule(rule)
        except NotFound:
            return False
        return True

    def _is_danger(self, alert: Alert) -> bool:
        try:
            return self._alerts.rule(alert.rule, alert.site).is_danger
        except NotFound:
            return False

    def _change(self, scope: Scope, silence_id: int, act: Callable[[SilenceRow, Scope, int], None]) -> Window:
        shown = self.window(scope, silence_id)
        if not shown.may_change:
            raise Denied("this covers more than is yours: ask who made it")
        with writing(self._engine) as session:
            row = session.get_one(SilenceRow, silence_id)
            act(row, scope, self._clock())
            session.flush()
            changed = window_of(row)
        self._forget()
        return changed

    def _count_standing(self, session: Session, now: int) -> int:
        standing = sa.select(sa.func.count()).where(col(SilenceRow.until) > now, col(SilenceRow.ended_at) == 0)
        return int(session.execute(standing).scalar_one())

    def _forget(self) -> None:
        with self._lock:
            self._is_stale = True


def _has_place(draft: Draft) -> bool:
    return bool(draft.selector.site or draft.selector.organisation)


def _by_time(shown: Shown) -> int:
    return shown.next_at if shown.standing is not Standing.PAST else -shown.window.until


def _ended(row: SilenceRow, scope: Scope, now: int) -> None:
    if not row.ended_at and row.until > now:
        row.ended_at, row.ended_by = now, scope.user


def _resumed(row: SilenceRow, _scope: Scope, _now: int) -> None:
    row.ended_at, row.ended_by = 0, ""
