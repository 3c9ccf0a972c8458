"""The families of devices that can be read: what of them, what they say unasked, how that is known."""

from collections import Counter
from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request, Response

from controller.console.console import Console
from controller.console.families import Family, families
from controller.console.page import Page
from controller.identity.dependency import CallerScope
from firmware_profiles.proof import Proof

SIGNS = {Proof.RECORDING: "good", Proof.OWN: "good", Proof.DOCUMENTS: "unknown"}


def profiles_router(console: Console) -> APIRouter:
    """``/profiles``."""
    router = APIRouter()

    @router.get("/profiles")
    def profiles(
        request: Request, scope: CallerScope, site: str = "", kind: str = "", text: str = "", proof: str = ""
    ) -> Response:
        """Every family that has the text in its words, with how many there are of each kind and of each proof."""
        page, everything = console.page(request, scope, site), families()
        event = partial(_event, console, page)
        found = [each for each in everything if text.strip().lower() in _words(page, event, each)]
        of_kind = [each for each in found if kind in ("", each.kind)]
        return console.render(
            page,
            "profiles.html",
            task="devices",
            rows=[each for each in of_kind if proof in ("", each.proof)],
            everything=len(everything),
            vendors=len({each.vendor for each in everything if each.vendor}),
            kinds=sorted(Counter(each.kind for each in found if proof in ("", each.proof)).items()),
            proofs=[(each, sum(family.proof == each for family in of_kind)) for each in Proof],
            of_kind=len(of_kind),
            kind=kind,
            text=text,
            proof=proof,
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
