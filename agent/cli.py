"""`campanile agent`: run an agent, try a device, look into the spool. Heavy parts are imported by the command that needs them."""

import asyncio
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.access_options import with_access
from agent.configurations.command import configuration
from agent.credentials_command import credentials
from agent.set_command import set_
from campus.document import nearest
from campus.errors import CampusError, ConfigError

if TYPE_CHECKING:
    from agent.main import Agent
    from agent.snmp_access import SnmpAccess

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def agent() -> None:
    """Gather telemetry in a school; try a device.

    \b
    A first agent:
      1. campanile agent probe 10.20.1.2          does the switch answer, and which profile fits?
      2. write agent.yaml                         site, devices, where the central broker is
      3. campanile agent run --config agent.yaml --check
      4. campanile agent run --config agent.yaml
      5. campanile agent spool --config agent.yaml   is anything waiting to be sent?
    """


@agent.command()
@click.option("--config", "path", type=_FILE, required=True, help="The agent's YAML file.")
@click.option("--check", is_flag=True, help="Read and build everything, start nothing, say what is wrong.")
@click.option("--verbose", is_flag=True, help="Log details too.")
def run(path: Path, *, check: bool, verbose: bool) -> None:
    """Run the agent in the foreground until Ctrl-C or SIGTERM.

    Readings go to the spool on disk first and stay there until the controller has said that they are stored; neither a
    cut line nor a power failure loses what was read.

    \b
    The smallest agent.yaml:
      site: no-1-primary
      uplink: {host: 10.0.0.5, port: 1883}
      snmp_communities: {read: {file: community.txt}}
      devices:
        - {id: sw-1, name: 教学楼一层交换机, address: 10.20.1.2}
    """
    from agent.build import build_agent

    built = build_agent(path)
    built.check()
    if check:
        click.echo(f"{path} is fine: {built.summary}")
        return
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    if not verbose:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # tells of every request, and cameras are asked all day
    _run(built)


@agent.command(short_help="Ask one device everything, once.")
@click.argument("device", metavar="HOST[:PORT]")
@with_access
@click.option("--profile", default="auto", show_default=True, help="vendor/family, or auto to recognise.")
@click.option(
    "--profiles",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="A folder of your own profiles.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def probe(device: str, access: "SnmpAccess", profile: str, folder: Path | None, *, as_json: bool) -> None:
    """Ask one device everything, once, and show what it is and what can be read. Nothing is stored or sent.

    \b
    Examples:
      campanile agent probe 10.20.1.2
      campanile agent probe 10.20.1.2:1161 --community s3cret
      campanile agent probe 10.20.1.2 --v3-user campanile --v3-privacy aes128
      campanile agent probe 10.20.1.2 --config agent.yaml --credential core
      campanile agent probe 10.20.1.2 --json | jq '.interfaces[] | select(.oper == "up") | .name'
    """
    from agent.address import parse_host_port
    from agent.clock import utc_ms
    from agent.config import SNMP_PORT
    from agent.probe import probe_report
    from agent.probe_text import rendered
    from firmware_profiles.load import load_catalogue

    catalogue = load_catalogue(folder)
    if profile not in {"auto", *catalogue.profiles}:
        raise ConfigError(f"there is no profile {profile!r}.{nearest(profile, list(catalogue.profiles))}")
    report = probe_report(parse_host_port(device, SNMP_PORT), access, utc_ms, catalogue, profile)
    click.echo(json.dumps(report, ensure_ascii=False) if as_json else rendered(report))


@agent.command(short_help="Find devices nobody has registered.")
@click.option("--config", "path", type=_FILE, required=True, help="The agent's YAML file.")
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="RANGE",
    help="Only these of discovery.ranges; may be given several times.",
)
@click.option(
    "--listen-s",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, 3600),
    help="How long brokers are listened to.",
)
@click.option("--json", "is_json", is_flag=True, help="One JSON object instead of a table.")
@click.option("--write", is_flag=True, help="Add what was found to the file: shows the difference and asks first.")
def discover(path: Path, ranges: tuple[str, ...], listen_s: float, *, is_json: bool, write: bool) -> None:
    """Look for devices in the school's networks and on its brokers; say what they are and where they hang.

    Only addresses in the file's discovery.ranges are asked, slowly. Nothing is changed on any device.

    \b
    In agent.yaml:
      discovery: {ranges: [10.20.1.0/24, 10.20.2.10-50]}

    \b
    Examples:
      campanile agent discover --config agent.yaml
      campanile agent discover --config agent.yaml --range 10.20.1.0/24 --write
      campanile agent discover --config agent.yaml --json | jq '.devices[] | select(.registered == "") | .address'
    """
    from agent.discovery.command import discover as find

    find(path, ranges, listen_s, is_json=is_json, write=write)


