"""The families of devices that can be read: what of them, what they say unasked, how that is known."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request, Response

from controller.console.console import Console
from controller.console.families import Family, Proof, families
from controller.console.page import Page
from controller.identity.dependency import CallerScope

SIGNS = {Proof.RECORDING: "good", Proof.OWN: "good", Proof.DOCUMENTS: "unknown"}


def profiles_router(console: Console) -> APIRouter:
    """``/profiles``."""
    router = APIRouter()

    @router.get("/profiles")
    def profiles(request: Request, scope: CallerScope, site: str = "", kind: str = "", text: str = "") -> Response:
        """Every family that has the text in its words."""
        page, everything = console.page(request, scope, site), families()
        event = partial(_event, console, page)
        return console.render(
            page,
            "profiles.html",
            task="devices",
            rows=[
                each
                for each in everything
                if kind in ("", each.kind) and text.strip().lower() in _words(page, event, each)
            ],
            everything=len(everything),
            kinds=sorted({each.kind for each in everything}),
            kind=kind,
            text=text,
            signs=SIGNS,
            event=event,
        )

    return router


def _words(page: Page, event: Callable[[str], str], family: Family) -> str:
    """All that is shown of a family, in small letters."""
    metrics, events = [page.metric(each) for each in family.metrics], [event(each) for each in family.traps]
    named = (
        family.vendor,
        family.title,
        family.name,
        page.t(f"kind.{family.kind}"),
        page.t(f"profiles.{family.proof}"),
    )
    return " ".join((*named, *metrics, *events, *family.sources)).lower()


def _event(console: Console, page: Page, kind: str) -> str:
    rule = console.services.alerts.words_of(kind)
    return page.either(rule.title_en, rule.title_zh)
