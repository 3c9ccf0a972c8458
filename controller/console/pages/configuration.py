"""A device's configuration: its versions, how two differ, the text of one, found in and downloaded. For operators and above."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from campus.ids import DeviceId, SiteId
from controller.configurations.model import Difference, Version
from controller.console.console import Console
from controller.console.page import Page, address, device_address
from controller.identity.dependency import CallerScope
from controller.identity.scope import NotFound, Role, Scope
from controller.registry.model import Device

MOST_FOUND: Final = 500
MAX_QUERY_CHARS: Final = 100


@dataclass(frozen=True)
class Line:
    """A line of a text with its number; `parts` alternate between what was not looked for and what was."""

    number: int
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Chosen:
    """What of a device's versions is shown: the text of `after`, and how it differs from `before` where there is one."""

    after: Version
    before: Version | None


def configuration_router(console: Console) -> APIRouter:
    """``/sites/{site}/devices/{device}/configuration`` and the download of one version beneath it."""
    router = APIRouter()

    @router.get("/sites/{site}/devices/{device_id}/configuration")
    def configuration(
        request: Request,
        scope: CallerScope,
        site: str,
        device_id: str,
        before: int = 0,
        after: int = 0,
        q: str = "",
        whole: str = "",
    ) -> Response:
        """Versions of one device; `before` and `after` name two of them, `whole` folds nothing."""
        page = console.page(request, scope, site)
        scope.require(SiteId(site), Role.OPERATOR)
        device = console.services.registry.device(scope, SiteId(site), DeviceId(device_id))
        versions = console.services.configurations.versions(scope, device.site, device.id)
        chosen = _chosen(versions, before, after)
        wanted = q.strip()[:MAX_QUERY_CHARS]
        lines = _lines(console, scope, chosen) if chosen else []
        found = [line for each in lines if (line := _found(each, wanted))] if wanted else lines
        return console.render(
            page,
            "configuration.html",
            task="devices",
            device=device,
            versions=versions,
            chosen=chosen,
            difference=_difference(console, scope, chosen, whole),
            whole=whole,
            searched_text=wanted,
            lines=found[:MOST_FOUND] if wanted else found,
            found=len(found),
            most_found=MOST_FOUND,
            labels={version.taken_at: _label(page, version) for version in versions},
            download=f"{_home(device)}/{chosen.after.taken_at}.txt" if chosen else "",
            home=_home(device),
            compared=lambda version: _compared(device, versions, version),
        )

    @router.get("/sites/{site}/devices/{device_id}/configuration/{taken_at}.txt")
    def download(scope: CallerScope, site: str, device_id: str, taken_at: int) -> Response:
        """One version as a text file."""
        text = console.services.configurations.text(scope, SiteId(site), DeviceId(device_id), taken_at)
        name = quote(f"{site}-{device_id}-{taken_at}.txt")
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(text + "\n", media_type="text/plain; charset=utf-8", headers=headers)

    return router


def _chosen(versions: list[Version], before: int, after: int) -> Chosen | None:
    """The versions asked for; of what is not said the newest, and the one before it. `NotFound` for one there is none of."""
    if not versions:
        return None
    moments = [version.taken_at for version in versions]
    if {before, after} - {0, *moments}:
        raise NotFound
    place = moments.index(after) if after else 0
    older = versions[place + 1] if place + 1 < len(versions) else None
    return Chosen(versions[place], versions[moments.index(before)] if before else older)


def _difference(console: Console, scope: Scope, chosen: Chosen | None, whole: str) -> Difference | None:
    if chosen is None or chosen.before is None:
        return None
    site, device = chosen.after.site, chosen.after.device
    moments = chosen.before.taken_at, chosen.after.taken_at
    difference = console.services.configurations.difference
    return difference(scope, site, device, *moments, None) if whole else difference(scope, site, device, *moments)


def _lines(console: Console, scope: Scope, chosen: Chosen) -> list[Line]:
    version = chosen.after
    text = console.services.configurations.text(scope, version.site, version.device, version.taken_at)
    return [Line(number, (line,)) for number, line in enumerate(text.splitlines(), start=1)]


def _found(line: Line, wanted: str) -> Line | None:
    """The line with what was looked for taken apart, whatever its case; None when it is not in it."""
    text, sought = line.parts[0], wanted.casefold()
    folded = text.casefold()
    if sought not in folded or len(folded) != len(text):
        return Line(line.number, (text,)) if sought in folded else None
    parts, done = [], 0
    while (place := folded.find(sought, done)) >= 0:
        parts += [text[done:place], text[place : place + len(sought)]]
        done = place + len(sought)
    return Line(line.number, (*parts, text[done:]))


def _label(page: Page, version: Version) -> str:
    """A version in a list to choose from."""
    return page.moment(version.changed_at or version.taken_at)


def _home(device: Device) -> str:
    return f"{device_address(device.site, device.id)}/configuration"


def _compared(device: Device, versions: list[Version], version: Version) -> str:
    """The address of a version beside the one before it."""
    place = versions.index(version)
    before = versions[place + 1].taken_at if place + 1 < len(versions) else None
    return address(_home(device), {"before": before, "after": version.taken_at})
