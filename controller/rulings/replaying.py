"""What a changed rule would have sent: stored samples judged by it and by the present one, before anybody saves it.

Both are run over the same samples of the same time, so the two may be compared whatever part was looked at. Schools are
taken some at a time until all were looked at or the time is up; ingest goes first.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from campus.ids import SiteId
from campus.samples import Severity
from controller.alerts.judging.replay import Replay, Spans, Would
from controller.alerts.model import Absence, Change, Elsewhere, Rule
from controller.alerts.port import Registry
from controller.alerts.rulebook import Rulebook, SiteRule
from controller.identity.scope import SYSTEM
from controller.rulings.model import (
    DayOutlook,
    Fate,
    Instance,
    NotAllowed,
    Outlook,
    SchoolOutlook,
    Times,
    Trial,
)
from controller.rulings.port import Calendar
from controller.store.port import SampleStore

SITES_TOGETHER: Final = 20
MOST_DAYS: Final = 30
BUDGET_S: Final = 20.0
"""How long it looks, unless told otherwise; what it looked at by then is told."""
LEAD_MS: Final = 3_600_000
"""Before the time that matters, beside the rule's own holds: what was bad already is not counted as new."""
INSTANCES_SHOWN: Final = 300
MOST_FOUND: Final = 100_000
"""Alerts held in memory: nobody wants a rule that finds more, and what was looked at until then is told."""
TOGETHER_MS: Final = 300_000
"""Alerts of one school that open so close to one another come in one message, as telling puts them together."""
_AT_ONCE: Final = frozenset({Severity.CRITICAL, Severity.MAJOR})
"""The others wait for a digest, of which there are two a day."""
_BEFORE: Final = "before"
_AFTER: Final = "after"

Progress = Callable[[float], None]
"""Told now and then what share of the work is done."""


