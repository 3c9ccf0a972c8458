"""What can happen to processes: killed at any moment, between commit and acknowledgement, ended, wiped, replaced."""

import asyncio
import random
import time
from typing import Final

from campanile.chaos.bench import Bench
from campanile.chaos.brokers import BrokerKind
from campanile.chaos.relay import Way
from campanile.chaos.school import School
from campanile.chaos.stage import Say
from simulator.snmp.responder import utc_now

COMMIT_TIMEOUT_S: Final = 15.0
HOLDS_S: Final = (2.0, 4.0, 8.0, 16.0)
"""How long to wait for a commit while nothing the controller says gets out, try after try."""
SLACK_MS: Final = 6_000
"""An agent's clock may be off by so much."""
_COMMITTED: Final = "ingest_frames_committed_total"
_LOOK_EVERY_S: Final = 0.05


async def kill_agent(_bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """SIGKILL at any moment, and a new life after a while."""
    pause_s = dice.choice((0.0, 0.5, 2.0))
    async with school.turn:
        say(f"{school.site}, back after {pause_s:g} s")
        school.agent.kill()
        await asyncio.sleep(pause_s)
        school.agent.start()


async def restart_agent(_bench: Bench, school: School, _dice: random.Random, say: Say) -> None:
    """SIGTERM and a new life, as an upgrade does it."""
    async with school.turn:
        say(school.site)
        await school.agent.end()
        school.agent.start()


async def kill_broker(bench: Bench, _school: School, dice: random.Random, say: Say) -> None:
    """SIGKILL: what it held in memory is gone."""
    await _restart_broker(bench, dice, say, is_wiped=False)


async def wipe_broker(bench: Bench, _school: School, dice: random.Random, say: Say) -> None:
    """SIGKILL, and what it held on disk is gone too."""
    await _restart_broker(bench, dice, say, is_wiped=True)


async def _restart_broker(bench: Bench, dice: random.Random, say: Say, *, is_wiped: bool) -> None:
    pause_s = dice.choice((0.0, 0.2, 1.0))
    async with bench.broker_turn:
        broker = bench.broker
        say(f"{broker.kind}, back after {pause_s:g} s")
        broker.process.kill()
        if is_wiped:
            broker.wipe()
        await asyncio.sleep(pause_s)
        broker.process.start()
        await broker.process.until_ready()


async def end_broker(bench: Bench, _school: School, _dice: random.Random, say: Say) -> None:
    """SIGTERM and a new life."""
    async with bench.broker_turn:
        say(bench.broker.kind)
        await bench.broker.process.end()
        bench.broker.process.start()
        await bench.broker.process.until_ready()


async def change_broker(bench: Bench, kind: BrokerKind, say: Say) -> None:
    """Another broker in its place; comes with the turns of a run, not by chance."""
    async with bench.broker_turn:
        say(f"{bench.broker.kind} makes room for {kind}")
        await bench.change_broker(kind)


async def kill_controller(bench: Bench, _school: School, dice: random.Random, say: Say) -> None:
    """SIGKILL at any moment."""
    pause_s = dice.choice((0.0, 0.0, 3.0))
    async with bench.controller_turn:
        say(f"back after {pause_s:g} s")
        bench.controller.kill()
        await asyncio.sleep(pause_s)
        bench.controller.start()
        await bench.controller.until_ready()


async def restart_controller(bench: Bench, _school: School, _dice: random.Random, say: Say) -> None:
    """SIGTERM and a new life."""
    async with bench.controller_turn:
        say("SIGTERM")
        await bench.controller.end()
        bench.controller.start()
        await bench.controller.until_ready()


async def kill_between(bench: Bench, _school: School, _dice: random.Random, say: Say) -> None:
    """SIGKILL exactly between the commit and the acknowledgement: nothing the controller says gets out meanwhile."""
    async with bench.controller_turn:
        committed = await _hold_after_commit(bench)
        bench.controller.kill()
        say(f"{committed:.0f} frames committed whose acknowledgements nobody hears")
        await bench.line.cut()
        bench.line.release(Way.THERE)
        await bench.line.start()
        bench.controller.start()
        await bench.controller.until_ready()


async def _hold_after_commit(bench: Bench) -> float:
    """Let nothing the controller says get out, and return once it has committed something since; how many frames.

    A broker hands out only so many messages whose receipts it lacks (Mosquitto 20): when the line is held behind a burst, no
    more come. Then it is let go until something is committed, and held again. 0 when other faults keep all frames away.
    """
    for hold_s in HOLDS_S:
        bench.line.hold(Way.THERE)
        before = await bench.metric(_COMMITTED)
        if before is not None and (committed := await until_committed(bench, before, hold_s)):
            return committed
        bench.line.release(Way.THERE)
        await until_committed(bench, before or 0.0)
    bench.line.hold(Way.THERE)
    return 0.0


async def restore_controller(bench: Bench, _school: School, dice: random.Random, say: Say) -> None:
    """An old backup of the controller's data is put in the place of the newer one; the agents fill it up again."""
    age_s = dice.uniform(1.0, 8.0)
    folder = bench.folder / "backups" / str(bench.next_number())
    config = ("--config", str(bench.controller_config))
    async with bench.controller_turn:
        began_at = utc_now()
        await bench.command("controller", "backup", *config, "--no-verify", str(folder))
    await asyncio.sleep(age_s)
    async with bench.controller_turn:
        say(f"a backup {(utc_now() - began_at) / 1000:.1f} s old")
        bench.controller.kill()
        (backup,) = folder.iterdir()
        await bench.command("controller", "restore", *config, "--replace", str(backup))
        bench.controller.start()
        await bench.controller.until_ready()
        bench.forgotten.append((began_at - SLACK_MS, utc_now() + SLACK_MS))


async def until_committed(bench: Bench, before: float, timeout_s: float = COMMIT_TIMEOUT_S) -> float:
    """Wait until the controller has committed more than `before`; how many more, 0 when other faults kept frames away."""
    deadline_s = time.monotonic() + timeout_s
    while (now := await bench.metric(_COMMITTED) or 0.0) <= before:
        if time.monotonic() > deadline_s:
            return 0.0
        await asyncio.sleep(_LOOK_EVERY_S)
    return now - before
