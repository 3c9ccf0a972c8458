"""What the agent watches beyond the school's devices: application services, paths, the line's throughput."""

from collections.abc import Callable, Coroutine
from typing import Any

from agent.clock import Timer, UtcClock
from agent.config import AgentConfig
from agent.poll import Sink
from campus.ids import DeviceId

Watching = Callable[[], Coroutine[Any, Any, None]]


def watches(config: AgentConfig, sink: Sink, clock: UtcClock, timer: Timer) -> list[Watching]:
    """What to run beside the polls; each room is imported only where the file asks for it."""
    device = DeviceId(config.address.agent)
    found: list[Watching] = []
    if config.services:
        from agent.services.watch import ServiceWatch

        found.append(ServiceWatch(device, config.services, sink, clock=clock, timer=timer).run)
    if config.path and config.path.settings.targets:
        from agent.path.watch import PathWatch

        found.append(PathWatch(device, config.path.settings, sink, clock=clock, timer=timer).run)
    if config.path and config.path.probe and config.path.settings.throughput:
        from agent.path.turns import ThroughputWatch

        entry, probe = config.path.settings.throughput, config.path.probe
        found.append(
            ThroughputWatch(
                device, probe, entry.every_s, sink, clock=clock, timer=timer, first_within_s=entry.first_within_s
            ).run
        )
    return found
