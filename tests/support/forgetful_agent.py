"""A sabotaged agent for the chaos bench: it says of every seventh frame that it was acknowledged, and never sends it."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from agent.main import run_until_told
from agent.spool.file import SpoolFile
from agent.spool.model import Moment
from campanile.chaos.agent_process import build
from campus.wire.frame import Body

_append = SpoolFile.append


def _forgetful(self: SpoolFile, bodies: Sequence[Body], moment: Moment) -> list[int]:
    numbers = _append(self, bodies, moment)
    self.acknowledge(self.epoch, [(number, number) for number in numbers if number % 7 == 0], moment.at)
    return numbers


if __name__ == "__main__":
    SpoolFile.append = _forgetful  # type: ignore[method-assign]
    asyncio.run(run_until_told(build(Path(sys.argv[1]), Path(sys.argv[2]))))
