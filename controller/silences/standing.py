"""Which windows are in force where, until something changes. Pure but for what it asks of memory."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from campus.ids import DeviceId, SiteId
from campus.samples import Severity
from controller.alerts.causes.model import is_held
from controller.alerts.model import Rule
from controller.alerts.port import Hushed
from controller.silences.model import Kind, Subject, Window
from controller.silences.port import Registry, SchoolDays
from controller.silences.recurrence import spans
from controller.silences.words import said_of

LOOK_AHEAD_MS: Final = 300_000
"""What is in force is worked out anew at least this often, and at every edge of a window: calendars may change."""
LOOK_BACK_MS: Final = 2 * 86_400_000
"""What began earlier than this counts as if it had begun then."""


class Placed(NamedTuple):
    """A window and the schools it is about."""

    window: Window
    sites: frozenset[SiteId]


class Held(NamedTuple):
    """A window that is in force, and since when (UTC ms)."""

    window: Window
    since: int


Ways = Mapping[SiteId, Mapping[DeviceId, Sequence[DeviceId]]]
"""By school and device those over which it is reached."""


class InForce:
    """What is in force within [at, until) (UTC ms), by school. Any thread."""

    def __init__(
        self, held: Mapping[SiteId, Sequence[Held]], registry: Registry, at: int, until: int, ways: Ways | None = None
    ) -> None:
        """`ways`: over which devices others are reached, of schools where maintenance takes a part of them."""
        self.held = held
        self.at = at
        self.until = until
        self._registry = registry
        self.ways = ways or {}
        self._below: dict[tuple[int, SiteId], frozenset[DeviceId]] = {}
        self._taking = {each.window.id for some in held.values() for each in some if each.window.draft.takes_open}

    def renew(self, other: "InForce") -> None:
        """Hold for as long as one that is like it."""
        self.at, self.until = other.at, other.until

    def is_like(self, other: "InForce") -> bool:
        """Whether the same windows are in force in the same schools, and cover the same there."""
        return self.ways == other.ways and {
            site: [each.window for each in some] for site, some in self.held.items()
        } == {site: [each.window for each in some] for site, some in other.held.items()}

    @property
    def sites(self) -> frozenset[SiteId]:
        """Schools where anything is in force."""
        return frozenset(self.held)

    def windows(self) -> set[int]:
        """Ids of windows that are in force anywhere."""
        return {each.window.id for some in self.held.values() for each in some}

    def takes_open(self, silence: int) -> bool:
        """Whether a window that is in force takes in what was open before it began."""
        return silence in self._taking

    def covering(self, site: SiteId, device: DeviceId, rule: Rule, severity: Severity) -> Hushed | None:
        """The window that covers an alert: maintenance before a silence, then the one that lasts longest."""
        if site not in self.held:
            return None
        kind, room = self._registry.kind_of(site, device), self._registry.room_of(site, device)
        subject = Subject(site, device, kind, room, rule.id, severity, rule.is_danger)
        return _strongest(
            [
                each
                for each in self.held[site]
                if each.window.covers(subject) or (is_held(rule) and self._is_below(each, subject))
            ]
        )

    def _is_below(self, held: Held, subject: Subject) -> bool:
        """Whether it can only be reached over what is in maintenance.

        Asked of what may follow from that alone: a freezer that warms while its switch is being replaced is warm.
        """
        window = held.window
        is_allowed = window.takes_down and (window.draft.covers_danger or not subject.is_danger)
        return is_allowed and subject.device in self._all_below(window, subject.site)

    def _all_below(self, window: Window, site: SiteId) -> frozenset[DeviceId]:
        key = (window.id, site)
        if key not in self._below:
            self._below[key] = below(self.ways.get(site, {}), lambda device: self._is_down(window, site, device))
        return self._below[key]

    def _is_down(self, window: Window, site: SiteId, device: DeviceId) -> bool:
        kind, room = self._registry.kind_of(site, device), self._registry.room_of(site, device)
        return window.draft.selector.covers_device(site, device, kind, room)


def below(parents: Mapping[DeviceId, Sequence[DeviceId]], is_down: Callable[[DeviceId], bool]) -> frozenset[DeviceId]:
    """Devices that can only be reached over others that are down, by those each is reached over.

    >>> ring = {DeviceId("a"): (DeviceId("s1"), DeviceId("s2")), DeviceId("b"): (DeviceId("s1"),)}
    >>> sorted(below(ring, lambda device: device == "s1"))
    ['b']
    """
    down = {device for each in parents.values() for device in each if is_down(device)}
    found: set[DeviceId] = set()
    while more := {d for d, over in parents.items() if d not in found and over and set(over) <= down | found}:
        found |= more
    return frozenset(found)


def in_force(
    windows: Iterable[Placed],
    calendars: Mapping[SiteId, SchoolDays],
    usual: SchoolDays,
    registry: Registry,
    now: int,
    way_of: Callable[[SiteId], Mapping[DeviceId, Sequence[DeviceId]]] = lambda _: {},
) -> InForce:
    """What is in force at `now`. `usual` is asked for patterns that are the same everywhere."""
    found: dict[SiteId, list[Held]] = defaultdict(list)
    edges = [now + LOOK_AHEAD_MS]
    for window, sites in windows:
        begins, ends = max(window.draft.starts_at, now - LOOK_BACK_MS), min(window.until, now + LOOK_AHEAD_MS)
        for some, calendar in _by_calendar(window, sites, calendars, usual):
            for opens, closes in spans(window.draft.pattern, calendar, begins, ends):
                edges += [edge for edge in (opens, closes) if edge > now]
                if opens <= now < closes:
                    for site in some:
                        found[site].append(Held(window, opens))
        if window.draft.starts_at > now:
            edges.append(window.draft.starts_at)
    parts = {site for site, some in found.items() if any(each.window.takes_down_a_part for each in some)}
    return InForce(dict(found), registry, now, min(edges), {site: way_of(site) for site in parts})


def _by_calendar(
    window: Window, sites: frozenset[SiteId], calendars: Mapping[SiteId, SchoolDays], usual: SchoolDays
) -> Sequence[tuple[Collection[SiteId], SchoolDays]]:
    if not window.draft.pattern.asks_calendar:
        return [(sites, usual)]
    return [((site,), calendars[site]) for site in sites if site in calendars]


def _strongest(held: Sequence[Held]) -> Hushed | None:
    if not held:
        return None
    window, since = max(
        held, key=lambda each: (each.window.draft.kind is Kind.MAINTENANCE, each.window.until, each.window.id)
    )
    return Hushed(window.id, since, window.until, *said_of(window))