class Replayer:
    """Thread-safe; keeps nothing. Whoever calls it has asked `RulingService` what the caller may see."""

    def __init__(
        self,
        store: SampleStore,
        registry: Registry,
        calendar: Calendar,
        zone: ZoneInfo,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        """`give_way` is called between pieces of some tens of milliseconds: it may wait until what is more urgent is done."""
        self._store = store
        self._registry = registry
        self._calendar = calendar
        self._zone = zone
        self._give_way = give_way

    def compare(
        self, trial: Trial, days: int, now: int, note: Progress = lambda _: None, budget_s: float = BUDGET_S
    ) -> Outlook:
        """Both forms of a rule over the last `days` local days; `NotAllowed` for one that is not judged by samples."""
        _refuse_unjudged(trial)
        start, sites = self._midnight(now, min(days, MOST_DAYS) - 1), sorted({*trial.before, *trial.after})
        stop_s = time.monotonic() + budget_s
        found: list[Would] = []
        until, series, samples = dict.fromkeys(sites, start), 0, 0
        for first in range(0, len(sites), SITES_TOGETHER):
            some = sites[first : first + SITES_TOGETHER]
            if time.monotonic() >= stop_s or len(found) >= MOST_FOUND:
                break
            replay = self._replay(trial, some, start, now)
            while replay.at < now and time.monotonic() < stop_s and len(found) + replay.count < MOST_FOUND:
                self._give_way()
                replay.advance(now)
                done = max(0, replay.at - start) / max(now - start, 1)
                note((first + len(some) * done) / len(sites))
            until.update(dict.fromkeys(some, max(start, replay.at)))
            found += replay.found()
            series, samples = series + replay.series, samples + replay.samples
        return self._outlook(trial, found, until, (start, now), (series, samples))

    def _replay(self, trial: Trial, sites: Sequence[SiteId], start: int, now: int) -> Replay:
        rules = [rule for forms in trial for rule in (forms.get(site) for site in sites) if rule is not None]
        book = Rulebook([], [*_forms(_BEFORE, trial.before, sites), *_forms(_AFTER, trial.after, sites)])
        begin = start - LEAD_MS - max((_patience_ms(rule) for rule in rules), default=0)
        spans = self._spans(rules, sites, begin, now)
        return Replay(self._store, self._registry, book, sites, spans, begin, self._calendar)

    def _spans(self, rules: Iterable[Rule], sites: Sequence[SiteId], start: int, end: int) -> Spans:
        hours = {rule.only for rule in rules if rule.only is not None}
        calendars = [self._calendar.school(SYSTEM, site) for site in sites] if hours else []
        return {
            (each.site, some): each.spans(some, start, end) for each in calendars for some in hours if each.knows(some)
        }

    def _outlook(
        self,
        trial: Trial,
        found: Sequence[Would],
        until: Mapping[SiteId, int],
        bounds: tuple[int, int],
        read: tuple[int, int],
    ) -> Outlook:
        fresh = [would for would in found if would.opened_at >= bounds[0]]
        counted = {side: self._counted(side, fresh, getattr(trial, side)) for side in (_BEFORE, _AFTER)}
        schools = [SchoolOutlook(site, counted[_BEFORE][site], counted[_AFTER][site], until[site]) for site in until]
        schools.sort(key=lambda each: (-max(each.before.alerts, each.after.alerts), each.site))
        instances = sorted(_instances(found, bounds[0]), key=lambda each: (-each.opened_at, each))
        return Outlook(
            *bounds,
            tuple(schools),
            tuple(self._days(fresh, *bounds)),
            tuple(instances[:INSTANCES_SHOWN]),
            max(0, len(instances) - INSTANCES_SHOWN),
            *read,
        )

    def _counted(
        self, side: str, found: Iterable[Would], forms: Mapping[SiteId, Rule | None]
    ) -> defaultdict[SiteId, Times]:
        opened: defaultdict[SiteId, list[int]] = defaultdict(list)
        for would in found:
            if would.rule_id == side:
                opened[would.site].append(would.opened_at)
        counted: defaultdict[SiteId, Times] = defaultdict(Times)
        for site, instants in opened.items():
            rule = forms.get(site)
            is_at_once = rule is None or rule.severity in _AT_ONCE
            messages = _messages(instants) if is_at_once else len({self._half_day(at) for at in instants})
            counted[site] = Times(len(instants), messages)
        return counted

    def _days(self, found: Iterable[Would], start: int, end: int) -> Iterator[DayOutlook]:
        counts = {side: Counter[int]() for side in (_BEFORE, _AFTER)}
        for would in found:
            counts[would.rule_id][self._midnight(would.opened_at)] += 1
        back = 0
        days: list[int] = []
        while (day := self._midnight(end, back)) >= start:
            days.append(day)
            back += 1
        for day in reversed(days):
            yield DayOutlook(day, counts[_BEFORE][day], counts[_AFTER][day])

    def _midnight(self, at: int, back: int = 0) -> int:
        """When the local day of an instant begins, or one some days before it."""
        day = datetime.fromtimestamp(at / 1000, self._zone).date() - timedelta(days=back)
        return round(datetime.combine(day, time_of_day(), self._zone).timestamp() * 1000)

    def _half_day(self, at: int) -> tuple[int, bool]:
        return self._midnight(at), datetime.fromtimestamp(at / 1000, self._zone).hour < 12


def _refuse_unjudged(trial: Trial) -> None:
    rules = [rule for forms in trial for rule in forms.values() if rule is not None]
    if any(isinstance(rule.condition, Elsewhere) for rule in rules):
        raise NotAllowed("this is judged from more than one series elsewhere, and cannot be tried on stored samples")


def _forms(name: str, forms: Mapping[SiteId, Rule | None], sites: Iterable[SiteId]) -> Iterator[SiteRule]:
    """The forms of a rule at some schools, under a name of their own."""
    for site in sites:
        rule = forms.get(site)
        if rule is not None:
            yield SiteRule(name, frozenset({site}), replace(rule, id=name))


def _patience_ms(rule: Rule) -> int:
    """How long it may take a rule to find what is bad already."""
    condition = rule.condition
    if isinstance(condition, Elsewhere):
        return 0
    within_s = 2 * condition.within_s if isinstance(condition, Change) else 0.0
    return round(1000 * (condition.after_s if isinstance(condition, Absence) else within_s + condition.hold_s))


def _messages(instants: Iterable[int]) -> int:
    """How many messages alerts of one school make that are told at once.

    >>> _messages([0, 1_000, 400_000])
    2
    """
    count, since = 0, -TOGETHER_MS - 1
    for at in sorted(instants):
        if at - since > TOGETHER_MS:
            count, since = count + 1, at
    return count


def _instances(found: Iterable[Would], start: int) -> Iterator[Instance]:
    """Alerts of both sides that open from `start` on: those of one part that overlap are the same fault, told either way."""
    sides: dict[str, dict[tuple[str, ...], list[Would]]] = {_BEFORE: defaultdict(list), _AFTER: defaultdict(list)}
    for would in found:
        sides[would.rule_id][would.site, would.device, would.instance].append(would)
    for side, other, lonely in ((_AFTER, _BEFORE, Fate.NEW), (_BEFORE, _AFTER, Fate.GONE)):
        for key, some in sides[side].items():
            for each in (would for would in some if would.opened_at >= start):
                meets = any(_overlap(each, twin) for twin in sides[other].get(key, ()))
                if not meets or lonely is Fate.NEW:
                    yield _instance(Fate.BOTH if meets else lonely, each)


def _overlap(one: Would, other: Would) -> bool:
    first, second = sorted((one, other), key=lambda each: each.opened_at)
    return not first.cleared_at or second.opened_at <= first.cleared_at


def _instance(fate: Fate, would: Would) -> Instance:
    return Instance(fate, would.site, would.device, would.instance, would.opened_at, would.cleared_at, would.value)
