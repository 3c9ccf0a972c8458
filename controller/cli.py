"""`campanile controller ...`: run it, tell it about the district, fill it with history, sign in."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from campus.errors import ConfigError, Poison
from controller.cli_backup import BACKUP_COMMANDS, config_option
from controller.cli_calendar import calendar
from controller.cli_rules import rules
from controller.cli_telling import telling
from controller.cli_tokens import token
from controller.memory import COLLECT_AFTER

if TYPE_CHECKING:
    from controller.main import Controller

_CONFIG = config_option()
_ROLES = ("viewer", "technician", "operator", "administrator")


@click.group()
def controller() -> None:
    """Store, judge and show a district's telemetry.

    \b
    A first start:
      campanile controller enrol --config controller.yaml district.yaml
      campanile controller run --config controller.yaml

    \b
    A working controller.yaml (every key may be left out):
      data_dir: data
      broker: {host: 127.0.0.1, port: 1883}
      http: {host: 127.0.0.1, port: 8080}
      district: {timezone: Asia/Shanghai, name_en: East District, name_zh: 东区}
      enrolment: district.yaml
    """
    gc.set_threshold(*COLLECT_AFTER)  # by Python's own numbers a fifth of each start goes into looking through imports


@controller.command()
@_CONFIG
@click.option("--check", is_flag=True, help="Read and build everything, start nothing, say what is wrong.")
def run(*, config_path: Path, check: bool) -> None:
    """Run the controller until Ctrl-C or SIGTERM.

    Prints one line `console: http://HOST:PORT/enter?token=...` when it is live: a link that signs one browser in, once.
    """
    from controller.logs import log_to_stderr
    from controller.run import check_controller, run_controller

    built = _controller(config_path)
    if check:
        check_controller(built)
        click.echo(f"{config_path}: good")
        return
    log_to_stderr()
    run_controller(built, click.echo)


@controller.command(short_help="Tell it about schools, rooms, timetables and agents.")
@_CONFIG
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def enrol(config_path: Path, file: Path) -> None:
    """Tell the controller about organisations, schools, rooms, timetables and agents from FILE.

    The same file again changes nothing. A school in it is replaced whole; schools it does not name stay as they are. A
    running controller takes it over within a minute.
    """
    from controller.identity.scope import SYSTEM
    from controller.registry.enrolment_file import load_enrolment

    district = load_enrolment(file)
    with registry_of(config_path) as opened:
        opened.registry.enrol(SYSTEM, district)
    agents = sum(len(site.agents) for site in district.sites)
    click.echo(f"{file}: {len(district.sites)} sites with {agents} agents enrolled")


@controller.command("import", short_help="Store a file of frames, such as a history.")
@_CONFIG
@click.option("--total-samples", type=click.IntRange(min=1), help="How many will come, for the progress bar.")
@click.option(
    "--judge-hours",
    default=0,
    show_default=True,
    type=click.IntRange(0, 720),
    help="Make the alerts that the last hours would have raised; nobody is told of those that are over.",
)
@click.argument("file", type=click.File("rb"), default="-")
def import_command(config_path: Path, total_samples: int | None, judge_hours: int, file: BinaryIO) -> None:
    """Store a FILE of frames (- is standard input), such as a district's history.

    The frames go the same way as live ones: decoded, believed or set aside, stored once. No alerts come of them
    but with --judge-hours. The controller must not be running on the same data_dir.

    \b
      campanile controller import --config controller.yaml history.frames
      campanile simulate history --dir .demo --days 30 | campanile controller import --config .demo/controller.yaml -
    """
    from controller.config import load_config
    from controller.history import PastClock, import_history
    from controller.logs import log_to_stderr
    from controller.main import Controller
    from controller.progress import Progress

    log_to_stderr()
    progress = Progress("samples", total_samples, sys.stderr)
    try:
        clock = PastClock()
        taken = import_history(
            Controller(load_config(config_path), clock), file, progress, clock, judge_hours * 3_600_000
        )
    except Poison as error:
        raise Poison(error.reason, f"{file.name}: {error}") from error
    click.echo(taken.sentence())


@controller.command("sign-in-link")
@_CONFIG
@click.option("--role", type=click.Choice(_ROLES), default="administrator", show_default=True)
@click.option("--site", help="Only this school (its id).")
@click.option("--organisation", help="Only what is under this organisation (its id).")
@click.option("--user", default="visitor", show_default=True, help="The name that stands on what this person does.")
@click.option("--valid-h", default=24.0, show_default=True, type=click.FloatRange(0.1, 720), help="Hours it is valid.")
def sign_in_link(
    config_path: Path, role: str, site: str | None, organisation: str | None, user: str, valid_h: float
) -> None:
    """Print a link that signs one browser in, once.

    \b
      campanile controller sign-in-link --config controller.yaml --role technician --site no-3-primary --user "Ms Li"
    """
    from campus.ids import SiteId
    from controller.identity.model import ScopeSpec
    from controller.identity.scope import Role
    from controller.run import enter_address

    spec = ScopeSpec(Role[role.upper()], user, organisation, SiteId(site) if site else None)
    with registry_of(config_path) as opened:
        token = opened.identity.create_link(spec, opened.clock(), round(valid_h * 3600))
        click.echo(enter_address(opened.config, token))


for _command in BACKUP_COMMANDS:
    controller.add_command(_command)
controller.add_command(calendar)
controller.add_command(telling)
controller.add_command(rules)
controller.add_command(token)


@controller.command()
def openapi() -> None:
    """Print the REST API as an OpenAPI document (JSON)."""
    import json

    from controller.config import ControllerConfig
    from controller.main import Controller, build_app

    click.echo(json.dumps(build_app(Controller(ControllerConfig())).openapi(), ensure_ascii=False, indent=2))


def _controller(config_path: Path) -> "Controller":
    from controller.config import load_config
    from controller.main import Controller

    return Controller(load_config(config_path))


@contextmanager
def registry_of(config_path: Path) -> "Iterator[Controller]":
    """A controller whose registry alone is open: a running one may stand beside it."""
    from controller.identity.scope import NotFound

    opened = _controller(config_path)
    opened.open_registry()
    try:
        yield opened
    except NotFound as error:  # nothing is hidden from the command line: there is no such place
        raise ConfigError(
            "no school or organisation of that id is enrolled: `campanile controller enrol` tells the controller"
        ) from error
    finally:
        opened.close_registry()
