"""`campanile controller telling ...`: check who is told of alerts, see who would be, send a test message."""

from pathlib import Path

import click

from campus.errors import ConfigError
from controller.cli_backup import config_option

_CONFIG = config_option()


@click.group()
def telling() -> None:
    """Check who is told of alerts, and send a test message.

    People and channels stand in the file that `telling: {register: telling.yaml}` in controller.yaml names. A running
    controller takes a changed file over within seconds, and refuses a wrong one: check it here first.

    \b
      campanile controller telling check --config controller.yaml
      campanile controller telling who no-1-primary --config controller.yaml
      campanile controller telling test li --config controller.yaml
    """


@telling.command("check", short_help="Read the register with its secrets, and say what is wrong.")
@_CONFIG
def check(config_path: Path) -> None:
    """Read the register of people and channels with its secrets, and say what is wrong. Sends nothing.

    What is not wrong but will disappoint somebody is said as a hint: a school nobody is told of, a channel whose failure
    nobody would hear of, holidays on which nobody is on duty.
    """
    from controller.cli import registry_of

    with registry_of(config_path) as opened:
        register, is_on = opened.config.telling.register, opened.telling.is_on
        problems, hints = opened.telling.problems(), opened.telling.hints()
        people = opened.telling.people_count
    if not is_on:
        raise click.ClickException(f"{config_path}: nobody is told: name a file of people at telling.register")
    if problems:
        raise click.ClickException(f"{register}: " + "; ".join(problems))
    for hint in hints:
        click.echo(f"hint: {hint}")
    click.echo(f"{register}: good, {people} people")


@telling.command("who", short_help="Who would be told of a school's faults, in their order.")
@_CONFIG
@click.argument("site")
def who(config_path: Path, site: str) -> None:
    """Show who would be told of a fault of SITE (its id) now, in the order they are asked.

    Who stands on the same step is asked at the same time; the next step when nobody acknowledges in time, or nobody of this one
    is on duty.
    """
    from controller.cli import registry_of

    with registry_of(config_path) as opened:
        rungs = opened.telling.who(site, opened.clock())
    if rungs is None:
        raise ConfigError(f"no school {site!r} is enrolled: `campanile controller enrol` tells the controller")
    if not rungs:
        click.echo("nobody: give somebody this place, one above it, or none")
    for step, rung in enumerate(rungs, 1):
        for person, is_on_duty in rung:
            ways = ", then ".join(reach.channel for reach in person.reach)
            click.echo(f"{step}. {person.id} ({person.name}): {'on duty' if is_on_duty else 'not on duty'}; by {ways}")


@telling.command("test", short_help="Send a person a test message on each of their channels.")
@_CONFIG
@click.argument("person")
def test(config_path: Path, person: str) -> None:
    """Send PERSON (an id of the register) a test message on each of their channels."""
    from controller.cli import registry_of

    with registry_of(config_path) as opened:
        outcomes = opened.telling.test(person)
    for channel, trouble in outcomes:
        click.echo(f"{channel}: {trouble or 'sent'}")
    if any(trouble for _, trouble in outcomes):
        raise SystemExit(1)
