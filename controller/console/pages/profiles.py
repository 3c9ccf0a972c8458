"""The families of devices that can be read: what of them, what they say unasked, how that is known."""

from fastapi import APIRouter, Request, Response

from controller.alerts.events import event_rule, event_rule_id
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
        return console.render(
            page,
            "profiles.html",
            task="devices",
            rows=[
                each for each in everything if kind in ("", each.kind) and text.strip().lower() in _words(page, each)
            ],
            everything=len(everything),
            kinds=sorted({each.kind for each in everything}),
            kind=kind,
            text=text,
            signs=SIGNS,
            event=lambda event: _event(page, event),
        )

    return router


def _words(page: Page, family: Family) -> str:
    """All that is shown of a family, in small letters."""
    metrics, events = [page.metric(each) for each in family.metrics], [_event(page, each) for each in family.traps]
    named = (
        family.vendor,
        family.title,
        family.name,
        page.t(f"kind.{family.kind}"),
        page.t(f"profiles.{family.proof}"),
    )
    return " ".join((*named, *metrics, *events, *family.sources)).lower()


def _event(page: Page, kind: str) -> str:
    rule = event_rule(event_rule_id(kind))
    return page.either(rule.title_en, rule.title_zh)
