"""A school with people to tell and alerts to tell of, on a clock that is moved by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from sqlmodel import col, select

from campus.ids import SiteId
from controller.alerts.model import Horizon, Owner
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.alerts.service import AlertService
from controller.alerts.tables import AlertRow
from controller.identity.scope import SYSTEM, Role, Scope
from controller.registry.database import reading, writing
from controller.telling.model import (
    ChannelSettings,
    Mail,
    Person,
    Policy,
    Reach,
    Register,
    Standing,
    Telling,
    WeCom,
    What,
)
from controller.telling.service import TellingService
from controller.telling.tables import EntryRow
from controller.wording import Language
from tests.fakes.fixed_register import FixedRegister
from tests.fakes.letterbox import Letterbox
from tests.fakes.static_causes import StaticCauses
from tests.support.district import BOARD_101, GATEWAY, NO_1, NOW, TIMEZONE, address_of, ready_registry, school_facts

S: Final = 1_000
MINUTE: Final = 60 * S
HOUR: Final = 60 * MINUTE
LI = Person("li", "李老师", (Reach("mail", "li@example.org"), Reach("sms-mail", "13800000001")), place=NO_1)
WANG = Person("wang", "Ms Wang", (Reach("mail", "wang@example.org"),), place="north-town", language=Language.EN)
ZHAO = Person("zhao", "Zhao", (Reach("sms-mail", "zhao@example.org"),), language=Language.EN)
CHANNELS: dict[str, ChannelSettings] = {
    "mail": Mail("mail.example.org", "campanile@example.org"),
    "sms-mail": Mail("other.example.org", "campanile@example.org"),
    "group": WeCom("wecom-url"),
}


def rulebook() -> Rulebook:
    """The shipped rules, and one for each kind of work: they differ in nothing but owner and horizon."""
    shipped = shipped_rules().rules()
    gateway = next(rule for rule in shipped if rule.id == "gateway-unreachable")
    kinds = {
        "fault": (Horizon.TODAY, Owner.TECHNICIAN),
        "danger": (Horizon.NOW, Owner.TECHNICIAN),
        "wear": (Horizon.WEEK, Owner.TECHNICIAN),
        "backbone": (Horizon.TODAY, Owner.OPERATOR),
        "contract": (Horizon.TERM, Owner.ADMINISTRATOR),
    }
    own = [replace(gateway, id=name, horizon=horizon, owner=owner) for name, (horizon, owner) in kinds.items()]
    return Rulebook([*shipped, *own])


class Town:
    """Everything of telling over a real registry; channels are letterboxes."""

    def __init__(self, folder: Path, people: Sequence[Person] = (LI, WANG, ZHAO), policy: Policy | None = None) -> None:
        self.district = ready_registry(folder)
        for site in (NO_1, SiteId("no-2-primary")):
            self.district.service.learn_facts(address_of(site), school_facts(site), NOW)
        self.clock = self.district.clock
        self.alerts = AlertService(self.district.engine, self.district.service, self.clock, rulebook())
        self.causes = StaticCauses()
        self.boxes = {name: Letterbox() for name in CHANNELS}
        self.source = FixedRegister(Register(CHANNELS, tuple(people), policy or Policy()), self.boxes)
        self.restart()

    def restart(self) -> None:
        """As after a kill: only what is written is known."""
        self.telling = TellingService(
            self.district.engine,
            self.alerts,
            self.district.service,
            self.district.calendar,
            self.clock,
            ZoneInfo(TIMEZONE),
            self.source,
            "https://campanile.example",
            causes=self.causes,
        )

    def pass_ms(self, length: int, step: int = 10 * S) -> None:
        """Let time pass, with rounds on the way."""
        end = self.clock.now + length
        while True:
            self.telling.tend(self.clock.now)
            self.telling.deliver(self.clock.now)
            if self.clock.now >= end:
                return
            self.clock.now = min(end, self.clock.now + step)

    def open(
        self,
        severity: str = "critical",
        *,
        site: str = NO_1,
        rule: str = "fault",
        device: str = GATEWAY,
        instance: str = "",
        cause: int = 0,
    ) -> int:
        """An alert, as the engine writes it."""
        row = AlertRow(
            rule=rule,
            site=site,
            device=device,
            metric="reachable",
            instance=instance,
            severity=severity,
            opened_at=self.clock.now,
            value=0.0,
            cause=cause,
        )
        with writing(self.district.engine) as session:
            session.add(row)
        return row.id or 0

    def change(self, alert: int, **columns: int | str) -> None:
        """Clear, acknowledge, hide, silence or release one; say what broke."""
        with writing(self.district.engine) as session:
            row = session.get_one(AlertRow, alert)
            for name, value in columns.items():
                setattr(row, name, value)

    def clear(self, alert: int) -> None:
        """It is over now."""
        self.change(alert, cleared_at=self.clock.now)

    def acknowledge(self, alert: int) -> None:
        """Somebody takes care of it."""
        self.alerts.acknowledge(Scope("li", Role.TECHNICIAN), alert)

    def told_of(self, alert: int) -> list[Telling]:
        """The ledger of one."""
        return self.telling.told_of(SYSTEM, alert)

    def standings(self, alert: int) -> dict[str, tuple[Standing, str]]:
        """By person: what became of telling that it opened, and the reason."""
        return {
            each.person: (each.standing, each.reason or "") for each in self.told_of(alert) if each.what is What.OPENED
        }

    def entries(self) -> int:
        """How many lines the ledger has."""
        with reading(self.district.engine) as session:
            return len(session.exec(select(col(EntryRow.id))).all())


def at_place(person: Person, place: str) -> Person:
    """The same person, elsewhere."""
    return replace(person, place=place)


__all__ = ["BOARD_101", "HOUR", "LI", "MINUTE", "WANG", "ZHAO", "S", "Town", "at_place"]
