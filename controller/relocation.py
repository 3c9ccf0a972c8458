"""All history from the store of one configuration to that of another: opened, copied, compared, told."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from campus.errors import ConfigError
from controller.backup.model import Watcher
from controller.clock import utc_ms
from controller.config import ControllerConfig, StoreKind
from controller.desk.visit import is_running
from controller.registry.database import create_engine
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.safekeeping import holding_of
from controller.sample_store import registry_tags, sample_store
from controller.store.comparing import Difference, differences
from controller.store.copying import Carried, Copy, read_journal
from controller.store.days import DayCutter
from controller.store.influx.lines import TagsOf
from controller.store.moving import MovableStore

JOURNAL: Final = "copy.json"
"""In the folder of the target's data: who removes them removes it, too."""
_MOST_DIFFERENCES: Final = 1_000
_TABLE: Final = "{:<10}  {:<5}  {:<32}  {:>14}  {:>14}  {:>22}  {:>22}"


class Relocation(NamedTuple):
    """What was carried, and what tells something else than its source; days and metrics beyond 1,000 are not listed."""

    carried: Carried
    different: list[Difference]
    timezone: str

    def lines(self) -> list[str]:
        """For people: what was done, then the differences as a table."""
        done = self.carried
        said = [f"carried: {done.samples:,} samples, {done.buckets:,} roll-ups, the marks of {done.frames:,} frames"]
        if done.twins:
            said.append(f"{done.twins:,} samples gave way to a later one of the same series and instant")
        if not self.different:
            return [*said, "compared: every day and metric has the same count and sum in both"]
        zone = ZoneInfo(self.timezone)
        said += [
            f"DIFFERENT: {len(self.different):,} days and metrics",
            _TABLE.format("day", "level", "metric", "source count", "target count", "source sum", "target sum"),
        ]
        for one in self.different:
            day = datetime.fromtimestamp(one.day / 1000, zone).strftime("%Y-%m-%d")
            counts, sums = (one.source.samples, one.target.samples), (one.source.sum, one.target.sum)
            said.append(_TABLE.format(day, one.level, one.metric, *counts, *(f"{total:.10g}" for total in sums)))
        return said


def relocate(source: ControllerConfig, target: ControllerConfig, now: int, watcher: Watcher) -> Relocation:
    """Copy, or go on with a copy, and compare. Kind and room of devices are those of the source's registry.

    `ConfigError` while a controller runs on either, or when the target is not the place for it.
    """
    _require_fitting(source, target)
    with ExitStack() as stack:
        tags_of = stack.enter_context(_known_tags(source))
        one, other = (stack.enter_context(_started(sample_store(each, tags_of))) for each in (source, target))
        cutter = DayCutter(ZoneInfo(target.district.timezone))
        copy = Copy(one, other, _journal_of(target), cutter, target.retention)
        plan = copy.begin(described(source), now)
        carried = copy.run(plan, watcher.begin("series-days", plan.size))
        found = differences(one, other, copy.target_ids(), plan, watcher.begin("series-days compared", plan.size))
        different = list(islice(found, _MOST_DIFFERENCES))
        if not different:
            copy.finish()
    return Relocation(carried, different, target.district.timezone)


def require_no_half_copy(config: ControllerConfig) -> None:
    """`ConfigError` where a copy into this store has begun and not ended.

    A controller that took frames there could not let the copy go on, and agents would not send these frames anywhere again.
    """
    path = _journal_of(config)
    journal = read_journal(path)
    if journal is not None and not journal.done:
        raise ConfigError(
            f"a copy of {journal.source} into {described(config)} has begun and is not complete: let the same "
            f"`campanile store copy` end with code 0, or remove {path} to take the samples as they are"
        )


def described(config: ControllerConfig) -> str:
    """A store, for people."""
    if config.store is StoreKind.INFLUXDB:
        return f"the database {config.influxdb.database} of InfluxDB at {config.influxdb.url} ({config.data_path})"
    return f"the store of files in {config.data_path}"


@contextmanager
def _known_tags(config: ControllerConfig) -> Iterator[TagsOf]:
    engine = create_engine(config.database_url().reveal())
    try:
        migrate(engine)
        registry = RegistryService(engine, utc_ms)
        registry.start()
        yield registry_tags(registry)
    finally:
        engine.dispose()


@contextmanager
def _started(store: MovableStore) -> Iterator[MovableStore]:
    store.start()
    try:
        yield store
    finally:
        store.close()


def _require_fitting(source: ControllerConfig, target: ControllerConfig) -> None:
    if _place_of(source) == _place_of(target):
        raise ConfigError(f"both configurations name {described(source)}: name another data_dir or another database")
    if source.district.timezone != target.district.timezone:
        raise ConfigError(
            f"days are cut in {source.district.timezone} here and in {target.district.timezone} there: set "
            "district.timezone alike in both files"
        )
    for config in (source, target):
        if is_running(config.data_path):
            raise ConfigError(
                f"a controller runs on {config.data_path}: stop it first (SIGTERM, or `systemctl stop campanile-controller`)"
            )
    held = holding_of(source)
    if not (source.data_path / held.folder / held.changing).is_file():
        raise ConfigError(f"{described(source)} holds no samples: is --from the right configuration?")


def _journal_of(config: ControllerConfig) -> Path:
    return config.data_path / holding_of(config).folder / JOURNAL


def _place_of(config: ControllerConfig) -> tuple[str, ...]:
    """Two configurations of one place share a catalogue or a database."""
    if config.store is StoreKind.INFLUXDB:
        return (config.influxdb.url.rstrip("/"), config.influxdb.database)
    return (str(config.data_path),)
