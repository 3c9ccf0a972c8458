"""A real Mosquitto on a free loopback port."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.daemon import accepts_tcp, free_port, require_program, running


@dataclass(frozen=True)
class Mosquitto:
    """A running broker."""

    port: int
    pid: int


@contextmanager
def mosquitto(directory: Path, port: int | None = None, extra: str = "") -> Iterator[Mosquitto]:
    """Run Mosquitto with `directory` for its files; `extra` lines are added to its configuration."""
    program = require_program("mosquitto", "mosquitto")
    chosen = port or free_port()
    config = directory / "mosquitto.conf"
    config.write_text(
        f"listener {chosen} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\n"
        f"max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n{extra}\n"
    )
    with running([program, "-c", str(config)], directory / "mosquitto.log", lambda: accepts_tcp(chosen)) as process:
        yield Mosquitto(chosen, process.pid)
