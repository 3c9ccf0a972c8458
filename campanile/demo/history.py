"""The first start's history: the simulator writes frames, the controller imports them, through one pipe."""

import subprocess
import sys
from pathlib import Path

from campanile.demo.folder import DemoFolder
from campanile.demo.processes import ChildFailed, campanile, end_with_parent

JUDGED_HOURS = 12
"""The simulator's last troubles lie within them (`simulator.life.incidents.lately`); each hour more is waited for."""


def fill_history(folder: DemoFolder) -> None:
    """Import `folder.asked.days` of history with the controller's progress bar on the terminal.

    Both ends are processes of their own, so that the store's filling costs the running controller no memory.
    """
    folder.forget_half_history()
    source = ["simulate", "history", "--dir", str(folder.path), "--days", str(folder.asked.days)]
    log = folder.logs / "history.log"
    config = str(folder.path / "controller.yaml")
    total = _prepare(source, config, log)
    with log.open("ab") as errors:
        writer = subprocess.Popen(campanile(*source), stdout=subprocess.PIPE, stderr=errors, preexec_fn=end_with_parent)
        reader = subprocess.Popen(
            campanile(
                *("controller", "import", "--config", config, "--total-samples", total),
                *("--judge-hours", str(JUDGED_HOURS), "-"),
            ),
            stdin=writer.stdout,
            preexec_fn=end_with_parent,
        )
        if writer.stdout is not None:
            writer.stdout.close()  # the reader holds the other end: a dead reader must end the writer
        try:
            _require(reader.wait(), "importing the history", folder.logs)
            _require(writer.wait(), "writing the history", log)
        finally:
            for process in (writer, reader):
                if process.poll() is None:
                    process.terminate()
                    process.wait()
    folder.note_history()


def _prepare(source: list[str], config: str, log: Path) -> str:
    """How many samples will come; and a window of maintenance in the past is written down meanwhile."""
    asked = [sys.executable, "-m", "campanile.demo.maintenance", config]
    with log.open("ab") as errors:
        maintenance = subprocess.Popen(asked, stdout=errors, stderr=errors, preexec_fn=end_with_parent)
    total = subprocess.run(campanile(*source, "--count-only"), capture_output=True, text=True, check=False)
    _require(maintenance.wait(), "writing down the maintenance of the past", log)
    if total.returncode:
        raise ChildFailed(f"the simulator could not plan the history: {total.stderr.strip()}")
    return total.stdout.strip()


def _require(code: int, what: str, log: Path) -> None:
    if code:
        raise ChildFailed(f"{what} ended with code {code}; see {log}")
