"""What is said: plain words in a person's language, from the templates in `texts/`. The first line is the subject.

Plain text throughout; whatever a device or a school is called is made one short line of printable characters. What a
channel's markup would mean by them the channel puts out of action.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from campus.ids import DeviceId, SiteId
from campus.samples import Severity
from controller.alerts.model import Absence, Alert, Rule
from controller.identity.scope import SYSTEM, NotFound
from controller.registry.model import Device, Room, Site
from controller.telling.model import What
from controller.telling.port import Alerts, Causes, Effect, Headline, Registry
from controller.wording import Language

MOST_LINES: Final = 8
"""Alerts that are named in one message; the others are counted."""
MOST_STEPS: Final = 3
"""Of a runbook; the alert's page has all of them."""
MOST_KINDS: Final = 5
_MAX_NAME: Final = 80


@dataclass(frozen=True)
class Told:
    """The words of one message."""

    subject: str
    text: str
    url: str


@dataclass(frozen=True)
class Line:
    """One alert as a template sees it."""

    title: str
    site: str
    place: str
    """Empty for the school as a whole."""
    since: str
    is_urgent: bool
    is_cut: bool
    """It says that the school as a whole is not heard."""
    blame: str
    """What broke: `Alert.verdict`."""
    flapping: str
    """Since when it comes and goes; empty: it does not."""
    behind: int
    devices: int
    """How many it cuts off, with itself; 0: nobody knows."""
    lessons: int
    """That it touches within the next two hours."""
    is_blind_only: bool
    """All works, only nobody sees it."""
    advice: str
    steps: tuple[str, ...]
    """The first steps of its runbook, where it has one."""
    call: str


