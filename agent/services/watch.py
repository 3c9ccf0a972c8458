"""Asks every service at its times, for ever, and says what was found as samples of the agent itself."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from agent.clock import Timer, UtcClock
from agent.collect.port import Harvest
from agent.poll import Sink
from agent.schedule import stable_share
from agent.services.check import Service, found, samples_of
from agent.services.model import Finding, ServiceState
from campus.ids import DeviceId

AT_ONCE = 8
"""Checks under way at a time: they are many small connections from one school."""
_log = logging.getLogger(__name__)


class ServiceWatch:
    """One task for each service; a check that breaks costs its own service one turn."""

    def __init__(
        self, device: DeviceId, services: Sequence[Service], sink: Sink, *, clock: UtcClock, timer: Timer
    ) -> None:
        self._device = device
        self._services = services
        self._sink = sink
        self._clock = clock
        self._timer = timer
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._states: dict[str, ServiceState] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for service in self._services:
                tasks.create_task(self._watch(service), name=f"service-{service.id}")

    async def _watch(self, service: Service) -> None:
        # Each school has its own moment: a district's agents that were started together do not ask together.
        due_s = self._timer.now_s() + stable_share(f"{self._device} {service.id}", service.every_s)
        while True:
            await self._timer.sleep_until(due_s)
            async with self._gate:
                self._sink(self._device, await self._asked(service))
            due_s = max(due_s + service.every_s, self._timer.now_s())

    async def _asked(self, service: Service) -> Harvest:
        measured_at = self._clock()
        try:
            finding = await found(service)
        except Exception:  # noqa: BLE001 - the edge of a supervised task: the other services go on
            _log.warning("service_check_broken service=%s", service.id, exc_info=True)
            return Harvest(dropped=Counter(service_check_broken=1))
        self._note(service.id, finding)
        return Harvest(samples=samples_of(self._device, service.id, finding, measured_at))

    def _note(self, service: str, finding: Finding) -> None:
        if self._states.get(service) is not finding.state:
            self._states[service] = finding.state
            _log.info("service_state service=%s state=%s %s", service, finding.state.name.lower(), finding.detail)
