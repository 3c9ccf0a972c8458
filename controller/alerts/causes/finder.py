"""The pass that finds causes: looks at open alerts as they come and as time passes, and writes what becomes of each.

What may follow from something else is held when it is raised (`controller.alerts.hushing.stages`). Here it goes behind its cause,
or is shown, saying why, or is shown because its time is over. Everything is worked out anew from what is written and
measured, so a restart changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlmodel import col

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.alerts.causes import words
from controller.alerts.causes.judge import SiteJudge, floor_name, floor_of_instance
from controller.alerts.causes.model import (
    FLOOR_RULE,
    HOLD_MS,
    RETURN_MS,
    Blame,
    Fate,
    Fortune,
    Part,
    Trouble,
)
from controller.alerts.causes.open_alerts import VERDICT, OpenAlerts, cause_step
from controller.alerts.causes.port import Registry, Rules, Topology
from controller.alerts.causes.school import in_hindsight
from controller.alerts.causes.schools import Cut, Schools, inside, port_fortune
from controller.alerts.causes.view import KnownSite, Readings, SiteMap
from controller.alerts.hushing.stages import Situation
from controller.alerts.keeping.ledger import Ledger
from controller.alerts.model import AlertKey, Rule, Verdict
from controller.alerts.tables import AlertRow
from controller.identity.scope import NotFound
from controller.store.port import DistrictSeries, SampleStore

SOON_MS: Final = 1_000
SITES_AT_ONCE: Final = 40
"""Of one look, longest waiting first: while a whole district falls silent, acknowledging people do not wait."""
LATER_MS: Final = 15_000
TOLD_AGAIN_MS: Final = 10_000
CORE_ASKED_MS: Final = 20_000
"""A device of the centre that answered so long after the last word of a school was alive when that fell silent."""
MAP_KEPT_MS: Final = 60_000
_LASTING: Final = frozenset({Part.SCHOOL, Part.POWER, Part.FLOOR, Part.DISTRICT})
"""While one of these is open more may be known of it, or follow from it, though no alert opens or closes."""


@dataclass(frozen=True)
class _Review:
    """A school that is heard again: what it kept meanwhile may tell what it was."""

    site: SiteId
    start: int
    end: int
    due_at: int


class Causes:
    """`controller.alerts.hushing.passes.Pass`. Inert; asked in the thread that ticks."""

    def __init__(self, store: SampleStore, registry: Registry, topology: Topology, rules: Rules) -> None:
        self.store = store
        self._registry = registry
        self._topology = topology
        self._rules = rules
        self.schools = Schools(registry)
        self._maps: dict[SiteId, tuple[SiteMap, int]] = {}
        self.due: dict[SiteId, int] = {}
        self.reviews: dict[int, _Review] = {}
        self._told: dict[tuple[AlertKey, bool], int] = {}
        self.tell: Callable[[Sequence[Verdict]], None] = _nobody_listens
        """Where verdicts on a floor, or on many schools at once, go: they are alerts of their own."""

    def is_due(self, situation: Situation, now: int) -> bool:
        """See `Pass`."""
        reviews = (each.due_at for each in self.reviews.values())
        return bool(situation.touched) or any(_has_come(at, now) for at in (*self.due.values(), *reviews))

    def look(self, ledger: Ledger, situation: Situation, now: int) -> None:
        """See `Pass`."""
        self.schools.refresh(now)
        due = sorted((at, site) for site, at in self.due.items() if _has_come(at, now))
        waiting = [*sorted(situation.touched - self.due.keys()), *(site for _, site in due)]
        sites = {SiteId(site) for site in (*waiting, *sorted(situation.touched))[:SITES_AT_ONCE]}
        situation.touched -= sites
        if sites:
            _Look(self, ledger, situation, now).at(sites | self.schools.centres)
        for alert, review in list(self.reviews.items()):
            if _has_come(review.due_at, now):
                self._look_back(ledger, alert, review, now)

    def rule(self, rule_id: str, site: SiteId | None = None) -> Rule | None:
        """A rule, as it holds at a school if one is named; None when it was removed."""
        try:
            return self._rules.rule(rule_id, site)
        except NotFound:
            return None

    def view(self, site: SiteId, readings: Readings, now: int) -> KnownSite | None:
        """A site as it is known; None for one that is not enrolled any more."""
        known, read_at = self._maps.get(site, (None, 0))
        if known is None or now - read_at >= MAP_KEPT_MS:
            try:
                known = SiteMap(site, self._registry, self._topology)
            except NotFound:
                return None
            self._maps[site] = known, now
        return KnownSite(known, readings, now)

    def conclude(self, verdict: Verdict) -> None:
        """Tell a verdict; not again while it is on its way to be written."""
        if abs(verdict.at - self._told.get((verdict.key, verdict.is_over), 0)) >= TOLD_AGAIN_MS:
            self._told[verdict.key, verdict.is_over] = verdict.at
            self.tell([verdict])

    def _look_back(self, ledger: Ledger, alert: int, review: _Review, now: int) -> None:
        del self.reviews[alert]
        readings = Readings(self.store, now)
        view = self.view(review.site, readings, now)
        found = in_hindsight(inside(view, readings, review.start, review.end)) if view else None
        for row in ledger.rows(col(AlertRow.id) == alert):
            if found is not None and row.verdict != found[0]:
                ledger.note(alert, [cause_step(now, VERDICT, found[0], words.verdict(*found, row.verdict))])
                row.verdict = found[0].value


class _Look:
    """One look at some sites, in one transaction."""

    def __init__(self, causes: Causes, ledger: Ledger, situation: Situation, now: int) -> None:
        self._causes = causes
        self._schools = causes.schools
        self._now = now
        self._readings = Readings(causes.store, now)
        self._alerts = OpenAlerts(ledger, situation, now, causes.rule)

    def at(self, sites: set[SiteId]) -> None:
        """Schools first: the centre's ports hide behind what cut them off."""
        troubles = self._alerts.read(sites)
        for site in sites:
            self._note_cut(site, troubles[site])
        for site in sorted(sites, key=lambda each: (each in self._schools.centres, each)):
            self._look_at(site, troubles[site], troubles)
        self._end_districts(troubles)

    def _note_cut(self, site: SiteId, troubles: Sequence[Trouble]) -> None:
        """Which schools are cut off; one that is heard again is looked back at once its backlog may have come."""
        cut = next((each for each in troubles if each.part is Part.SCHOOL), None)
        before = self._schools.cuts.get(site)
        if cut is not None:
            self._schools.cuts[site] = Cut(cut, before.root if before and before.trouble.id == cut.id else cut.id)
        elif before is not None:
            del self._schools.cuts[site]
            self._schools.back_at[site] = self._now
            self._causes.reviews[before.trouble.id] = _Review(
                site, before.trouble.since, self._now, self._now + RETURN_MS
            )

    def _look_at(self, site: SiteId, troubles: Sequence[Trouble], all_of: dict[SiteId, list[Trouble]]) -> None:
        view = self._causes.view(site, self._readings, self._now)
        due = self._causes.due
        due.pop(site, None)
        if view is None or not troubles:
            return
        judge = SiteJudge(view, troubles, self._schools.back_at.get(site, 0))
        found = self._of_school(view, troubles, all_of)
        cut = self._schools.cuts.get(site)
        own = judge.fortunes(cut.trouble if cut else None, cut.root if cut else 0)
        if site in self._schools.centres:
            own |= self._of_core_ports(site, troubles)
        own = self._of_floors(site, judge, troubles, own, is_cut=cut is not None)
        found |= own
        for trouble in troubles:
            fortune = _with_followers(trouble, troubles, found)
            waits = fortune.fate is Fate.FOLLOW and fortune.cause in found and found[fortune.cause].fate is Fate.WAIT
            if waits and self._alerts.is_behind(
                fortune.cause, trouble.id
            ):  # two that hide behind one another are told by nobody
                fortune = replace(fortune, fate=Fate.STAND, cause=0)
            self._alerts.apply(trouble, fortune)
        rows = [self._alerts.by_id[each.id] for each in troubles]
        if any(row.held_until for row in rows):
            due[site] = self._now + SOON_MS
        elif any(row.cause for row in rows) or any(each.part in _LASTING for each in troubles):
            due[site] = self._now + LATER_MS

    def _of_school(
        self, view: KnownSite, troubles: Sequence[Trouble], all_of: dict[SiteId, list[Trouble]]
    ) -> dict[int, Fortune]:
        """Alerts of the school, the floor and the district as a whole."""
        found = {
            each.id: Fortune(Fate.STAND, words.IS_FEED, blame=Blame.POWER)
            for each in troubles
            if each.part is Part.FLOOR
        }
        found |= {
            each.id: Fortune(Fate.STAND, words.SAME_DISTRICT, blame=None if each.instance else Blame.CENTRE)
            for each in troubles
            if each.part is Part.DISTRICT
        }
        for cut in (each for each in troubles if each.part is Part.SCHOOL):
            power = next((each for each in troubles if each.part is Part.POWER), None)
            fortune = self._of_many(cut, all_of) or self._schools.fortune(cut, view, self._readings, power)
            if fortune.fate is Fate.WAIT and cut.cause in self._schools.nearly_over(self._districts(all_of), self._now):
                fortune = replace(fortune, until=self._now)
            found[cut.id] = fortune
            is_dark = power is not None and fortune.cause == power.id
            self._schools.cuts[cut.site] = Cut(cut, power.id if power is not None and is_dark else cut.id)
        return found

    def _of_many(self, cut: Trouble, all_of: dict[SiteId, list[Trouble]]) -> Fortune | None:
        """What becomes of a cut that is not the school's alone: of what its fibre ends at, or of the district."""
        open_ = self._districts(all_of)
        if cut.cause in {each.id for each in open_} - self._schools.nearly_over(open_, self._now):
            return Fortune(Fate.FOLLOW, words.SAME_DISTRICT, cut.cause)
        if cut.is_told:
            return None
        wanted = self._schools.district_key(cut)
        is_all = wanted is not None and not wanted[0].instance
        core = None if is_all else self._of_core(cut, all_of, is_pressing=wanted is not None)
        if core is not None or wanted is None:
            return core
        key, why = wanted
        for each in open_:
            if each.instance == key.instance:
                return Fortune(Fate.FOLLOW, words.SAME_DISTRICT, each.id)
        self._causes.conclude(Verdict(key, self._now, cut.since, why.en, why.zh))
        return Fortune(Fate.WAIT, words.SAME_DISTRICT)

    def _districts(self, all_of: dict[SiteId, list[Trouble]]) -> list[Trouble]:
        return [each for site in self._schools.centres for each in all_of[site] if each.part is Part.DISTRICT]

    def _of_core(self, cut: Trouble, all_of: dict[SiteId, list[Trouble]], *, is_pressing: bool) -> Fortune | None:
        """What becomes of a cut whose fibre ends at a device of the centre that is dead itself.

        Where many schools are cut off it is waited for until that device has been asked.
        """
        place = self._schools.port_of.get(cut.site)
        if place is None:
            return None
        silent = [each for each in all_of[place.site] if each.part is Part.SILENCE and each.device == place.device]
        if silent:
            return Fortune(Fate.FOLLOW, words.hangs_on(str(place.device)), silent[0].id)
        newest = self._readings.newest(DistrictSeries(place.site, place.device, MetricId("reachable"), Instance("")))
        if newest.value == 0.0:
            return Fortune(Fate.WAIT, words.COMING)
        is_unknown = is_pressing and 0 < newest.at < cut.since + CORE_ASKED_MS
        return Fortune(Fate.WAIT, words.NOT_YET) if is_unknown else None

    def _of_core_ports(self, centre: SiteId, troubles: Sequence[Trouble]) -> dict[int, Fortune]:
        found = {}
        for each in troubles:
            school = self._schools.school_at(centre, each.device, each.instance) if each.part is Part.PORT else None
            if school is not None:
                view = self._causes.view(school, self._readings, self._now)
                agent = view.map.agent if view else DeviceId(str(school))
                heard = self._readings.newest(
                    DistrictSeries(school, agent, MetricId("agent_spool_bytes"), Instance(""))
                )
                found[each.id] = port_fortune(each, self._schools.cuts.get(school), heard)
        return found

    def _of_floors(
        self, site: SiteId, judge: SiteJudge, troubles: Sequence[Trouble], own: dict[int, Fortune], *, is_cut: bool
    ) -> dict[int, Fortune]:
        """Tell of floors that went dark, and of those that are lit again; who is of one waits for its alert."""
        open_ = {floor_of_instance(each.instance): each for each in troubles if each.part is Part.FLOOR}
        dark = {} if is_cut else judge.dark_floors(own)
        for floor, devices in dark.items():
            if floor not in open_:
                since = min(each.since for each in troubles if each.device in devices or each.part is Part.PORT)
                why = words.dark_floor(floor, len(devices))
                key = AlertKey(FLOOR_RULE, site, "", floor_name(floor))
                self._causes.conclude(Verdict(key, self._now, since, why.en, why.zh))
        for number, trouble in open_.items():
            if not is_cut and number is not None and judge.is_lit(number):
                key = AlertKey(trouble.rule, site, "", trouble.instance)
                self._causes.conclude(Verdict(key, self._now, self._now, "", "", is_over=True))
        waiting = {device for floor, devices in dark.items() if floor not in open_ for device in devices}
        ids = {each.id for each in troubles if not each.is_told and waiting & set(judge.about(each))}
        return {
            alert: replace(each, fate=Fate.WAIT, reason=words.SAME_FLOOR)
            if alert in ids and each.fate is Fate.STAND
            else each
            for alert, each in own.items()
        }

    def _end_districts(self, troubles: dict[SiteId, list[Trouble]]) -> None:
        """An alert of many schools is over once none of them is cut off any more."""
        behind = {
            self._alerts.by_id[each.trouble.id].cause
            for each in self._schools.cuts.values()
            if each.trouble.id in self._alerts.by_id
        }
        behind |= {each.trouble.cause for each in self._schools.cuts.values()}
        for each in self._districts(troubles):
            if each.id not in behind and self._now >= each.opened_at + HOLD_MS:
                key = AlertKey(each.rule, each.site, "", each.instance)
                self._causes.conclude(Verdict(key, self._now, self._now, "", "", is_over=True))


def _with_followers(trouble: Trouble, troubles: Sequence[Trouble], found: Mapping[int, Fortune]) -> Fortune:
    """What becomes of an alert: a UPS on battery is the loss of power once something is dark behind it."""
    fortune = found[trouble.id]
    behind = [
        found[each.id] for each in troubles if each.part is not Part.BATTERY and found[each.id].cause == trouble.id
    ]
    if trouble.part is not Part.POWER or not behind:
        return fortune
    why = next((each.reason for each in behind if each.blame is Blame.POWER), words.DARK_BEHIND)
    return replace(fortune, blame=Blame.POWER, reason=why)


def _has_come(at: int, now: int) -> bool:
    """Whether it is time; so far ahead only once the clock was set back."""
    return not now < at <= now + RETURN_MS


def _nobody_listens(_: Iterable[Verdict]) -> None:
    return
