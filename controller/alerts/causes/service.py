"""What a fault takes away, and what it is called: for pages and messages. Any thread."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.alerts.causes.judge import floor_of_instance
from controller.alerts.causes.model import Blame, Effect, Part, Reason, part_of
from controller.alerts.causes.port import Calendar, Registry, Topology
from controller.alerts.causes.view import SiteMap
from controller.alerts.causes.words import headline
from controller.alerts.model import Alert
from controller.alerts.service import AlertService
from controller.identity.scope import NotFound, Scope

AHEAD_MS: Final = 2 * 3_600_000
_TEACHING: Final = frozenset(
    {DeviceKind.BOARD, DeviceKind.PROJECTOR, DeviceKind.ACCESS_POINT, DeviceKind.SWITCH, DeviceKind.OTHER}
)
"""What a lesson may need."""


class CauseService:
    """Asks when it is asked. What the caller does not see is `NotFound`, or left out of what an alert takes away."""

    def __init__(
        self,
        alerts: AlertService,
        registry: Registry,
        topology: Topology,
        calendar: Calendar,
        clock: Callable[[], int],
    ) -> None:
        self._alerts = alerts
        self._registry = registry
        self._topology = topology
        self._calendar = calendar
        self._clock = clock

    def headline(self, alert: Alert) -> Reason | None:
        """What an alert is called now that it is known what broke (English, Chinese); None: as its rule is."""
        part = self._part(alert)
        return headline(part, alert.verdict) if part is not None else None

    def effect(self, scope: Scope, alert_id: int) -> Effect:
        """What an alert takes away: devices, rooms, and lessons there within the next two hours.

        A lesson counts where its room has a board, a projector or a network of its own that is gone; none does while only
        the school's agent has stopped.
        """
        alert = self._alerts.alert(scope, alert_id)
        hidden = self._alerts.hidden_behind(scope, alert_id)
        part = self._part(alert)
        if part is Part.DISTRICT:
            sites = sorted({each.site for each in hidden if self._part(each) is Part.SCHOOL})
            return _joined([self._of_school(scope, site, alert.verdict) for site in sites])
        is_dark = part is Part.POWER and any(self._part(each) is Part.SCHOOL for each in hidden)
        if part is Part.SCHOOL or is_dark:
            return self._of_school(scope, alert.site, alert.verdict)
        return self._of_part(scope, alert, hidden, part)

    def _of_school(self, scope: Scope, site: SiteId, verdict: str) -> Effect:
        known = SiteMap(site, self._registry, self._topology)
        found = self._of_devices(scope, known, [each for each in known.devices if each != known.agent])
        if verdict == Blame.AGENT:
            return Effect(found.devices, (), 0, 1, is_blind_only=True)
        return Effect(found.devices, found.rooms, found.lessons, 1)

    def _of_part(self, scope: Scope, alert: Alert, hidden: Iterable[Alert], part: Part | None) -> Effect:
        known = SiteMap(alert.site, self._registry, self._topology)
        tops = [alert.device] if part is Part.SILENCE else []
        if part is Part.PORT:
            tops = [
                device
                for (parent, device), ports in known.ports_to.items()
                if parent == alert.device and alert.instance in ports and parent in known.parents.get(device, ())
            ]
        if part is Part.FLOOR:
            tops = known.by_floor.get(floor_of_instance(alert.instance) or 0, [])
        lost = {each.device for each in hidden if self._part(each) is Part.SILENCE} | set(tops)
        if part is Part.POWER:
            lost -= {alert.device}
        return self._of_devices(scope, known, cut_off(known.parents, lost))

    def _of_devices(self, scope: Scope, known: SiteMap, lost: Collection[DeviceId]) -> Effect:
        devices = sorted(each for each in lost if each in known.devices)
        rooms = {known.devices[each].room for each in devices if known.devices[each].kind in _TEACHING} - {""}
        now = self._clock()
        lessons = self._calendar.lessons(scope, known.site, now, now + AHEAD_MS) if rooms else ()
        return Effect(
            devices=tuple((known.site, each) for each in devices),
            rooms=tuple((known.site, each) for each in sorted(rooms)),
            lessons=sum(lesson.room in rooms for lesson in lessons),
        )

    def _part(self, alert: Alert) -> Part | None:
        try:
            return part_of(self._alerts.rule(alert.rule))
        except NotFound:
            return None


def cut_off(parents: Mapping[DeviceId, Collection[DeviceId]], lost: Collection[DeviceId]) -> set[DeviceId]:
    """These, and every device all of whose ways lead over them.

    >>> parents = {"sw": ["gw"], "ap": ["sw"], "ring": ["sw", "other"]}
    >>> sorted(cut_off(parents, ["sw"]))
    ['ap', 'sw']
    """
    found = set(lost)
    grew = True
    while grew:
        more = {each for each, above in parents.items() if each not in found and above and set(above) <= found}
        found |= more
        grew = bool(more)
    return found


def _joined(effects: Collection[Effect]) -> Effect:
    return Effect(
        devices=tuple(each for effect in effects for each in effect.devices),
        rooms=tuple(each for effect in effects for each in effect.rooms),
        lessons=sum(effect.lessons for effect in effects),
        schools=sum(effect.schools for effect in effects),
        is_blind_only=bool(effects) and all(effect.is_blind_only for effect in effects),
    )