@agent.command(short_help="Ask the network who is a camera.")
@click.option(
    "--wait-s", default=3.0, show_default=True, type=click.FloatRange(0.1, 60), help="How long answers are waited for."
)
@click.option("--local", default="", metavar="ADDRESS", help="This machine's address in the network that is asked.")
def cameras(wait_s: float, local: str) -> None:
    """Ask every ONVIF camera and recorder of this network to name itself, whatever address it has (WS-Discovery).

    Finds new ones that still have the address they were delivered with. Routers do not pass the question on.

    \b
    Example:
      campanile agent cameras --local 10.20.3.5
    """
    from agent.collect.camera.discovery import find_cameras, listed

    try:
        found = asyncio.run(find_cameras(wait_s, local=local))
    except OSError as error:
        raise ConfigError(f"the network cannot be asked from {local or 'here'}: {error.strerror or error}") from error
    click.echo(listed(found))


@agent.command()
@click.option("--config", "path", type=_FILE, required=True, help="The agent's YAML file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
def spool(path: Path, *, as_json: bool) -> None:
    """Show what waits to be sent. Works while the agent runs, and changes nothing.

    \b
    Example:
      campanile agent spool --config agent.yaml
      campanile agent spool --config agent.yaml --json | jq .frames
    """
    from agent.clock import utc_ms
    from agent.config import load_config
    from agent.spool.report import SpoolReport, read_report

    config = load_config(path)
    report: SpoolReport = read_report(config.spool_path, config.file.spool.max_bytes, utc_ms())
    click.echo(json.dumps(report._asdict()) if as_json else report.sentences())


@agent.command(short_help="Show who publishes or sends traps and is not known.")
@click.option("--config", "path", type=_FILE, required=True, help="The agent's YAML file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of text.")
def heard(path: Path, *, as_json: bool) -> None:
    """Show devices nobody has registered yet: what is published on the school's brokers and no profile understands, and who
    sends SNMP traps that are not believed.

    \b
    Example:
      campanile agent heard --config agent.yaml
    """
    from agent.clock import utc_ms
    from agent.config import load_config
    from agent.spool.report import read_strangers, stranger_lines

    strangers = read_strangers(load_config(path).spool_path)
    rows = [{**each._asdict(), "sample": each.sample.decode(errors="replace")} for each in strangers]
    click.echo(json.dumps(rows, ensure_ascii=False) if as_json else stranger_lines(strangers, utc_ms()))


agent.add_command(configuration)
agent.add_command(credentials)
agent.add_command(set_)


@agent.command(short_help="Ask application services and paths once.")
@click.option("--config", "path", type=_FILE, required=True, help="The agent's YAML file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of text.")
def services(path: Path, *, as_json: bool) -> None:
    """Ask every service and every path of the file once, from this machine, and say what was found. Sends nothing.

    \b
    Example:
      campanile agent services --config agent.yaml
    """
    from agent.config import load_config
    from agent.try_services import asked_once, lines

    found = asyncio.run(asked_once(load_config(path)))
    click.echo(json.dumps([each._asdict() for each in found], ensure_ascii=False) if as_json else lines(found))


def _run(built: "Agent") -> None:
    """Run to the end; of several errors at once the first of ours is the one a person can act on."""
    from agent.main import run_until_told
    from agent.memory import share_one_heap

    share_one_heap()
    try:
        asyncio.run(run_until_told(built))
    except BaseExceptionGroup as group:
        ours = group.subgroup(CampusError)
        if ours is None:
            raise
        raise _first(ours) from group


def _first(group: BaseExceptionGroup[CampusError]) -> CampusError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
