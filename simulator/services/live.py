"""The services of the running district: what listens where, what faults make of it, and what runs over each school's fibre."""

from collections import Counter
from pathlib import Path

from simulator.district.centre import NAMES, REGISTRATION
from simulator.life.fault import FaultName
from simulator.live.district import LiveDistrict
from simulator.metro.fibre import Fibre
from simulator.plan.shape import SimulatorPlan
from simulator.services.names import NameServer
from simulator.services.shape import FOLDER, WEB, page, service_host, web_port
from simulator.services.web import WebPage


class LiveServices:
    """Life: inert; `start` listens everywhere, `obey_faults` a few times a second, `stop` lets everything go."""

    def __init__(self, live: LiveDistrict, plan: SimulatorPlan, directory: Path) -> None:
        district = live.life.district
        centre = service_host(district, district.centre)
        pair = (directory / FOLDER / "lasting.pem", directory / FOLDER / "expiring.pem")
        self._live = live
        self.pages = {
            service: WebPage(centre, web_port(plan, service), page(service), pair if service == REGISTRATION else None)
            for service in WEB
        }
        self.servers = {site.id: NameServer(service_host(district, site), plan.snmp_port) for site in district.sites}
        self.fibres = [
            (site.id, Fibre(f"{site.id} ({service})", service_host(district, site), port, port, centre))
            for site in district.schools
            for service in WEB
            for port in (web_port(plan, service),)
        ]

    async def start(self) -> None:
        """Listen; `ConfigError` when an address is taken."""
        for each in self._listening():
            await each.start()

    async def obey_faults(self, now: int) -> None:
        """Be as the faults of now demand."""
        centre = self._live.life.district.centre.id
        for service, each in self.pages.items():
            each.is_down = self._live.has(FaultName.SERVICE_DOWN, centre, service)
            each.is_slow = self._live.has(FaultName.SERVICE_SLOW, centre, service)
            each.is_wrong = self._live.has(FaultName.SERVICE_WRONG_PAGE, centre, service)
            each.is_expiring = self._live.has(FaultName.CERTIFICATE_EXPIRING, centre, service)
            await each.obey()
        is_down = self._live.has(FaultName.SERVICE_DOWN, centre, NAMES)
        for site, server in self.servers.items():
            server.is_silent = is_down or self._live.is_cut(site, now)
        for site, fibre in self.fibres:
            await (fibre.cut() if self._live.is_cut(site, now) else fibre.mend())

    async def stop(self) -> None:
        """Let everything go; harmless when called twice."""
        for each in self._listening():
            await each.close()

    def counts(self) -> Counter[str]:
        """How often each was asked."""
        found: Counter[str] = Counter()
        for service, shown in self.pages.items():
            found.update({f"service_{service}_{what}": number for what, number in shown.counts.items()})
        for server in self.servers.values():
            found.update({f"service_{NAMES}_{what}": number for what, number in server.counts.items()})
        return found

    def _listening(self) -> list[WebPage | NameServer | Fibre]:
        return [*self.pages.values(), *self.servers.values(), *(fibre for _, fibre in self.fibres)]
