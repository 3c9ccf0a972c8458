"""`campanile simulate`: the command line of the simulator. Heavy libraries are imported inside commands."""

import asyncio
import sys
from pathlib import Path

import click

DEFAULT_DIR = ".demo"
directory_option = click.option(
    "--dir",
    "directory",
    default=DEFAULT_DIR,
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The district's folder; `campanile demo` uses the same.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def simulate() -> None:
    """A whole district that speaks the real protocols, and its faults.

    While `campanile demo` runs, break something and watch the console:

    \b
      campanile simulate faults
      campanile simulate fault cut-uplink --school no-1-primary
      campanile simulate fault warm-freezer --school no-2-middle
      campanile simulate heal

    \b
    The parts of the demo, one by one:
      campanile simulate plan --dir DIR --broker-port 18830    write the configuration of everybody
      campanile simulate brokers --dir DIR                     MQTT brokers
      campanile simulate run --dir DIR                         devices, fibres, faults
      campanile simulate history --dir DIR --days 30           frames of the past, to standard output

    \b
    A recording as a device, to point an agent or snmpwalk at:
      campanile simulate replay switch.snmprec --listen 127.0.0.1:1161
    """


@simulate.command()
@directory_option
@click.option("--schools", default=8, show_default=True, type=click.IntRange(1, 200), help="Schools in the district.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same district.")
@click.option("--broker-port", required=True, type=click.IntRange(1, 65_535), help="Port of the central MQTT broker.")
@click.option(
    "--console-port",
    default=0,
    type=click.IntRange(0, 65_535),
    help="Port of the console: agents measure their lines to it.",
)
def plan(directory: Path, schools: int, seed: int, broker_port: int, console_port: int) -> None:
    """Write the configuration of a simulated district.

    DIR/district.yaml is the controller's enrolment, DIR/agents/SITE.yaml configures one agent each, DIR/simulator.yaml is for the
    other `simulate` commands. Ports are chosen free; the files are written anew at each call.
    """
    from datetime import UTC, datetime

    from simulator.plan.write import write_plan

    written = write_plan(directory, seed, schools, broker_port, datetime.now(UTC).date(), console_port)
    click.echo(f"{len(written.sites)} sites planned in {directory}, devices on UDP port {written.snmp_port}")


@simulate.command(short_help="Run the district's MQTT brokers.")
@directory_option
def brokers(directory: Path) -> None:
    """Run the central MQTT broker and one for each school, on the loopback interface, until Ctrl-C."""
    from simulator.metro.brokers import block_signals, run_brokers
    from simulator.plan.shape import read_plan

    block_signals()
    run_brokers(read_plan(directory), click.echo)


@simulate.command(short_help="Run the district's devices and fibres.")
@directory_option
def run(directory: Path) -> None:
    """Run the devices of the district, the fibres to the centre and the socket for faults, until Ctrl-C."""
    from simulator.live.run import run_simulation
    from simulator.plan.shape import read_plan

    asyncio.run(run_simulation(read_plan(directory), directory, click.echo))


@simulate.command(short_help="Break something in the running district.")
@click.argument("name")
@click.option("--school", default="", help="Where: a school's id, such as no-1-primary; left out for services.")
@click.option("--device", default="", help="Which device or service; left out, the first that fits.")
@directory_option
def fault(name: str, school: str, device: str, directory: Path) -> None:
    """Break something in the running district; `campanile simulate faults` lists what can break.

    \b
    Examples:
      campanile simulate fault cut-uplink --school no-1-primary
      campanile simulate fault hang-board --school no-2-middle --device board-102
      campanile simulate fault service-down --device teaching-platform
    """
    from simulator.control.client import ask
    from simulator.control.words import Act, Question

    click.echo(ask(directory, Question(Act.FAULT, name, school, device)).text)


@simulate.command()
@click.option("--school", default="", help="Only this school; left out, everywhere.")
@directory_option
def heal(school: str, directory: Path) -> None:
    """Mend what `fault` broke."""
    from simulator.control.client import ask
    from simulator.control.words import Act, Question

    click.echo(ask(directory, Question(Act.HEAL, site=school)).text)


@simulate.command()
@directory_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def faults(directory: Path, *, as_json: bool) -> None:
    """List the faults there are, and those that are on."""
    from simulator.control.report import fault_list

    click.echo(fault_list(directory, as_json=as_json))


@simulate.command(short_help="Write the district's past to standard output.")
@directory_option
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 400), help="How far back.")
@click.option(
    "--end", default="now", show_default=True, help="Last moment: now, or RFC 3339 such as 2026-09-01T00:00:00+08:00."
)
@click.option(
    "--step", default=300, show_default=True, type=click.IntRange(60, 3600), help="Seconds between samples of a series."
)
@click.option("--count-only", is_flag=True, help="Print how many samples it would be, and nothing else.")
def history(directory: Path, days: int, end: str, step: int, *, count_only: bool) -> None:
    """Write the district's past as a file of frames to standard output: facts first, then samples, oldest first.

    \b
    Example:
      campanile simulate history --days 30 | campanile controller import --config DIR/controller.yaml -
    """
    from simulator.history.command import count_history, write_history
    from simulator.plan.shape import read_plan

    past = (read_plan(directory), days, end, step)
    if count_only:
        click.echo(count_history(*past))
    else:
        write_history(*past, sys.stdout.buffer)


@simulate.command(short_help="Answer SNMP from a recording.")
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--listen", default="127.0.0.1:1161", show_default=True, help="UDP address; port 0 takes any free one.")
@click.option("--community", default="public", show_default=True, help="Other communities get silence.")
@click.option(
    "--quirk", "quirks", multiple=True, metavar="NAME[=N]", help="Make it awkward; may be given several times."
)
def replay(recording: Path, listen: str, community: str, quirks: tuple[str, ...]) -> None:
    """Answer SNMP v1 and v2c from a recording (.snmprec: OID|TAG|VALUE lines).

    \b
    Quirks of real devices:
      max-repetitions=N  silent when a GETBULK asks for more repetitions (Huawei AC6605: 7)
      max-bytes=N        longest answer: tooBig or a shorter GETBULK beyond it
      no-bulk            silent on any GETBULK
      delay-ms=N         answers late
      loss-percent=N     loses requests at random
      garbage            answers bytes that are not SNMP
      silent             never answers

    \b
    Example:
      campanile simulate replay ac6605.snmprec --quirk max-repetitions=7 --quirk delay-ms=20
    """
    from simulator.snmp.quirk import parse_quirks
    from simulator.snmp.replay import parse_listen
    from simulator.snmp.replay import replay as replay_recording

    asyncio.run(replay_recording(recording, parse_listen(listen), community, parse_quirks(quirks), click.echo))
