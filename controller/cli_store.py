"""`campanile store ...`: moving samples between stores."""

import sys
from pathlib import Path

import click

_FILE = click.Path(path_type=Path, dir_okay=False)
_EXIT_INTERRUPTED = 130
"""As shells say it of a command that Ctrl-C ended."""


@click.group()
def store() -> None:
    """Move a district's samples to another store.

    A controller keeps its samples in files of its own (`store: embedded`) or in an InfluxDB server (`store: influxdb`).
    """


@store.command(short_help="Copy all history from one store to another.")
@click.option("--from", "source_path", type=_FILE, required=True, help="The controller.yaml whose store is read.")
@click.option("--to", "target_path", type=_FILE, required=True, help="The controller.yaml whose store is filled.")
def copy(*, source_path: Path, target_path: Path) -> None:
    """Copy all samples, roll-ups and marks of frames, in either direction, and compare both stores at the end.

    Stop the controller first. The target must be empty. Stopped (Ctrl-C) or killed at any moment, the same command goes on
    where it was. What
    the target's `retention` would drop at once is left out; of days whose samples are gone their roll-ups are carried. The
    source stays as it is.

    \b
    To move a controller to InfluxDB: put a copy of controller.yaml beside it, and change in it
      store: influxdb
      influxdb: {url: "http://127.0.0.1:8086", database: campus, username: campanile, password_file: influxdb.secret}

    \b
    Then (the registry in data_dir serves both):
      systemctl stop campanile-controller
      campanile store copy --from controller.yaml --to influx.yaml
      mv influx.yaml controller.yaml
      systemctl start campanile-controller

    Agents send what came since, and nothing twice. Ends with code 0 when both tell the same, 1 with a table of the days and
    metrics that differ, 2 when nothing was begun, 130 when it was stopped.
    """
    from controller.clock import utc_ms
    from controller.config import load_config
    from controller.relocation import relocate
    from controller.safekeeping import Bars

    bars = Bars(sys.stderr)
    try:
        done = relocate(load_config(source_path), load_config(target_path), utc_ms(), bars)
    except KeyboardInterrupt:
        bars.finish()
        how_far = f"after {bars.reached}" if bars.reached else "before anything was carried"
        click.echo(f"campanile: stopped {how_far}: the same command goes on from there", err=True)
        sys.exit(_EXIT_INTERRUPTED)
    bars.finish()
    for line in done.lines():
        click.echo(line)
    sys.exit(1 if done.different else 0)
