"""The first start's history: the simulator writes frames, the controller imports them, through one pipe."""

import subprocess
import sys
from pathlib import Path

from campanile.demo.folder import DemoFolder
from campanile.demo.processes import ChildFailed, campanile, end_with_parent

JUDGED_HOURS = 24
"""What a dashboard shows when it is opened: alerts of the simulator's last troubles are among it."""


def fill_history(folder: DemoFolder) -> None:
    """Import `folder.asked.days` of history with the controller's progress bar on the terminal.

    Both ends are processes of their own, so that the store's filling costs the running controller no memory.
    """
    folder.forget_half_history()
    source = ["simulate", "history", "--dir", str(folder.path), "--days", str(folder.asked.days)]
    log = folder.logs / "history.log"
    config = str(folder.path / "controller.yaml")
    with log.open("ab") as errors:
        maintenance = subprocess.Popen([sys.executable, "-m", "campanile.demo.maintenance", config], stderr=errors)
        total = subprocess.run(campanile(*source, "--count-only"), capture_output=True, text=True, check=False)
        _require(maintenance.wait(), "writing down the maintenance of the past", log)
        if total.returncode:
            raise ChildFailed(f"the simulator could not plan the history: {total.stderr.strip()}")
        writer = subprocess.Popen(campanile(*source), stdout=subprocess.PIPE, stderr=errors, preexec_fn=end_with_parent)
        reader = subprocess.Popen(
            campanile(
                *("controller", "import", "--config", config, "--total-samples", total.stdout.strip()),
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


def _require(code: int, what: str, log: Path) -> None:
    if code:
        raise ChildFailed(f"{what} ended with code {code}; see {log}")
