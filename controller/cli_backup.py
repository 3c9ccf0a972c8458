"""`campanile controller backup | verify | restore | repair`: keeping a controller's data safe."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from controller.backup.model import Report
    from controller.config import ControllerConfig

Function = TypeVar("Function", bound=Callable[..., None])
_FOLDER = click.Path(path_type=Path, file_okay=False)


def config_option(*, required: bool = True) -> Callable[[Function], Function]:
    """The option that names the controller's YAML file, as `config_path`."""
    return click.option(
        "--config",
        "config_path",
        required=required,
        type=click.Path(path_type=Path, dir_okay=False),
        help="The controller's YAML file.",
    )


@click.command(short_help="Take a backup, while the controller runs or not.")
@config_option()
@click.option("--keep", type=click.IntRange(min=1), help="Remove the oldest verified backups beyond so many.")
@click.option("--no-verify", is_flag=True, help="Do not read the backup again (it counts as unverified then).")
@click.argument("target_dir", type=_FOLDER)
def backup(*, config_path: Path, keep: int | None, no_verify: bool, target_dir: Path) -> None:
    """Write a backup TARGET_DIR/campanile-<UTC time>: samples, registry and configuration of one instant.

    The controller goes on taking frames meanwhile; one that does not run is backed up too. Closed days cost no room where
    TARGET_DIR is on their file system or holds a backup already. Secrets stay out. What is restored from it, agents fill
    up again as far as they remember.

    \b
      campanile controller backup --config controller.yaml /backup/campanile --keep 14

    Ends with code 0 when the backup is verified and whole, 1 when it is not, 2 when none was begun.
    """
    from controller.backup.taking import prune, verify_taken
    from controller.safekeeping import Bars, take_backup

    if keep and no_verify:
        raise click.UsageError("--keep counts verified backups: leave --no-verify out, or --keep.")
    config = _config(config_path)
    bars = Bars(sys.stderr)
    taken = take_backup(config, config_path, target_dir, bars)
    report = None if no_verify else verify_taken(taken.place, bars)
    bars.finish()
    for line in taken.lines():
        click.echo(line)
    if report is None:
        return
    _show(report)
    if not report.is_whole:
        click.echo(f"{taken.place} stays as it is and counts as unverified; no older backup was removed", err=True)
        sys.exit(1)
    for removed in prune(target_dir, keep) if keep else []:
        click.echo(f"removed {removed}")


@click.command(short_help="Read all data, or a backup, and say what is damaged.")
@config_option(required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.argument("backup_dir", type=_FOLDER, required=False)
def verify(*, config_path: Path | None, as_json: bool, backup_dir: Path | None) -> None:
    """Read every file of a controller's data (--config), or of a backup (BACKUP_DIR), and say what is not as it must be.

    Changes nothing. A running controller is asked for an instant of its data, which this command reads in its stead; that
    takes room for a copy of the database in data_dir while it lasts.

    \b
      campanile controller verify --config controller.yaml
      campanile controller verify /backup/campanile/campanile-20261122T020000Z

    Ends with code 0 when all is whole, 1 when something is damaged.
    """
    from controller.backup.verifying import verify_backup
    from controller.safekeeping import Bars, verify_controller

    if (config_path is None) == (backup_dir is None):
        raise click.UsageError("Name either --config or a BACKUP_DIR.")
    bars = Bars(sys.stderr)
    if backup_dir is not None:
        report = verify_backup(backup_dir, bars)
    else:
        assert config_path is not None  # noqa: S101 - said above
        report = verify_controller(_config(config_path), bars)
    bars.finish()
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        _show(report)
    sys.exit(0 if report.is_whole else 1)


@click.command(short_help="Put a backup in the place of a stopped controller's data.")
@config_option()
@click.option("--replace", is_flag=True, help="Move data that is there aside (data_dir.before-restore-<UTC time>).")
@click.argument("backup_dir", type=_FOLDER)
def restore(*, config_path: Path, replace: bool, backup_dir: Path) -> None:
    """Put BACKUP_DIR in the place of the data of a controller that does not run.

    The backup is verified first, and nothing is changed before a whole copy of it stands beside data_dir. At its next start
    the controller asks every agent for what came after the backup. The configuration is not touched: the one of the backup
    stands in BACKUP_DIR/configuration.

    \b
      systemctl stop campanile-controller
      campanile controller restore --config controller.yaml --replace /backup/campanile/campanile-20261122T020000Z
      systemctl start campanile-controller
    """
    from controller.backup.model import REGISTRY, clock_face
    from controller.safekeeping import Bars, registry_file, restore_backup

    config = _config(config_path)
    bars = Bars(sys.stderr)
    done = restore_backup(config, backup_dir, bars, replace=replace)
    bars.finish()
    held = done.manifest.counts
    click.echo(
        f"{config.data_path}: {held.samples:,} samples of {held.series:,} series restored, whole until "
        f"{clock_face(done.manifest.whole_until)}"
    )
    if done.moved_to is not None:
        click.echo(f"what was there lies in {done.moved_to}: remove it once all is well")
    ours, wanted = config.data_path / REGISTRY, registry_file(config)
    if done.manifest.registry != REGISTRY:
        click.echo("the registry is on a database server: restore it from the pg_dump taken after this backup")
    elif wanted != ours:
        click.echo(f"the registry was put into {ours}, and the configuration names another place: take it there")
    click.echo("when the controller starts on it, it asks the agents for what came since")


@click.command(short_help="Put damaged or missing parts back from a backup.")
@config_option()
@click.option("--from", "backup_dir", type=_FOLDER, required=True, help="The backup that still holds them.")
def repair(config_path: Path, backup_dir: Path) -> None:
    """Put closed days' files that are missing or damaged back from a backup, each recognised by its digest.

    The controller must not run. Everything else stays as it is: nothing that came after the backup is lost.

    \b
      campanile controller repair --config controller.yaml --from /backup/campanile/campanile-20261122T020000Z
    """
    from controller.safekeeping import Bars, repair_from

    bars = Bars(sys.stderr)
    done = repair_from(_config(config_path), backup_dir, bars)
    bars.finish()
    for name in done.put_back:
        click.echo(f"put back: {name}")
    for name in done.still_damaged:
        click.echo(f"still damaged, this backup does not hold it: {name}")
    click.echo(f"{len(done.put_back)} files put back, {len(done.still_damaged)} still damaged")
    sys.exit(1 if done.still_damaged else 0)


def _config(config_path: Path) -> "ControllerConfig":
    from controller.config import load_config

    return load_config(config_path)


def _show(report: "Report") -> None:
    for what, count in report.checked.items():
        click.echo(f"  {what:<10} {count:>16,}")
    for note in report.notes:
        click.echo(f"note: {note}")
    for problem in report.problems:
        click.echo(f"DAMAGED: {problem.sentence()}")
    click.echo(report.last_line())


BACKUP_COMMANDS = (backup, verify, restore, repair)
