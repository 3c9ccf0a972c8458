"""What can happen to a line: cut, reset in the middle of a frame, deaf in one direction, slow, late."""

import asyncio
import random
from typing import Final

from campanile.chaos.bench import Bench
from campanile.chaos.relay import Relay, Way
from campanile.chaos.school import School
from campanile.chaos.stage import Say

SLOW_BYTES_PER_S: Final = 8_000
"""64 kbit/s."""
_CONTROLLERS_SHARE: Final = 0.25


async def cut(bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """Nothing gets through for a moment, or for seconds; what was under way is gone."""
    line, length_s = _line(bench, school, dice), dice.choice((0.05, 0.3, 1.0, 3.0))
    say(f"{line.name}, {length_s:g} s")
    await line.cut()
    await asyncio.sleep(length_s)
    await line.start()


async def reset(bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """The connection breaks after some more bytes, most likely in the middle of a frame."""
    line, way, size_bytes = _line(bench, school, dice), dice.choice(list(Way)), dice.randint(1, 3_000)
    say(f"{line.name}, {way.value}, within {size_bytes} bytes")
    line.reset_within(way, size_bytes)


async def hold(bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """One direction is deaf for a while; nobody is told. Then it all arrives at once, or the line is cut first."""
    line, way, length_s = _line(bench, school, dice), dice.choice(list(Way)), dice.uniform(0.2, 4.0)
    is_cut = dice.random() < 0.5
    say(f"{line.name}, {way.value}, {length_s:.1f} s, then {'cut' if is_cut else 'released'}")
    line.hold(way)
    await asyncio.sleep(length_s)
    if is_cut:
        await line.cut()
    line.release(way)
    await line.start()


async def delay(bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """Everything comes late for a while, in order."""
    line, delay_s, length_s = _line(bench, school, dice), dice.uniform(0.05, 0.8), dice.uniform(1, 5)
    say(f"{line.name}, {delay_s:.2f} s late for {length_s:.1f} s")
    line.delay_s = delay_s
    await asyncio.sleep(length_s)
    line.delay_s = 0.0


async def throttle(bench: Bench, school: School, dice: random.Random, say: Say) -> None:
    """A line of 64 kbit/s for a while."""
    line, length_s = _line(bench, school, dice), dice.uniform(2, 8)
    say(f"{line.name}, 64 kbit/s for {length_s:.1f} s")
    line.rate_bytes_per_s = SLOW_BYTES_PER_S
    await asyncio.sleep(length_s)
    line.rate_bytes_per_s = 0.0


async def repeat(bench: Bench, _school: School, dice: random.Random, say: Say) -> None:
    """Somebody says old frames again, in random order, some of them twice."""
    count = dice.choice((20, 100, 400))
    say(f"{bench.replayer.repeat(dice, count)} of {count} old frames")


def _line(bench: Bench, school: School, dice: random.Random) -> Relay:
    return bench.line if dice.random() < _CONTROLLERS_SHARE else school.line
