"""Backup, verify, restore, repair as commands: through the desk of a controller that runs, on the files of one that does not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import msgspec

from campus.errors import ConfigError
from controller.backup.holding import EMBEDDED, INFLUX, Holding
from controller.backup.model import REGISTRY, Report, Unwatched, Watcher
from controller.backup.repairing import Repair, repair
from controller.backup.restoring import Restoration, restore
from controller.backup.staging import STAGE_WISH, Staged, Staging
from controller.backup.taking import Taken, folder_for_backups, take
from controller.backup.verifying import verify_data
from controller.backup.writing import Configured
from controller.clock import utc_ms
from controller.config import ControllerConfig, StoreKind
from controller.desk.visit import is_running, visit
from controller.progress import Progress
from controller.registry.database import create_engine, sqlite_file

_STOP_FIRST: Final = "a controller runs on {}: stop it first (SIGTERM, or `systemctl stop campanile-controller`)"


class Bars:
    """A bar for each stage of a long work, one below the other."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: Progress | None = None

    def begin(self, unit: str, total: int) -> Callable[[int], None]:
        """As `Watcher` says."""
        self._bar = self._bar.followed_by(unit, total) if self._bar else Progress(unit, total, self._stream)
        return self._bar.advance

    @property
    def reached(self) -> str:
        """How far the present stage has come; empty before the first."""
        return self._bar.reached if self._bar else ""

    def finish(self) -> None:
        """The last stage is done, or as far as it gets."""
        if self._bar is not None:
            self._bar.finish()


def take_backup(config: ControllerConfig, config_path: Path, folder: Path, watcher: Watcher) -> Taken:
    """A new backup in `folder`, durable and not verified."""
    configured = configuration_of(config, config_path)
    taken_at = utc_ms()
    with folder_for_backups(folder), _staged(config, watcher) as staged:
        return take(staged, folder, configured, taken_at, watcher)


def verify_controller(config: ControllerConfig, watcher: Watcher) -> Report:
    """The data of a controller: as it stands when none runs, an instant of it laid out beside it when one does."""
    registry, holding = registry_file(config), holding_of(config)
    if not is_running(config.data_path):
        _require_data(config)
        return verify_data(config.data_path / holding.folder, registry, watcher, holding)
    with _staged(config, watcher) as staged:
        samples = Path(staged.folder) / holding.folder
        holding.complete(samples, Unwatched().begin("", 0))
        return verify_data(samples, samples.with_name(REGISTRY) if registry else None, watcher, holding)


def restore_backup(config: ControllerConfig, backup: Path, watcher: Watcher, *, replace: bool) -> Restoration:
    """A backup in the place of `data_dir`; `ConfigError` while a controller runs."""
    _require_stopped(config)
    return restore(backup, config.data_path, config.district.timezone, utc_ms(), watcher, replace=replace)


def repair_from(config: ControllerConfig, backup: Path, watcher: Watcher) -> Repair:
    """Missing and damaged parts put back; `ConfigError` while a controller runs."""
    _require_stopped(config)
    _require_data(config)
    if holding_of(config) is INFLUX:
        raise ConfigError(
            "the samples are in InfluxDB, which repairs its own files (`influxd restore`): nothing was changed"
        )
    return repair(config.data_path, backup, watcher)


def holding_of(config: ControllerConfig) -> Holding:
    """Of the store that a configuration chooses."""
    return INFLUX if config.store is StoreKind.INFLUXDB else EMBEDDED


def registry_file(config: ControllerConfig) -> Path | None:
    """The registry when it is a file; None when it is on a database server."""
    return sqlite_file(create_engine(config.database_url().reveal()))


def configuration_of(config: ControllerConfig, config_path: Path) -> Configured:
    """The files that a backup takes along, and the names of those that hold secrets or are not there."""
    files = {config_path.name: config_path}
    tls, trusted = config.broker.tls, config.influxdb.tls
    for key, path in (
        ("enrolment", config.enrolment),
        ("telling.register", config.telling.register),
        ("broker.tls.ca_file", tls.ca_file if tls else ""),
        ("broker.tls.cert_file", tls.cert_file if tls else ""),
        ("influxdb.tls.ca_file", trusted.ca_file if trusted else ""),
        ("influxdb.tls.cert_file", trusted.cert_file if trusted else ""),
    ):
        if path:
            files[f"{key}/{Path(path).name}"] = Path(path)
    if config.rules_path is not None:
        files |= {f"alerts.rules_dir/{path.name}": path for path in sorted(config.rules_path.glob("*.yaml"))}
    entered = config.influxdb
    secret = {
        "broker.password_file": config.broker.password_file,
        "broker.tls.key_file": tls.key_file if tls else "",
        "influxdb.password_file": entered.password_file,
        "influxdb.token_file": entered.token_file,
        "influxdb.tls.key_file": entered.tls.key_file if entered.tls else "",
        "database_url_file": config.database_url_file,
        "database_url_env": config.database_url_env,
    }
    left_out = [f"{key} {place}" for key, place in secret.items() if place]
    left_out += [f"{name}: {path} is missing" for name, path in files.items() if not path.is_file()]
    return Configured({name: path for name, path in files.items() if path.is_file()}, left_out)


@contextmanager
def _staged(config: ControllerConfig, watcher: Watcher) -> Iterator[Staged]:
    """One instant of the data, laid out in `data_dir` while the block lasts."""
    advance = _as_advance(watcher)
    with visit(config.data_path, STAGE_WISH, advance) as said:
        if said is not None:
            yield msgspec.convert(said, Staged)
            return
    _require_data(config)
    holding = holding_of(config)
    samples = config.data_path / holding.folder
    staging = Staging(
        config.data_path, registry_file(config), lambda: holding.instant(samples), utc_ms, holding=holding
    )
    with staging.staged(advance) as staged:
        yield staged


def _as_advance(watcher: Watcher) -> Callable[[int, int], None]:
    """For whoever counts from the beginning: rows of tables."""
    stage: list[Callable[[int], None]] = []
    done = 0

    def advance(now_done: int, total: int) -> None:
        nonlocal done
        if not now_done:
            return
        if not stage:
            stage.append(watcher.begin("rows read", total))
        stage[0](now_done - done)
        done = now_done

    return advance


def _require_data(config: ControllerConfig) -> None:
    holding = holding_of(config)
    if not (config.data_path / holding.folder / holding.changing).is_file():
        raise ConfigError(f"data_dir {config.data_path} holds no samples: is this the right configuration?")


def _require_stopped(config: ControllerConfig) -> None:
    holding = holding_of(config)
    if is_running(config.data_path) or holding.is_in_use(config.data_path / holding.folder):
        raise ConfigError(_STOP_FIRST.format(config.data_path))
