"""An agent as a process of the bench: the real one, with a wall clock that the bench can set.

    python -m campanile.chaos.agent_process CONFIG OFFSET_FILE

OFFSET_FILE holds milliseconds to add to this machine's clock; it is read at every look at the clock.
"""

import asyncio
import logging
import sys
from contextlib import suppress
from pathlib import Path

from agent.build import snmp_collector
from agent.clock import utc_ms
from agent.config import load_config
from agent.main import Agent, run_until_told
from firmware_profiles.load import load_catalogue


class WrongClock:
    """This machine's clock, off by what the file says; a file that is not there, or half written, changes nothing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset_ms = 0

    def __call__(self) -> int:
        """UTC ms, so to speak."""
        with suppress(OSError, ValueError):
            self._offset_ms = int(self._file.read_text())
        return utc_ms() + self._offset_ms


def build(config_path: Path, offset_path: Path) -> Agent:
    """The agent of a configuration, by the wrong clock."""
    config = load_config(config_path)
    catalogue = load_catalogue(config.profiles_path)
    return Agent(
        config,
        catalogue,
        lambda device: snmp_collector(device, catalogue, config.file.cadence.fast_s),
        WrongClock(offset_path),
    )


def main() -> None:
    """Run until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(run_until_told(build(Path(sys.argv[1]), Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