class Words:
    """Thread-safe. `home` is the console's address without a slash at its end, empty when it has none for others."""

    def __init__(self, alerts: Alerts, registry: Registry, causes: Causes | None, zone: ZoneInfo, home: str) -> None:
        self._alerts = alerts
        self._causes = causes
        self._registry = registry
        self._zone = zone
        self._home = home.rstrip("/")
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "texts"),
            autoescape=False,  # noqa: S701 - plain text, which each channel makes harmless for itself
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def of_alerts(
        self, what: What, alerts: Sequence[Alert], behind: Mapping[int, int], language: Language, now: int
    ) -> Told:
        """A message about alerts, most urgent first; `behind` counts those that only follow from one."""
        sites = {site.id: site for site in self._registry.sites(SYSTEM)}
        named = alerts[:MOST_LINES]
        devices = self._registry.devices_of(SYSTEM, [(each.site, each.device) for each in named if each.device])
        rooms = {
            (room.site, room.id): room for site in {each.site for each in named} for room in self._rooms(site, sites)
        }
        lines = []
        for alert in named:
            device = devices.get((alert.site, alert.device))
            room = rooms.get((alert.site, device.room)) if device else None
            place = [_either(language, room.name_en, room.name_zh) if room else "", _name_of(device, alert.device)]
            site = sites.get(alert.site)
            lines.append(
                self._about(
                    alert,
                    _line(_either(language, site.name_en, site.name_zh)) if site else str(alert.site),
                    " · ".join(_line(each) for each in (*place, alert.instance) if each),
                    behind.get(alert.id, 0),
                    language,
                    now,
                )
            )
        one = alerts[0].id if len(alerts) == 1 else 0
        schools = {each.site for each in alerts}
        where = f"/{one}" if one else f"?site={alerts[0].site}" if len(schools) == 1 else ""
        url = f"{self._home}/alerts{where}" if self._home else ""
        values = {"lines": lines, "count": len(alerts), "schools": len(schools), "url": url}
        values |= {"kinds": self._kinds(alerts, language) if len(schools) > 1 else []}
        values |= {"since": self._clock_time(min(each.opened_at for each in alerts), now)}
        return self._rendered(what.value, language, url, values)

    def of_channel(self, what: What, channel: str, detail: str, now: int, language: Language) -> Told:
        """A channel is down, or works again."""
        url = f"{self._home}/telling" if self._home else ""
        values = {"channel": _line(channel), "detail": _line(detail), "since": self._clock_time(now, now), "url": url}
        return self._rendered(what.value, language, url, values)

    def of_test(self, name: str, language: Language) -> Told:
        """A message that only shows that it arrives."""
        return self._rendered(What.TEST.value, language, "", {"name": _line(name), "url": ""})

    def _rendered(self, name: str, language: Language, url: str, values: Mapping[str, object]) -> Told:
        text = self._templates.get_template(f"{name}.{language.value}.template").render(values)
        subject, _, rest = text.partition("\n")
        return Told(subject.strip(), rest.strip(), url)

    def _rooms(self, site: SiteId, sites: Mapping[SiteId, Site]) -> Sequence[Room]:
        return self._registry.rooms(SYSTEM, site) if site in sites else ()

    def _about(self, alert: Alert, site: str, place: str, behind: int, language: Language, now: int) -> Line:
        rule = self._rule(alert)
        headline = self._headline(alert)
        lost = self._effect(alert, behind)
        runbook = rule.runbook if rule else None
        is_cut = bool(rule and rule.is_cause and isinstance(rule.condition, Absence))
        is_chinese = language is Language.ZH
        steps = (runbook.steps_zh if is_chinese else runbook.steps_en) if runbook else ()
        return Line(
            title=_titled(headline, alert, rule, language),
            site=site,
            place="" if is_cut else place,
            since=self._clock_time(alert.opened_at, now),
            is_urgent=alert.severity is Severity.CRITICAL,
            is_cut=is_cut,
            blame="" if headline and not is_cut else alert.verdict,
            flapping=self._clock_time(alert.flapping_since, now) if alert.flapping_since else "",
            behind=behind,
            devices=len(lost.devices) if lost else 0,
            lessons=lost.lessons if lost else 0,
            is_blind_only=bool(lost and lost.is_blind_only),
            advice=_either(language, rule.advice_en, rule.advice_zh) if rule else "",
            steps=steps[:MOST_STEPS],
            call=_either(language, runbook.call_en, runbook.call_zh) if runbook else "",
        )

    def _headline(self, alert: Alert) -> Headline | None:
        return self._causes.headline(alert) if self._causes and alert.verdict else None

    def _effect(self, alert: Alert, behind: int) -> Effect | None:
        """Asked only of what others hide behind, or of what something was concluded: of the rest it is the device itself."""
        if self._causes is None or not (behind or alert.verdict):
            return None
        try:
            return self._causes.effect(SYSTEM, alert.id)
        except NotFound:
            return None

    def _kinds(self, alerts: Sequence[Alert], language: Language) -> list[tuple[str, int]]:
        """What went wrong how often, the most frequent first; beyond `MOST_KINDS` it is left to the console."""
        samples = {each.rule: each for each in alerts}
        counts = Counter(each.rule for each in alerts).most_common(MOST_KINDS)
        rules = [(self._rule(samples[rule_id]), rule_id, count) for rule_id, count in counts]
        return [
            (_either(language, rule.title_en, rule.title_zh) if rule else rule_id, count)
            for rule, rule_id, count in rules
        ]

    def _rule(self, alert: Alert) -> Rule | None:
        try:
            return self._alerts.rule(alert.rule, alert.site)
        except NotFound:
            return None

    def _clock_time(self, at: int, now: int) -> str:
        local, today = (datetime.fromtimestamp(each / 1000, UTC).astimezone(self._zone) for each in (at, now))
        return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%Y-%m-%d %H:%M}"


def _titled(headline: Headline | None, alert: Alert, rule: Rule | None, language: Language) -> str:
    if headline is not None:
        return _either(language, headline.en, headline.zh)
    return _either(language, rule.title_en, rule.title_zh) if rule else alert.rule


def _either(language: Language, english: str, chinese: str) -> str:
    return chinese if language is Language.ZH else english


def _name_of(device: Device | None, device_id: DeviceId) -> str:
    return device.name if device else str(device_id)


def _line(text: str) -> str:
    """One line of printable characters: what a device calls itself may hold anything."""
    clean = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(clean.split())[:_MAX_NAME]
