"""What a sample takes on disk once its day is closed, on the simulator's telemetry.

    python -m benchmarks.disk [--quick] [--json]

A simulated district writes weekdays of history at one sample a minute (the agents' usual cadence), the controller imports
and closes them: the commands a person would use, in a folder of their own.

    raw_bytes            the samples themselves
    rollup_5m_bytes      their 5-minute roll-ups
    all_bytes            the whole folder: names of series, hourly and daily roll-ups and empty tables too

The last line is one JSON object. Sizes, no times: one run is enough.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

SCHOOLS: Final = 8
STEP_S: Final = 60
DAYS: Final = 4
QUICK_SCHOOLS: Final = 2
ZONE: Final = ZoneInfo("Asia/Shanghai")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.disk", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_SCHOOLS} schools instead of {SCHOOLS}")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    options = parser.parse_args()
    report = _measure(QUICK_SCHOOLS if options.quick else SCHOOLS)
    if not options.json:
        for key, value in report.items():
            print(f"{key:18} {value}")
    print(json.dumps(report))


def _measure(schools: int) -> dict[str, Any]:
    stored = _stored(schools)
    samples = stored.pop("samples")
    sizes = {f"{name}_bytes": round(size / samples, 3) for name, size in stored.items()}
    return sizes | {"samples": samples, "schools": schools, "days": DAYS, "step_s": STEP_S}


def _stored(schools: int) -> dict[str, int]:
    """How many samples were imported, and the bytes of each kind of file."""
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        path = Path(folder)
        plan = ["simulate", "plan", "--dir", folder, "--schools", str(schools), "--broker-port", "1883"]
        _campanile(*plan)
        (path / "controller.yaml").write_text("data_dir: data\nenrolment: district.yaml\n")
        past = [
            "simulate",
            "history",
            "--dir",
            folder,
            "--days",
            str(DAYS),
            "--end",
            _last_saturday(),
            "--step",
            str(STEP_S),
        ]
        samples = int(_campanile(*past, "--count-only"))
        with subprocess.Popen(_command(*past), stdout=subprocess.PIPE) as writer:
            _campanile("controller", "import", "--config", str(path / "controller.yaml"), "-", stdin=writer.stdout)
        files = [file for file in (path / "data" / "samples").rglob("*") if file.is_file()]
        sizes = {file: file.stat().st_size for file in files}
        return {
            "samples": samples,
            "raw": sum(size for file, size in sizes.items() if file.parent.name in ("raw", "segment")),
            "rollup_5m": sum(size for file, size in sizes.items() if file.parent.name == "5m"),
            "all": sum(sizes.values()),
        }


def _last_saturday() -> str:
    """Its midnight: the days before it are weekdays, young enough to be kept raw."""
    today = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today - timedelta(days=(today.weekday() - 5) % 7)).isoformat()


def _campanile(*words: str, stdin: Any = None) -> str:
    done = subprocess.run(_command(*words), stdin=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: {done.stderr}")
    return done.stdout


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "campanile", *words]


if __name__ == "__main__":
    main()
