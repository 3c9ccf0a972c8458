"""Runs the simulation in the foreground until it is told to stop."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

from simulator.live.simulation import Simulation
from simulator.plan.shape import SimulatorPlan


async def run_simulation(plan: SimulatorPlan, directory: Path, ready: Callable[[str], None]) -> None:
    """Run until SIGINT or SIGTERM; `ready` is told once everything answers."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    simulation = Simulation(plan, directory)
    await simulation.start()
    try:
        ready(
            f"{len(simulation.devices)} devices answer SNMP on port {plan.snmp_port}, {len(simulation.fibres)} fibres are lit"
        )
        running = asyncio.create_task(simulation.run())
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        for task in (running, waiting):
            task.cancel()
        await asyncio.wait((running, waiting))
        if not stopped.is_set():
            running.result()
    finally:
        await simulation.stop()
