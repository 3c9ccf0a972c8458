"""The command `campanile`: subcommands are named here and loaded only when called, so each needs only its own extra."""

import importlib
import sys
from typing import Any

import click

from campus.errors import CampusError, ConfigError
from campus.installing import install_advice
from campus.version import VERSION

EXIT_CONFIG = 2
EXIT_FAILED = 1
OUR_PACKAGES = {"agent", "campanile", "campus", "controller", "dashboards", "firmware_profiles", "simulator"}

SUBCOMMANDS = {
    # name: (module, attribute, extra that brings its libraries, one line of help)
    "demo": ("campanile.demo.command", "demo", "demo", "Run a whole simulated district and open its console."),
    "agent": ("agent.cli", "agent", "agent", "Gather telemetry in a school; try a device."),
    "controller": ("controller.cli", "controller", "controller", "Store, judge and show a district's telemetry."),
    "store": ("controller.cli_store", "store", "controller", "Move a district's samples to another store."),
    "simulate": (
        "simulator.cli",
        "simulate",
        "simulator",
        "A district that speaks the real protocols, and its faults.",
    ),
    "dashboards": (
        "dashboards.cli",
        "dashboards",
        "dashboards",
        "Grafana dashboards: as files, or into a running Grafana.",
    ),
    "profiles": ("firmware_profiles.cli", "profiles", "agent", "Device profiles: list, check, draft, record, test."),
    "spec": ("campus.spec.cli", "spec", "", "The data-access specification; check a publisher against it."),
}

GUESTS = {
    "simulate": [("campanile.chaos.command", "chaos")],
    "profiles": [("campanile.devices.commands", "record"), ("campanile.devices.commands", "test")],
}
"""Commands that stand under another room's name because people look there, and know more rooms than it may."""


class LazyGroup(click.Group):
    """A group that imports a subcommand's module only when that subcommand is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of `SUBCOMMANDS`."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the command."""
        if name not in SUBCOMMANDS:
            return None
        module, attribute, _, _ = SUBCOMMANDS[name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        if isinstance(command, click.Group):
            for guest, attribute in GUESTS.get(name, []):
                command.add_command(getattr(importlib.import_module(guest), attribute))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of subcommands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, _, line) in SUBCOMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Turn our own errors, and a library that an extra brings, into one sentence and an exit code; a trace is for bugs."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo(f"campanile: {error}", err=True)
            sys.exit(EXIT_CONFIG)
        except CampusError as error:
            click.echo(f"campanile: {error}", err=True)
            sys.exit(EXIT_FAILED)
        except ModuleNotFoundError as error:
            name = ctx.invoked_subcommand or ""
            extra = SUBCOMMANDS[name][2] if name in SUBCOMMANDS else ""
            if not extra or (error.name or "").partition(".")[0] in OUR_PACKAGES:
                raise
            needed = f"`campanile {name}` needs {error.name}, which is not installed"
            click.echo(f"campanile: {needed}: {install_advice(extra)}", err=True)
            sys.exit(EXIT_FAILED)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="campanile")
def main() -> None:
    """Campanile watches a school district's network, devices and their use.

    Try it:  campanile demo

    \b
    A real district runs one controller at the centre and one agent in each school:
      campanile controller run --config controller.yaml
      campanile agent run --config agent.yaml
    """
