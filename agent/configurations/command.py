"""`campanile agent configuration`: fetch one device's configuration now and show what would leave the school."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campus.document import nearest
from campus.errors import ConfigError

if TYPE_CHECKING:
    from agent.config import PolledDevice
    from agent.configurations.snapshots import Snapshot
    from firmware_profiles.catalogue import Catalogue


@click.command(short_help="Fetch one device's configuration, once.")
@click.argument("device")
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The agent's YAML file.",
)
def configuration(device: str, path: Path) -> None:
    """Fetch the configuration of DEVICE, an id of the agent's file, by SSH and print it with its secrets masked.

    Nothing is stored or sent; the device's SSH host key is remembered, as when the agent runs.

    \b
    In agent.yaml:
      credentials:
        cli: {username: campanile, password: {file: cli.txt}, enable: {file: enable.txt}}
      devices:
        - {id: sw-1, address: 10.20.1.2, configuration: {credential: cli}}

    \b
    Example:
      campanile agent configuration sw-1 --config agent.yaml
    """
    from agent.config import load_config
    from agent.configurations.build import fetch_once
    from agent.settings import AUTO_PROFILE
    from firmware_profiles.load import load_catalogue

    config = load_config(path)
    targets = config.snapshots.targets if config.snapshots else ()
    target = next((each for each in targets if each.device == device), None)
    if config.snapshots is None or target is None:
        raise ConfigError(
            f"{path}: no configuration is asked of a device {device!r}."
            + (
                nearest(device, [each.device for each in targets])
                or " Add `configuration: {credential: cli}` to its entry under `devices`"
            )
        )
    catalogue = load_catalogue(config.profiles_path)
    polled = next(each for each in config.devices if each.entry.id == device)
    profile = polled.entry.profile
    if profile == AUTO_PROFILE:
        profile = asyncio.run(_recognised(polled, catalogue))
    snapshot = fetch_once(config.snapshots, target, config.spool_path, profile, catalogue)
    click.echo(snapshot.told.text)
    click.echo(_in_words(snapshot), err=True)


async def _recognised(polled: "PolledDevice", catalogue: "Catalogue") -> str:
    """The profile that fits, as polling finds it; empty when the device does not answer."""
    from agent.build import collector_of
    from agent.clock import utc_ms
    from agent.schedule import ALL_CADENCES

    collector = collector_of(polled, catalogue)
    try:
        await collector.poll(ALL_CADENCES, utc_ms())
        return collector.profile_name
    finally:
        await collector.close()


def _in_words(snapshot: "Snapshot") -> str:
    told = snapshot.told
    saved = {
        None: "",
        True: "; the device would start with the same",
        False: "; NOT saved: the device would start with another one",
    }
    who = f", changed last by {told.changed_by}" if told.changed_by else ""
    return f"{len(told.text.splitlines())} lines{who}{saved[snapshot.is_saved]}. Secrets are masked"
