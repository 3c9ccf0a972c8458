"""What a sample takes on disk once its day is closed, on the simulator's telemetry.

    python -m benchmarks.disk [--store influxdb] [--quick] [--json]

A simulated district writes weekdays of history at one sample a minute (the agents' usual cadence), the controller imports
and closes them: the commands a person would use, in a folder of their own.

    raw_bytes            the samples themselves
    rollup_5m_bytes      their 5-minute roll-ups
    all_bytes            the whole folder: names of series, hourly and daily roll-ups and empty tables too. Of InfluxDB without
                         its file of series, which is laid out beforehand: 34 MB, or more where there are many

The last line is one JSON object. Sizes, no times: one run is enough.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from benchmarks.servers import influxdb, wait_until

SCHOOLS: Final = 8
STEP_S: Final = 60
DAYS: Final = 4
QUICK_SCHOOLS: Final = 2
ZONE: Final = ZoneInfo("Asia/Shanghai")
COMPACTED_SOON: Final = 'compact-full-write-cold-duration = "5s"\ncache-snapshot-write-cold-duration = "5s"\n'
"""Instead of after four hours without a write: what a day takes in the end is what counts."""
REST_S: Final = 15.0
REST_TIMEOUT_S: Final = 180.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.disk", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_SCHOOLS} schools instead of {SCHOOLS}")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--store", choices=("embedded", "influxdb"), default="embedded", help="where the samples lie")
    options = parser.parse_args()
    report = _measure(QUICK_SCHOOLS if options.quick else SCHOOLS, options.store)
    if not options.json:
        for key, value in report.items():
            print(f"{key:18} {value}")
    print(json.dumps(report))


def _measure(schools: int, store: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        path = Path(folder)
        _campanile("simulate", "plan", "--dir", folder, "--schools", str(schools), "--broker-port", "1883")
        config = "data_dir: data\nenrolment: district.yaml\n"
        if store == "embedded":
            samples = _imported(path, config)
            stored = _sizes(path / "data" / "samples", {"raw": ("raw", "segment"), "rollup_5m": ("5m",)})
        else:
            samples, stored = _in_influxdb(path, config)
    sizes = {f"{name}_bytes": round(size / samples, 3) for name, size in stored.items()}
    return sizes | {"store": store, "samples": samples, "schools": schools, "days": DAYS, "step_s": STEP_S}


def _imported(path: Path, config: str) -> int:
    """How many samples of the past went through the controller's import."""
    (path / "controller.yaml").write_text(config)
    past = [
        "simulate",
        "history",
        "--dir",
        str(path),
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
    return samples


def _in_influxdb(path: Path, config: str) -> tuple[int, dict[str, int]]:
    """The same in a server of its own, whose files are measured once it has compacted them and stopped."""
    with influxdb(path, COMPACTED_SOON) as server:
        if server is None:
            sys.exit("influxd is not installed (Debian package influxdb)")
        block = f"store: influxdb\ninfluxdb: {{url: 'http://127.0.0.1:{server.port}', version: 1}}\n"
        samples = _imported(path, config + block)
        database = path / "data" / "campus"
        wait_until(
            lambda: not any(size for _, size in _files(path / "wal" / "campus")),
            "InfluxDB to empty its log",
            REST_TIMEOUT_S,
        )
        wait_until(_unchanging(database), "InfluxDB to come to rest", REST_TIMEOUT_S)
        for reserved in (*database.glob("_series"), *database.glob("*/_series")):
            shutil.rmtree(reserved)
        return samples, _sizes(database, {"raw": ("autogen",), "rollup_5m": ("5m",)})


def _unchanging(folder: Path) -> Callable[[], bool]:
    """Says whether nothing in `folder` has changed for `REST_S`."""
    seen: list[tuple[float, list[tuple[Path, int]]]] = []

    def rests() -> bool:
        now, files = time.monotonic(), _files(folder)
        if not seen or seen[-1][1] != files:
            seen.append((now, files))
        return now - seen[-1][0] > REST_S

    return rests


def _sizes(folder: Path, kinds: dict[str, tuple[str, ...]]) -> dict[str, int]:
    """Bytes of the files below folders of these names, and of all."""
    files = _files(folder)
    of_kinds = {
        kind: sum(size for file, size in files if set(file.relative_to(folder).parts[:-1]) & set(names))
        for kind, names in kinds.items()
    }
    return of_kinds | {"all": sum(size for _, size in files)}


def _files(folder: Path) -> list[tuple[Path, int]]:
    found = []
    for file in sorted(folder.rglob("*")):
        try:
            if file.is_file():
                found.append((file, file.stat().st_size))
        except FileNotFoundError:
            continue  # compacted away meanwhile
    return found


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
