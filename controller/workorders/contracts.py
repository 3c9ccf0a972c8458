"""The book of service contracts: who repairs what until when. What the caller does not see is `NotFound`.

A contract for named schools belongs to those schools' overseers; one for the whole district to who oversees all of it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from msgspec.structs import replace
from sqlmodel import col, select

from campus.errors import Poison
from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind
from controller.identity.scope import NotFound, Role, Scope
from controller.registry.database import reading, writing
from controller.workorders.port import Registry
from controller.workorders.rows import text_of
from controller.workorders.tables import ContractRow
from controller.workorders.terms import Away, Contract

MOST_CONTRACTS: Final = 1_000
ENDING_DAYS: Final = 180
"""A contract that ends within so many days is spoken of: a tender takes its time."""
_sites = msgspec.json.Decoder(tuple[SiteId, ...])
_kinds = msgspec.json.Decoder(tuple[DeviceKind, ...])
_models = msgspec.json.Decoder(tuple[str, ...])


class ContractBook:
    """Every method may be called from any thread."""

    def __init__(self, engine: sa.Engine, registry: Registry, clock: Callable[[], int], zone: ZoneInfo) -> None:
        self._engine = engine
        self._registry = registry
        self._clock = clock
        self._zone = zone

    def today(self) -> date:
        """The district's local day."""
        return datetime.fromtimestamp(self._clock() / 1000, self._zone).date()

    def contracts(self, scope: Scope) -> list[Contract]:
        """Those that cover any school the caller sees, in force or not, by end; of their schools only the ones seen."""
        with reading(self._engine) as session:
            rows = session.exec(select(ContractRow).order_by(col(ContractRow.ends_on), col(ContractRow.id)))
            found = [_seen(scope, _contract(row)) for row in rows]
        return [each for each in found if each is not None]

    def contract(self, scope: Scope, contract_id: int) -> Contract:
        """One of them."""
        with reading(self._engine) as session:
            row = session.get(ContractRow, contract_id)
        found = _seen(scope, _contract(row)) if row is not None else None
        if found is None:
            raise NotFound
        return found

    def ending_contracts(self, scope: Scope) -> list[Contract]:
        """Those in force that end soon, the first to end first."""
        today = self.today()
        last = date.fromordinal(today.toordinal() + ENDING_DAYS)
        return [each for each in self.contracts(scope) if not each.ended_at and today <= each.ends_on <= last]

    def covering(self, scope: Scope, site: SiteId, device: DeviceId, kind: DeviceKind) -> list[Contract]:
        """Contracts in force today for a device, or for a school where `device` is empty; the most particular first."""
        scope.require(site)
        model = ""
        if device:
            with suppress(NotFound):  # taken out of the registry since: its kind still says who repairs it
                model = self._registry.device(scope, site, device).facts.model
        today = self.today()
        found = [each for each in self.contracts(scope) if each.covers(site, kind, model, today)]
        return sorted(found, key=lambda each: (not each.models, not each.kinds, not each.sites, each.id))

    def put_contract(self, scope: Scope, contract: Contract) -> Contract:
        """Write one down, a new one when its id is 0; `Poison` ``bad_contract`` says what is wrong with it."""
        problems = contract.problems()
        if problems:
            raise Poison("bad_contract", "; ".join(problems))
        _require(scope, contract)
        with writing(self._engine) as session:
            if contract.id:
                row = session.get(ContractRow, contract.id)
                if row is None or _seen(scope, _contract(row)) is None:
                    raise NotFound
                _require(scope, _contract(row))
                row.sqlmodel_update(_columns(contract))
            else:
                held = session.execute(sa.select(sa.func.count()).select_from(ContractRow)).scalar_one()
                if held >= MOST_CONTRACTS:
                    raise Poison("bad_contract", f"the book holds at most {MOST_CONTRACTS} contracts")
                row = ContractRow(**_columns(contract))
            session.add(row)
            session.flush()
            return _contract(row)

    def end_contract(self, scope: Scope, contract_id: int) -> None:
        """Take one out before its time; harmless when it was."""
        with writing(self._engine) as session:
            row = session.get(ContractRow, contract_id)
            if row is None or _seen(scope, _contract(row)) is None:
                raise NotFound
            _require(scope, _contract(row))
            row.ended_at = row.ended_at or self._clock()
            session.add(row)


def _require(scope: Scope, contract: Contract) -> None:
    if not contract.sites:
        scope.require_role(Role.OPERATOR)
    for site in contract.sites:
        scope.require(site, Role.OPERATOR)


def _seen(scope: Scope, contract: Contract) -> Contract | None:
    """The contract as a caller may see it; None when it covers no school of theirs."""
    seen = tuple(scope.visible(contract.sites))
    return replace(contract, sites=seen) if seen or not contract.sites else None


def _contract(row: ContractRow) -> Contract:
    return Contract(
        id=row.id or 0,
        vendor=row.vendor,
        title=row.title,
        starts_on=date.fromisoformat(row.starts_on),
        ends_on=date.fromisoformat(row.ends_on),
        response_h=row.response_h,
        repair_h=row.repair_h,
        contact=row.contact,
        phone=row.phone,
        sites=_sites.decode(row.sites),
        kinds=_kinds.decode(row.kinds),
        models=_models.decode(row.models),
        while_part=Away(row.while_part),
        while_vendor=Away(row.while_vendor),
        ended_at=row.ended_at,
    )


def _columns(contract: Contract) -> dict[str, Any]:
    lists: dict[str, Sequence[str]] = {
        "sites": contract.sites,
        "kinds": contract.kinds,
        "models": contract.models,
    }
    return {
        "vendor": contract.vendor.strip(),
        "title": contract.title.strip(),
        "contact": contract.contact.strip(),
        "phone": contract.phone.strip(),
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": contract.ends_on.isoformat(),
        "response_h": contract.response_h,
        "repair_h": contract.repair_h,
        "while_part": contract.while_part.value,
        "while_vendor": contract.while_vendor.value,
        **{name: text_of(each) for name, each in lists.items()},
    }
