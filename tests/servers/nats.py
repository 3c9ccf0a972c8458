"""A real nats-server as MQTT broker (JetStream keeps sessions and retained messages) on free loopback ports."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.daemon import accepts_tcp, free_port, require_program, running


@dataclass(frozen=True)
class Nats:
    """A running broker; `port` speaks MQTT."""

    port: int
    pid: int


@contextmanager
def nats(directory: Path, port: int | None = None) -> Iterator[Nats]:
    """Run nats-server with `directory` for its files; started there again it remembers what it kept."""
    program = require_program("nats-server", "nats-server")
    chosen = port or free_port()
    config = directory / "nats.conf"
    config.write_text(
        f'server_name: campanile-test\nlisten: "127.0.0.1:{free_port()}"\n'
        f'jetstream {{ store_dir: "{directory / "nats"}" }}\nmqtt {{ listen: "127.0.0.1:{chosen}" }}\n'
    )
    with running([program, "-c", str(config)], directory / "nats.log", lambda: accepts_tcp(chosen)) as process:
        yield Nats(chosen, process.pid)
