"""What the demo costs: time to a live console, speed of its history, memory and processor time of each process.

    python -m benchmarks.demo [--quick] [--json]

Runs `campanile demo` in a new folder as a person would, waits until every agent is heard, and watches its processes for a
minute (10 s with --quick, which also makes a week of history instead of a month).

    console_s            from the command to the console's address, history included
    history_s            the history: written by the simulator, imported by the controller, rolled up, days closed
    controller_mb        resident memory of the running controller after the history
    agent_mb             the largest of the agents, about 30 devices each
    *_cpu_percent        share of one core over the watch

The last line is one JSON object. One run: the figures are sizes and shares, not rates to compare.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

import psutil

from campus.version import VERSION

READY_TIMEOUT_S: Final = 300.0
STOP_TIMEOUT_S: Final = 60.0
MEGABYTE: Final = 1 << 20
_CONSOLE = re.compile(r"^console: (http://127\.0\.0\.1:\d+)", re.MULTILINE)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a week of history, a watch of 10 s")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    options = parser.parse_args()
    print(json.dumps(run(days=7 if options.quick else 30, watch_s=10.0 if options.quick else 60.0)))


def run(days: int, watch_s: float) -> dict[str, Any]:
    """One demo from start to stop."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "demo.log"
        command = [sys.executable, "-m", "campanile", "demo", "--no-browser", "--fresh", "--days", str(days)]
        started_s = time.monotonic()
        with log.open("wb") as output:
            demo = subprocess.Popen([*command, "--data", f"{folder}/demo"], stdout=output, stderr=subprocess.STDOUT)
        try:
            began_s = _when(log, demo, r"^Making ")
            ended_s = _when(log, demo, r"^Starting ")
            live_s = _when(log, demo, r"^console: http")
            base = _CONSOLE.findall(log.read_text(errors="replace"))[0]
            health = _full_house(base)
            timed = _history(log, ended_s - began_s) | {"console_s": round(live_s - started_s, 1)}
            return timed | _watched(demo.pid, watch_s) | health
        finally:
            demo.terminate()
            demo.wait(STOP_TIMEOUT_S)


def _when(log: Path, demo: subprocess.Popen[bytes], line: str) -> float:
    """The instant, on the monotonic clock, at which the demo says a line; the process ends when it does not."""
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while not re.search(line, log.read_text(errors="replace"), re.MULTILINE):
        if demo.poll() is not None or time.monotonic() > deadline_s:
            sys.exit(f"the demo did not come up: {log.read_text(errors='replace')[-1000:]}")
        time.sleep(0.05)
    return time.monotonic()


def _full_house(base: str) -> dict[str, Any]:
    """Health once every agent's devices are there: the number of devices has stood for 10 s."""
    devices, since_s = -1, time.monotonic()
    while time.monotonic() - since_s < 10:
        with urllib.request.urlopen(f"{base}/api/v1/health", timeout=10) as answer:
            health: dict[str, Any] = json.load(answer)
        if health["devices"] != devices:
            devices, since_s = health["devices"], time.monotonic()
        time.sleep(0.5)
    return {name: health[name] for name in ("agents", "devices", "series", "samples_stored")} | {"version": VERSION}


def _history(log: Path, history_s: float) -> dict[str, float]:
    stored = re.search(r"([\d,]+) samples stored", log.read_text(errors="replace"))
    samples = int(stored[1].replace(",", "")) if stored else 0
    return {
        "history_s": round(history_s, 1),
        "history_samples": samples,
        "history_samples_per_s": round(samples / history_s),
    }


def _watched(pid: int, watch_s: float) -> dict[str, float]:
    processes = {child: _role(child) for child in psutil.Process(pid).children()}
    before = {child: _cpu_s(child) for child in processes}
    time.sleep(watch_s)
    figures: dict[str, float] = {}
    for child, role in processes.items():
        memory_mb = round(child.memory_info().rss / MEGABYTE, 1)
        cpu_percent = round((_cpu_s(child) - before[child]) / watch_s * 100, 1)
        figures[f"{role}_mb"] = max(figures.get(f"{role}_mb", 0), memory_mb)
        figures[f"{role}_cpu_percent"] = max(figures.get(f"{role}_cpu_percent", 0), cpu_percent)
    return figures


def _role(process: psutil.Process) -> str:
    words = process.cmdline()
    first, second = words[words.index("campanile") + 1 :][:2]
    return first if first != "simulate" else {"run": "devices", "brokers": "brokers"}.get(second, second)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
