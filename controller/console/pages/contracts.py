"""The book of service contracts: who repairs what until when; which end soon; taking one in, changing it, ending it."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from campus.errors import Poison
from campus.ids import SiteId
from campus.samples import DeviceKind
from controller.console.console import Console, Declined
from controller.console.page import Page, address
from controller.identity.dependency import CallerScope
from controller.identity.scope import Role
from controller.workorders.terms import Away, Contract, sixty_months_after

Several = Annotated[list[str] | None, Form()]
KINDS: Final = tuple(kind for kind in DeviceKind if kind is not DeviceKind.AGENT)


def contracts_router(console: Console) -> APIRouter:
    """``/orders/contracts`` and what can be done there."""
    router = APIRouter()

    @router.get("/orders/contracts")
    def contracts(request: Request, scope: CallerScope, site: str = "", edit: int = 0) -> Response:
        """The list; with `edit` the form holds one of them."""
        page = console.page(request, scope, site)
        book = console.services.workorders.contracts
        found = book.contracts(scope)
        if page.place is not None:
            found = [each for each in found if not each.sites or page.place.id in each.sites]
        today = book.today()
        return console.render(
            page,
            "contracts.html",
            task="orders",
            contracts=found,
            ending={each.id for each in book.ending_contracts(scope)},
            today=today,
            form=book.contract(scope, edit) if edit else _empty(page, today),
            kinds=KINDS,
            aways=list(Away),
            may_act=scope.role >= Role.OPERATOR,
        )

    @router.post("/orders/contracts")
    def put(
        request: Request,
        scope: CallerScope,
        vendor: str = Form(""),
        title: str = Form(""),
        starts_on: str = Form(""),
        ends_on: str = Form(""),
        response_h: float = Form(8.0),
        repair_h: float = Form(24.0),
        contact: str = Form(""),
        phone: str = Form(""),
        sites: Several = None,
        kinds: Several = None,
        models: str = Form(""),
        while_part: str = Form(Away.RESTS),
        while_vendor: str = Form(Away.RESTS),
        number: int = Form(0),
    ) -> Response:
        """Write one down."""
        page = console.page(request, scope)
        try:
            first = date.fromisoformat(starts_on)
            contract = Contract(
                id=number,
                vendor=vendor,
                title=title,
                starts_on=first,
                ends_on=date.fromisoformat(ends_on) if ends_on else sixty_months_after(first),
                response_h=response_h,
                repair_h=repair_h,
                contact=contact,
                phone=phone,
                sites=tuple(SiteId(each) for each in sites or ()),
                kinds=tuple(DeviceKind(each) for each in kinds or ()),
                models=tuple(each.strip() for each in models.replace("，", ",").split(",") if each.strip()),
                while_part=Away(while_part),
                while_vendor=Away(while_vendor),
            )
            console.services.workorders.contracts.put_contract(scope, contract)
        except ValueError as error:
            raise Declined(page.t("contract.bad_form")) from error
        except Poison as error:
            raise Declined(page.t("contract.bad", why=str(error))) from error
        return RedirectResponse("/orders/contracts", status_code=303)

    @router.post("/orders/contracts/{contract_id}/end")
    def end(scope: CallerScope, contract_id: int) -> Response:
        """It ended before its time."""
        console.services.workorders.contracts.end_contract(scope, contract_id)
        return RedirectResponse(address("/orders/contracts", {}), status_code=303)

    return router


def _empty(page: Page, today: date) -> Contract:
    """What a new one begins with: the school one looks at, from today, the usual sixty months."""
    sites = (page.place.id,) if page.place else ()
    return Contract(0, "", "", today, sixty_months_after(today), sites=sites)
