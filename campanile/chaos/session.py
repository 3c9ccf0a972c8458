"""One call of the command: bench, run, verdict, exit code."""

import asyncio
import json
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from campanile.chaos.bench import Bench
from campanile.chaos.brokers import BrokerKind, installed
from campanile.chaos.faults import FAULTS, ON_SMALL_DISKS
from campanile.chaos.plan import plan_faults
from campanile.chaos.process import BenchTrouble
from campanile.chaos.reconcile import Verdict
from campanile.chaos.report import summary, table
from campanile.chaos.run import Run
from campanile.chaos.small_disk import why_no_small_disk

EXIT_CLEAN: Final = 0
EXIT_NOT_CLEAN: Final = 1
EXIT_TROUBLE: Final = 2
INTERVAL_S: Final = 0.8


class Wanted(NamedTuple):
    """What was asked for on the command line."""

    seed: int | None
    faults: int
    agents: int
    broker: str | None
    hours: float | None
    as_json: bool
    entry: str


class Outcome(NamedTuple):
    """What a session gave."""

    staged: int
    verdict: Verdict


def run_session(wanted: Wanted, say: Callable[[str], None]) -> int:
    """Run everything; the exit code."""
    seed = secrets.randbelow(1_000_000) if wanted.seed is None else wanted.seed
    kinds = [BrokerKind(wanted.broker)] if wanted.broker else installed()
    folder = Path(tempfile.mkdtemp(prefix="campanile-chaos-"))
    say(f"seed {seed}, {wanted.faults} faults, {wanted.agents} agents, brokers: {', '.join(kinds)}; folder {folder}")
    try:
        outcome = asyncio.run(_run(wanted, seed, kinds, folder, say))
    except BenchTrouble as trouble:
        say(f"the bench could not go on: {trouble}\nEverything is kept in {folder}")
        return EXIT_TROUBLE
    say(table(outcome.verdict))
    if outcome.verdict.is_clean:
        shutil.rmtree(folder)
    else:
        say(f"Everything is kept in {folder}")
    if wanted.as_json:
        say(json.dumps(summary(seed, outcome.staged, outcome.verdict)))
    return EXIT_CLEAN if outcome.verdict.is_clean else EXIT_NOT_CLEAN


async def _run(wanted: Wanted, seed: int, kinds: list[BrokerKind], folder: Path, say: Callable[[str], None]) -> Outcome:
    bench = Bench(folder / "bench", agents=wanted.agents, kinds=kinds, entry=wanted.entry)
    run = Run(bench, say)
    why_not = why_no_small_disk()
    faults = FAULTS if why_not else (*FAULTS, *ON_SMALL_DISKS)
    planned = plan_faults(seed, wanted.faults, wanted.agents, [(each.name, each.weight) for each in faults], kinds)
    try:
        if why_not:
            say(f"no disk will be full: {why_not}")
        else:
            bench.mount_disks()
        await bench.start()
        run.tell("everything runs")
        await run.stage(planned, INTERVAL_S)
        verdict = await run.end()
        return Outcome(run.staged.total(), verdict)
    except BaseExceptionGroup as group:
        troubles = group.subgroup(BenchTrouble)
        if troubles is None:
            raise
        raise _first(troubles) from group
    finally:
        await bench.stop()
        bench.close()


def _first(group: BaseExceptionGroup[BenchTrouble]) -> BenchTrouble:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
