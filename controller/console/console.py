"""The console's desk: services, templates and built files together; makes pages and answers with them."""

from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from campus.errors import CampusError
from campus.ids import SiteId
from campus.version import VERSION
from controller.console import format as fmt
from controller.console.assets import Assets
from controller.console.language import Language
from controller.console.page import Page, attempt, device_address, language_of, site_address, theme_of
from controller.console.services import Services
from controller.console.stories import SEVERITY_SIGN
from controller.identity.scope import NotFound, Scope
from controller.registry.model import Site

READER: Final = "Campanile-Reader"
"""Whose page an answer is: what a phone keeps of one person's pages goes when another one's come."""
_HEADERS = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}


class Declined(CampusError):
    """An act that cannot be taken as things are; the message says why in the person's language."""


class Console:
    """Made once for each app; thread-safe."""

    def __init__(self, services: Services, assets: Assets) -> None:
        self.services = services
        self._zone = ZoneInfo(services.config.district.timezone)
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            asset=assets.url,
            assets=assets,
            district=services.config.district,
            version=VERSION,
            bps=fmt.bits_per_second,
            share=fmt.share,
            number=fmt.number,
            size=fmt.size,
            nothing=fmt.NOTHING,
            site_address=site_address,
            device_address=device_address,
            languages=Language,
            severity_sign=SEVERITY_SIGN,
        )

    def page(self, request: Request, scope: Scope, site: str | None = None) -> Page:
        """A page for a signed-in person at a place; `NotFound` when `site` is not theirs to see."""
        sites = tuple(self.services.registry.sites(scope))
        place = _place(sites, site)
        return Page(
            request=request,
            scope=scope,
            language=language_of(request),
            theme=theme_of(request),
            now=self.services.clock(),
            zone=self._zone,
            place=place,
            sites=sites,
        )

    def render(self, page: Page, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Answer with a template; it sees `page`, `t` and `values`."""
        loud = attempt(lambda: self.services.alerts.open_count(page.scope))
        text = self._templates.get_template(template).render(page=page, t=page.t, open_count=loud, **values)
        return HTMLResponse(text, status_code=status, headers={**_HEADERS, READER: page.reader})


def _place(sites: tuple[Site, ...], wanted: str | None) -> Site | None:
    if not wanted:
        return None
    for site in sites:
        if site.id == SiteId(wanted):
            return site
    raise NotFound
