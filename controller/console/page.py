"""One page being made for one person: language, theme, place, and the texts, numbers and addresses that depend on them."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeVar
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from markupsafe import Markup, escape

from campus.errors import CampusError
from campus.ids import DeviceId, MetricId, SiteId
from campus.metrics import Health, State, catalogue
from controller.console import format as fmt
from controller.console.language import Language, choose, text_of, texts
from controller.identity.scope import Denied, NotFound, Role, Scope
from controller.registry.model import Site

T = TypeVar("T")
LANGUAGE_COOKIE: Final = "campanile_language"
THEME_COOKIE: Final = "campanile_theme"


class Theme(StrEnum):
    """How light the page is; `auto` follows the system."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Named(Protocol):
    """Whatever carries a name in both languages."""

    @property
    def name_en(self) -> str:
        """In English."""

    @property
    def name_zh(self) -> str:
        """In Chinese."""


@dataclass(frozen=True)
class Page:
    """What templates and page makers ask. `scope` is None only where nobody is signed in."""

    request: Request
    scope: Scope
    language: Language
    theme: Theme
    now: int
    zone: ZoneInfo
    place: Site | None = None
    sites: tuple[Site, ...] = ()

    def t(self, key: str, **values: object) -> str:
        """A text of the catalogue in the person's language; markup among the values stays markup, all else is escaped."""
        if any(isinstance(value, Markup) for value in values.values()):
            return text_of(key).said_as_markup(self.language, **values)
        return text_of(key).said(self.language, **values)

    def either(self, english: str, chinese: str) -> str:
        """Of two texts that say the same, the one the person reads."""
        return chinese if self.language is Language.ZH else english

    def name(self, thing: Named) -> str:
        """The name of a site, room or organisation."""
        return self.either(thing.name_en, thing.name_zh)

    def site_name(self, site: SiteId) -> str:
        """The name of a site the person sees; its id when it has just been removed."""
        return next((self.name(each) for each in self.sites if each.id == site), str(site))

    @property
    def reader(self) -> str:
        """Stands for the person and what they may see, and tells nothing of either."""
        seen = None if self.scope.sites is None else sorted(self.scope.sites)
        return hashlib.sha256(repr((self.scope.user, self.scope.role, seen)).encode()).hexdigest()[:16]

    @property
    def is_for_technician(self) -> bool:
        """Whether a phone shows the technician's bar; operators find the tasks of their desk there."""
        return self.scope.role <= Role.TECHNICIAN

    def site_names(self, sites: Iterable[SiteId]) -> str:
        """Names of sites, each once."""
        return self.t("common.comma").join(dict.fromkeys(self.site_name(site) for site in sites))

    # Numbers and instants.

    def quantity(self, value: float | None, metric: str) -> str:
        """A number of a metric with its unit; a state's word."""
        definition = catalogue().get(MetricId(metric))
        if definition is None:
            return fmt.number(value)
        state = definition.state(value) if value is not None and definition.states else None
        if state is not None:
            return self.state(state)
        return fmt.quantity(value, definition.unit, self.language)

    def state(self, state: State) -> str:
        """The word of a state."""
        return self.either(state.en, state.zh)

    def metric(self, metric: str) -> str:
        """The name of a metric; empty for one that is not in the catalogue (an event has none)."""
        definition = catalogue().get(MetricId(metric))
        return self.either(definition.en, definition.zh) if definition else ""

    def duration(self, seconds: float | None) -> str:
        """A length of time."""
        return fmt.duration(seconds, self.language)

    def moment(self, at: int) -> str:
        """An instant to the second."""
        return fmt.moment(at, self.zone, self.language)

    def ago(self, at: int) -> Markup:
        """How long ago, with the exact instant on hover."""
        return self._time(at, fmt.ago(at, self.now, self.language))

    def when(self, at: int) -> Markup:
        """The instant as briefly as it is clear, with the exact one on hover."""
        return self._time(at, fmt.short_moment(at, self.now, self.zone, self.language))

    def since(self, at: int) -> Markup:
        """How long something has lasted until now, with the instant it began on hover."""
        return self._time(at, self.duration((self.now - at) / 1000) if at > 0 else fmt.NOTHING)

    def _time(self, at: int, text: str) -> Markup:
        if at <= 0:
            return escape(fmt.NOTHING)
        exact = fmt.local(at, self.zone).isoformat(timespec="seconds")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(exact, self.moment(at), text)

    def part(self, instance: str) -> str:
        """The name of a part of a device; what the device itself calls it where we have no word.

        ``freezer-2`` is a freezer, number 2; port names stay as they are.
        """
        name, _, number = instance.rpartition("-")
        for word, tail in ((instance, ""), (name, number)):
            key = f"part.{word.replace('-', '_').lower()}"
            if key in texts() and (not tail or tail.isdigit()):
                return f"{self.t(key)} {tail}".rstrip()
        return instance

    # Addresses.

    def at_place(self, path: str, **query: object) -> str:
        """An address that keeps the place: `?site=` where a school is chosen."""
        kept = {"site": self.place.id} if self.place else {}
        return address(path, {**kept, **query})

    def with_query(self, **changes: object) -> str:
        """This page's address with some of its query changed; None takes a part out."""
        query: dict[str, object] = dict(self.request.query_params)
        return address(self.request.url.path, {**query, **changes})

    @property
    def here(self) -> str:
        """This page's own address, to be asked for again."""
        return address(self.request.url.path, dict(self.request.query_params))


def address(path: str, query: Mapping[str, object]) -> str:
    """Path and query; empty and None values are left out.

    >>> address("/devices", {"site": "no-1-primary", "kind": ""})
    '/devices?site=no-1-primary'
    """
    kept = {key: str(value) for key, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(kept)}" if kept else path


def site_address(site: SiteId) -> str:
    """A school's page."""
    return f"/sites/{quote(site)}"


def device_address(site: SiteId, device: DeviceId) -> str:
    """A device's page; its school's where no device is named, as of an alert of a school as a whole."""
    if not device:
        return site_address(site)
    return f"/sites/{quote(site)}/devices/{quote(device)}"


def language_of(request: Request) -> Language:
    """The language of a request: the person's choice, else the browser's, else Chinese."""
    return choose(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))


def theme_of(request: Request) -> Theme:
    """The theme the person chose."""
    wish = request.cookies.get(THEME_COOKIE, "")
    return Theme(wish) if wish in set(Theme) else Theme.AUTO


def attempt(load: Callable[[], T]) -> T | None:
    """What `load` gives, None when its service fails just now: the rest of the page still works and says so."""
    try:
        return load()
    except (NotFound, Denied):
        raise
    except CampusError:
        return None


WORST_FIRST: Final = {Health.FAILED: 0, Health.ATTENTION: 1, Health.UNKNOWN: 2, Health.GOOD: 3}
