"""`campanile controller ...` as a process of its own, as a person runs it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from tests.servers.daemon import running

Starter = Callable[[Path], subprocess.Popen[bytes]]
_TIMEOUT_S = 100


def command(*arguments: str) -> list[str]:
    """The command line of a subcommand."""
    return [sys.executable, "-m", "campanile", "controller", *arguments]


def said(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What a subcommand that ends by itself says; never a trace."""
    ended = subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended


def live(config: Path, log: Path) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """A controller until the block ends; what it says goes to `log`. It answers once the block begins."""
    return running(command("run", "--config", str(config)), log, lambda: b"console: " in log.read_bytes())


@contextmanager
def starting() -> Iterator[Starter]:
    """A way to start the controller of a configuration; every one is ended with the block."""
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(live(config, config.with_suffix(".log")))
