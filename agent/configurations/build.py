"""From the configuration to `Snapshots` that have not started, and to one configuration fetched at a person's wish."""

from collections.abc import Mapping
from pathlib import Path

from agent.clock import SteadyClock, Timer
from agent.configurations.config import SnapshotConfig, SnapshotTarget, command_line_of
from agent.configurations.memory import FOLDER, Memory
from agent.configurations.port import Shell
from agent.configurations.snapshots import Snapshot, Snapshots, taken
from agent.poll import Sink
from agent.traps.port import Known
from campus.errors import ConfigError
from campus.ids import DeviceId
from firmware_profiles.catalogue import Catalogue


def snapshots_of(
    config: SnapshotConfig,
    spool_path: Path,
    catalogue: Catalogue,
    known: Mapping[DeviceId, Known],
    sink: Sink,
    clock: SteadyClock,
    timer: Timer,
) -> Snapshots:
    """Inert. `ConfigError` for a driver that no profile speaks."""
    for target in config.targets:
        command_line_of(target, "", catalogue)
    memory = memory_beside(spool_path)
    return Snapshots(
        config,
        catalogue,
        known,
        lambda: shell_of(config, memory),
        memory,
        sink,
        clock=clock,
        reading=clock.reading,
        timer=timer,
    )


def fetch_once(
    config: SnapshotConfig, target: SnapshotTarget, spool_path: Path, profile: str, catalogue: Catalogue
) -> Snapshot:
    """Fetch and mask one configuration now; blocks. `PullError` when it cannot be had, `ConfigError` for what is wrong here."""
    cli = command_line_of(target, profile, catalogue)
    if cli is None:
        raise ConfigError(
            f"{target.where}: nobody knows which command line {target.device!r} has: it was not recognised by SNMP. Name its "
            "`profile`, or a `driver` in its `configuration`"
        )
    memory = memory_beside(spool_path)
    return taken(shell_of(config, memory), target, cli, memory.masking_key())


def memory_beside(spool_path: Path) -> Memory:
    """The folder of this agent's snapshots."""
    return Memory(spool_path.parent / FOLDER)


def shell_of(config: SnapshotConfig, memory: Memory) -> Shell:
    """The real shell. Imports netmiko, which is 20 MB that most agents need not have."""
    from agent.configurations.known_hosts import KnownHosts
    from agent.configurations.ssh import NetmikoShell

    return NetmikoShell(KnownHosts(memory.hosts_path), config.settings.timeout_s)
