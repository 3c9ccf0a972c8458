"""One call of the command: bench, run, verdict, exit code."""

import asyncio
import json
import secrets
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from campanile.chaos.bench import Bench
from campanile.chaos.brokers import BrokerKind, installed
from campanile.chaos.faults import FAULTS, ON_SMALL_DISKS, SPARING
from campanile.chaos.plan import plan_faults
from campanile.chaos.process import BenchTrouble
from campanile.chaos.reconcile import Verdict
from campanile.chaos.report import summary, table
from campanile.chaos.run import Run
from campanile.chaos.small_disk import why_no_small_disk
from campanile.chaos.soak import Level, Usage, levels
from campanile.chaos.stage import Fault

EXIT_CLEAN: Final = 0
EXIT_NOT_CLEAN: Final = 1
EXIT_TROUBLE: Final = 2
INTERVAL_S: Final = 0.8
SOAK_INTERVAL_S: Final = 3.0
LOOK_EVERY_S: Final = 30.0


class Wanted(NamedTuple):
    """What was asked for on the command line."""

    seed: int | None
    faults: int
    agents: int
    broker: str | None
    within_s: float | None
    hours: float | None
    as_json: bool
    entry: str


class Outcome(NamedTuple):
    """What a session gave; `levels` are of a soak only."""

    staged: int
    verdict: Verdict
    levels: list[Level]

    @property
    def is_good(self) -> bool:
        """Nothing lost, doubled or spoilt, and nothing grew."""
        return self.verdict.is_clean and all(level.is_level for level in self.levels)


def run_session(wanted: Wanted, say: Callable[[str], None]) -> int:
    """Run everything; the exit code."""
    seed = secrets.randbelow(1_000_000) if wanted.seed is None else wanted.seed
    kinds = [BrokerKind(wanted.broker)] if wanted.broker else installed()
    folder = Path(tempfile.mkdtemp(prefix="campanile-chaos-"))
    many = f"{wanted.hours:g} hours" if wanted.hours else f"{wanted.faults} faults"
    say(f"seed {seed}, {many}, {wanted.agents} agents, brokers: {', '.join(kinds)}; folder {folder}")
    try:
        outcome = asyncio.run(_run(wanted, seed, kinds, folder, say))
    except BenchTrouble as trouble:
        say(f"the bench could not go on: {trouble}\nEverything is kept in {folder}")
        return EXIT_TROUBLE
    except Exception as error:  # noqa: BLE001 - the edge of the command: what nobody foresaw in the bench is no verdict
        say(f"the bench failed: {''.join(traceback.format_exception(error))}Everything is kept in {folder}")
        return EXIT_TROUBLE
    say("\n".join([table(outcome.verdict), *(level.sentence() for level in outcome.levels)]))
    if outcome.is_good:
        shutil.rmtree(folder)
    else:
        say(f"Everything is kept in {folder}")
    if wanted.as_json:
        say(json.dumps(summary(seed, outcome.staged, outcome.verdict)))
    return EXIT_CLEAN if outcome.is_good else EXIT_NOT_CLEAN


async def _run(wanted: Wanted, seed: int, kinds: list[BrokerKind], folder: Path, say: Callable[[str], None]) -> Outcome:
    bench = Bench(folder / "bench", agents=wanted.agents, kinds=kinds, entry=wanted.entry)
    run = Run(bench, say)
    try:
        faults = _mounted(bench, say)
        await bench.start()
        run.tell("everything runs")
        looks: list[list[Usage]] = []
        if wanted.hours:
            looks = await _soak(run, bench, wanted, seed, kinds)
        else:
            weights = [(each.name, each.weight) for each in faults]
            planned = plan_faults(seed, wanted.faults, wanted.agents, weights, kinds)
            until_s = time.monotonic() + wanted.within_s if wanted.within_s else float("inf")
            await run.stage(planned, INTERVAL_S, until_s)
        verdict = await run.end()
        return Outcome(run.staged.total(), verdict, levels(looks))
    except BaseExceptionGroup as group:
        troubles = group.subgroup(BenchTrouble)
        if troubles is None:
            raise
        raise _first(troubles) from group
    finally:
        await bench.stop()
        bench.close()


def _mounted(bench: Bench, say: Callable[[str], None]) -> tuple[Fault, ...]:
    """Mount small disks where that can be done; all faults that can be staged."""
    why_not = why_no_small_disk()
    if why_not:
        say(f"no disk will be full: {why_not}")
        return FAULTS
    bench.mount_disks()
    return (*FAULTS, *ON_SMALL_DISKS)


async def _soak(run: Run, bench: Bench, wanted: Wanted, seed: int, kinds: list[BrokerKind]) -> list[list[Usage]]:
    """Faults that leave agents and controller alive, for hours; what they used all the while."""
    until_s = time.monotonic() + (wanted.hours or 0) * 3_600
    count = int((until_s - time.monotonic()) / SOAK_INTERVAL_S) + 1
    weights = [(each.name, each.weight) for each in FAULTS if each.stage in SPARING]
    looks: list[list[Usage]] = []

    async def look() -> None:
        while True:
            looks.append(await asyncio.to_thread(bench.usage))
            await asyncio.sleep(min(LOOK_EVERY_S, (until_s - time.monotonic()) / 20 + 0.1))

    looking = asyncio.create_task(look())
    try:
        await run.stage(plan_faults(seed, count, wanted.agents, weights, kinds), SOAK_INTERVAL_S, until_s)
    finally:
        looking.cancel()
    return looks


def _first(group: BaseExceptionGroup[BenchTrouble]) -> BenchTrouble:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
