"""Everything of a district that runs in one process: devices that answer, devices that publish, fibres, the control socket."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from campus.samples import DeviceKind
from simulator.control.faults import find_device, find_school, find_service, find_site, parse_fault
from simulator.control.server import ControlServer
from simulator.control.words import Act, ActiveFault, Answer, Question
from simulator.district.timetable import holidays
from simulator.life.fault import FAULTS
from simulator.life.moment import day_numbers
from simulator.life.site_life import DistrictLife
from simulator.live.camera import LiveCamera
from simulator.live.device import LiveDevice
from simulator.live.district import LiveDistrict
from simulator.live.projector import LiveProjector
from simulator.metro.fibre import Fibre
from simulator.mib.build import site_mibs
from simulator.mqtt.guests import Guests
from simulator.mqtt.publisher import Publisher
from simulator.plan.command_lines import switches_with_ssh
from simulator.plan.shape import LOOPBACK, SimulatorPlan, device_host
from simulator.services.live import LiveServices
from simulator.snmp.responder import utc_now

if TYPE_CHECKING:
    from simulator.live.command_line import LiveCommandLine

TICK_S = 0.5
"""How soon a fault shows in who answers and who is silent."""


class Simulation:
    """Life: constructed inert; `start` binds and connects, `run` keeps it going until cancelled, `stop` lets everything go."""

    def __init__(self, plan: SimulatorPlan, directory: Path, clock: Callable[[], int] = utc_now) -> None:
        district = plan.district()
        year = time.gmtime(clock() / 1000).tm_year
        self.live = LiveDistrict(DistrictLife(district, day_numbers(holidays(year))), clock)
        self.fibres = {
            site.id: Fibre(site.id, LOOPBACK, site.fibre_port, plan.central_broker_port) for site in plan.sites
        }
        self.devices = [
            LiveDevice(self.live, site.id, device, mib, device_host(district, site, site.device(device)), plan)
            for site in district.sites
            for device, mib in site_mibs(district, site).items()
        ]
        self.projectors = [
            LiveProjector(self.live, site.id, device, device_host(district, site, device), plan)
            for site in district.sites
            for device in site.devices
            if device.family.speaks_pjlink
        ]
        self.cameras = [
            LiveCamera(
                self.live,
                site.id,
                device,
                device_host(district, site, device),
                plan,
                is_recorder=device.kind is DeviceKind.RECORDER,
            )
            for site in district.sites
            for device in site.devices
            if device.family.speaks_http
        ]
        self.command_lines = self._command_lines(plan, directory)
        brokers = {site.id: plan.site(site.id).broker_port for site in district.schools}
        self._publishers: list[Publisher | Guests] = [
            *(Publisher(self.live, site, LOOPBACK, port) for site, port in brokers.items()),
            *(Guests(self.live, site, LOOPBACK, port) for site, port in list(brokers.items())[:1]),
        ]
        self.services = LiveServices(self.live, plan, directory)
        self._control = ControlServer(directory, self.respond)
        self._started_s = 0.0

    async def start(self) -> None:
        """Bind every address and dial every broker; `ConfigError` when an address is taken. On error nothing is left bound."""
        self.live.start()
        try:
            for device in self.devices:
                await device.responder.start()
            for projector in self.projectors:
                await projector.answers.start()
            for camera in self.cameras:
                await camera.doors.start()
            for each in self.command_lines:
                await each.line.start()
            for fibre in self.fibres.values():
                await fibre.start()
            await self.services.start()
            await self._control.start()
        except BaseException:
            await self.stop()
            raise
        for publisher in self._publishers:
            publisher.start()
        self._started_s = time.monotonic()

    async def run(self) -> None:
        """Publish what is due and let faults show, for ever."""
        while True:
            now = self.live.clock()
            for device in self.devices:
                device.obey_faults(now)
            for projector in self.projectors:
                projector.obey_faults(now)
            for camera in self.cameras:
                camera.obey_faults(now)
            for each in self.command_lines:
                each.obey_faults(now)
            for name, fibre in self.fibres.items():
                await (fibre.cut() if self.live.is_cut(name, now) else fibre.mend())
            await self.services.obey_faults(now)
            for publisher in self._publishers:
                publisher.speak(now, time.monotonic() - self._started_s)
            await asyncio.sleep(TICK_S)

    async def stop(self) -> None:
        """Let everything go; harmless when called twice."""
        await self._control.close()
        for each in self.command_lines:
            each.line.close()
        for publisher in self._publishers:
            publisher.stop()
        for fibre in self.fibres.values():
            await fibre.close()
        await self.services.stop()
        for camera in self.cameras:
            await camera.doors.close()
        for projector in self.projectors:
            await projector.answers.close()
        for device in self.devices:
            device.responder.close()

    def _command_lines(self, plan: SimulatorPlan, directory: Path) -> "list[LiveCommandLine]":
        district = plan.district()
        switches = [(site, device) for site in district.sites for device in switches_with_ssh(district, site)]
        if not switches or not plan.ssh_port:
            return []
        from simulator.live.command_line import LiveCommandLine  # asyncssh, only where it is spoken
        from simulator.ssh.host_key import host_key

        key = host_key(directory)
        return [
            LiveCommandLine(
                self.live,
                site.id,
                device,
                device_host(district, site, device),
                plan,
                key,
                is_worked_on=device is switches_with_ssh(district, site)[0],
            )
            for site, device in switches
        ]

    def respond(self, question: Question) -> Answer:
        """Obey one question of the control socket; `ConfigError` says what is wrong with it."""
        match question.act:
            case Act.FAULT:
                return self._break_down(question)
            case Act.HEAL:
                return self._heal(question)
            case Act.STATUS:
                return self._status()

    def _break_down(self, question: Question) -> Answer:
        name = parse_fault(question.name)
        site = find_site(self.live.life.district, name, question.site)
        if FAULTS[name].services:
            service = find_service(name, question.device)
            self.live.break_down(name, site.id, service)
            return Answer(text=f"{site.name_zh}, {service}: {FAULTS[name].text}")
        device = find_device(site, name, question.device)
        self.live.break_down(name, site.id, device)
        where = f"{site.name_zh} {site.id}" + (f", {site.device(device).name_zh} {device}" if device else "")
        return Answer(text=f"{where}: {FAULTS[name].text}")

    def _heal(self, question: Question) -> Answer:
        if question.site:
            find_school(self.live.life.district, question.site)
        healed = self.live.heal(question.site)
        return Answer(text=f"{healed} fault{'' if healed == 1 else 's'} healed")

    def _status(self) -> Answer:
        now = self.live.clock()
        counts: Counter[str] = Counter()
        for device in self.devices:
            counts.update({f"snmp_{what}": number for what, number in device.responder.counts.items()})
        for publisher in self._publishers:
            counts.update({f"mqtt_{what}": number for what, number in publisher.counts.items()})
        for fibre in self.fibres.values():
            counts.update({f"fibre_{what}": number for what, number in fibre.counts.items()})
        for each in self.command_lines:
            counts.update({f"ssh_{what}": number for what, number in each.line.counts.items()})
        counts.update(self.services.counts())
        faults = [
            ActiveFault(f.name.value, f.site, f.device, round((now - f.start) / 1000, 1)) for f in self.live.faults
        ]
        return Answer(faults=faults, counts=dict(counts))
