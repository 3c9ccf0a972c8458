"""What can happen to an agent's disk, clock and identity: destroyed, restored from an old backup, cloned, years off."""

import asyncio
import random
from typing import Final

from campanile.chaos.bench import Bench
from campanile.chaos.past import gather_past
from campanile.chaos.school import School
from campanile.chaos.spools import copy_spool, remove_spool, replace_spool
from campanile.chaos.stage import Say

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
JUMPS_MS: Final = (-400 * DAY_MS, -DAY_MS, -3 * HOUR_MS, -90_000, 90_000, 3 * HOUR_MS, DAY_MS, 400 * DAY_MS)


async def destroy_spool(_bench: Bench, school: School, _dice: random.Random, say: Say) -> None:
    """The agent's disk is gone; a new one is empty."""
    async with school.turn:
        say(school.site)
        school.agent.kill()
        _take_disk(school, "destroyed")
        remove_spool(school.spool)
        school.agent.start()


async def restore_spool(_bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """An old backup of the agent's spool is put in the place of the newer one."""
    age_s = dice.uniform(1.0, 6.0)
    async with school.turn:
        say(f"{school.site}, a backup {age_s:.1f} s old")
        await school.until_spooling()
        backup = school.keep_copy("backup")
        await asyncio.sleep(age_s)
        school.agent.kill()
        _take_disk(school, "displaced")
        replace_spool(backup, school.spool)
        school.agent.start()


async def days_offline(bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """The agent was cut off for virtual hours or days; all of it comes when it is back."""
    length_ms, frames = dice.choice((2 * HOUR_MS, 20 * HOUR_MS, 3 * DAY_MS, 9 * DAY_MS)), dice.choice((10, 40))
    async with school.turn:
        await school.until_spooling()
        await school.agent.end()
        samples = gather_past(school, bench.ledger, dice, length_ms, frames)
        school.set_aside.append(school.keep_copy("past"))
        say(f"{school.site}, {length_ms / DAY_MS:.1f} days with {samples} samples")
        school.agent.start()


async def twin_fresh(bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """A second machine with the same identity and an empty spool."""
    await _twin(bench, school, dice, say, is_copy=False)


async def twin_copy(bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """A second machine with the same identity and a copy of the spool, as a cloned disk is."""
    await _twin(bench, school, dice, say, is_copy=True)


async def _twin(bench: Bench, school: School, dice: random.Random, say: Say, *, is_copy: bool) -> None:
    length_s, is_killed = dice.uniform(2.0, 6.0), dice.random() < 0.5
    number = bench.next_number()
    spool = school.folder / "twins" / f"{number}.db"
    spool.parent.mkdir(exist_ok=True)
    if is_copy:
        async with school.turn:
            await school.until_spooling()
            copy_spool(school.spool, spool)
    config = school.folder / f"twin-{number}.yaml"
    school.write_config(config, spool)
    say(f"{school.site}, for {length_s:.1f} s")
    twin = school.agent_process(f"twin-{school.site}-{number}", config)
    twin.start()
    await asyncio.sleep(length_s)
    if is_killed:
        twin.kill()
    else:
        await twin.end()
    school.twins.append(spool)


async def jump_clock(_bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """The wall clock jumps by hours or years while the agent runs, and back."""
    offset_ms, length_s = dice.choice(JUMPS_MS), dice.uniform(1.0, 6.0)
    async with school.turn:
        say(f"{school.site}, {offset_ms / HOUR_MS:+.2f} h for {length_s:.1f} s")
        school.set_clock(offset_ms)
        await asyncio.sleep(length_s)
        school.set_clock(0)


async def wrong_clock(_bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """The agent starts with a clock that is hours or years off, which is set right while it runs."""
    offset_ms, length_s = dice.choice(JUMPS_MS), dice.uniform(2.0, 6.0)
    async with school.turn:
        say(f"{school.site}, {offset_ms / HOUR_MS:+.2f} h for {length_s:.1f} s")
        school.agent.kill()
        school.set_clock(offset_ms)
        school.agent.start()
        await asyncio.sleep(length_s)
        school.set_clock(0)


async def full_spool(_bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """The disk under an agent's spool is full for a while."""
    length_s = dice.uniform(1.0, 5.0)
    async with school.turn:
        say(f"{school.site}, {length_s:.1f} s")
        school.disk.fill()
        await asyncio.sleep(length_s)
        school.disk.release()


async def full_store(bench: Bench, _school: School, dice: random.Random, say: Say) -> None:
    """The disk under the controller's samples and registry is full for a while; a controller that gives up is started again."""
    length_s = dice.uniform(1.0, 6.0)
    async with bench.controller_turn:
        say(f"{length_s:.1f} s")
        bench.disk.fill()
        await asyncio.sleep(length_s)
        bench.disk.release()
        if not bench.controller.is_running:
            bench.controller.forget()
            bench.controller.start()
            await bench.controller.until_ready()


def _take_disk(school: School, name: str) -> None:
    """Remember what was on a disk that its agent loses: what was acknowledged must be at the centre all the same."""
    if school.spool.exists():
        school.set_aside.append(school.keep_copy(name))
        school.has_lost_disk = True
