"""`campanile demo`: plan, history, brokers, devices, controller, agents, browser; then watch until Ctrl-C."""

import signal
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TypeVar

import click

from campanile.demo.folder import Asked, DemoFolder
from campanile.demo.history import fill_history
from campanile.demo.plan import choose_port, health, write_plan
from campanile.demo.processes import Child, ChildFailed, Household, campanile
from campanile.libraries import require_all
from campus.errors import ConfigError
from simulator.control.client import ask
from simulator.control.words import Act, Question

READY_TIMEOUT_S = 60.0
WATCH_INTERVAL_S = 1.0
T = TypeVar("T")


@click.command()
@click.option("--schools", default=8, show_default=True, type=click.IntRange(1, 200), help="Schools in the district.")
@click.option(
    "--days", default=30, show_default=True, type=click.IntRange(0, 400), help="Days of history to make first."
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same district.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the console.  [default: 8080, or a free one]")
@click.option("--browser/--no-browser", default=True, help="Open the console in the browser.")
@click.option("--fresh", is_flag=True, help="Delete the demo's folder and start anew.")
@click.option(
    "--data",
    default=".demo",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The demo's folder.",
)
def demo(*, schools: int, days: int, seed: int, port: int | None, browser: bool, fresh: bool, data: Path) -> None:
    """Run a whole simulated district and open its console.

    Real agents poll simulated devices over SNMP and hear them over MQTT; a real controller stores, judges and shows what
    they say. Everything listens on the loopback interface only. Ctrl-C stops it all; the next start goes on from there.

    While it runs, try in another terminal:

    \b
      campanile simulate faults
      campanile simulate fault cut-uplink --school no-1-primary
      campanile simulate heal
    """
    require_all("the demo")
    folder = DemoFolder(data.resolve(), Asked(schools, seed, days))
    http_port = choose_port(port)
    if fresh:
        folder.wipe()
    folder.claim()
    household = Household()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        console = _bring_up(folder, household, http_port)
        click.echo(f"console: {console}")
        click.echo(f"\nTry it:    campanile simulate faults{'' if data == Path('.demo') else f' --dir {data}'}")
        click.echo(
            f"Logs:      {folder.logs}\nStop:      Ctrl-C (the district stays, the next start goes on from here)"
        )
        if browser:
            webbrowser.open(console)
        while True:
            time.sleep(WATCH_INTERVAL_S)
            household.mend()
    except KeyboardInterrupt:
        click.echo("\nStopping ...")
    finally:
        household.stop()
        folder.release()


def _bring_up(folder: DemoFolder, household: Household, http_port: int) -> str:
    """Start everything in order; the console's one-time address."""
    click.echo(f"A district of {folder.asked.schools} schools in {folder.path}")
    agents = write_plan(folder, http_port)
    if folder.asked.days and not folder.has_history:
        click.echo(f"Making the history of {folder.asked.days} days (once) ...")
        fill_history(folder)
        agents = write_plan(folder, http_port)  # a minute later its ports may be taken
    where = ["--dir", str(folder.path)]
    controller = Child(
        "controller", campanile("controller", "run", "--config", str(folder.path / "controller.yaml")), folder.logs
    )
    controller.log.unlink(missing_ok=True)  # its line with the one-time address must be this start's
    click.echo("Starting brokers, devices, controller and agents ...")
    household.start(Child("brokers", campanile("simulate", "brokers", *where), folder.logs))
    devices = Child("devices", campanile("simulate", "run", *where), folder.logs)
    household.start(devices)
    household.start(controller)
    # An agent that asks before anything answers would begin the district's first day with unreachable devices.
    _wait(household, lambda: _is_simulated(folder.path), "the simulated devices", devices)
    household.start(
        *(
            Child(f"agent-{config.stem}", campanile("agent", "run", "--config", str(config)), folder.logs)
            for config in agents
        )
    )
    console = _wait(household, lambda: _console_line(controller.log), "the console", controller)
    _wait(household, lambda: (health(http_port) or {}).get("devices"), "the first device", controller)
    return console


def _wait(household: Household, look: Callable[[], T | None], what: str, child: Child) -> T:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while not (found := look()):
        household.mend()
        if time.monotonic() > deadline:
            raise ChildFailed(f"waited {READY_TIMEOUT_S:.0f} s in vain for {what}. {child.last_words()}")
        time.sleep(0.1)
    return found


def _is_simulated(folder: Path) -> bool:
    """Whether the simulated devices answer: their control socket is the last thing they open."""
    try:
        ask(folder, Question(Act.STATUS))
    except ConfigError:
        return False
    return True


def _console_line(log: Path) -> str:
    said = log.read_text(errors="replace") if log.exists() else ""
    line = next((line for line in said.splitlines() if line.startswith("console: ")), "")
    return line.removeprefix("console: ").strip()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
