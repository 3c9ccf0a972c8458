"""What machine a district needs, computed from figures of docs/performance.md. Measures nothing.

    python -m benchmarks.sizing [--json]

A district of the load model: each device has 12 series and sends 10 samples a minute. What the controller takes grows with its
samples (processor) and its series (memory). What lies on disk after a year follows from `retention` as it is shipped: raw
samples of 35 days, all roll-ups of the year. The table of docs/31-install.md is this one; a test holds it to that.
"""

import argparse
import json
import math
from dataclasses import asdict, dataclass
from typing import Final

from controller.store.port import Retention

SERIES_PER_DEVICE: Final = 12
SAMPLES_PER_DEVICE_S: Final = 10 / 60
DAY_S: Final = 86_400
YEAR_DAYS: Final = 365
BUCKET_SAMPLES: Final = 5
"""Of a 5-minute roll-up where its size was measured: one sample a minute."""
MEASURED_PER_DAY: Final = DAY_S // 60

LARGE_CORES, LARGE_SAMPLES_PER_S = 0.10, 16_700
LARGE_MEMORY_MB, LARGE_SERIES = 608 * 1.048576, 1_200_000
DEMO_MEMORY_MB, DEMO_SERIES = 250, 5_500
"""Of the controller: "The large tier in daily life", and "The demo"."""


@dataclass(frozen=True)
class Bytes:
    """On disk for each sample at one a minute: "Asking the store"."""

    raw: float
    five_minutes: float
    everything: float


EMBEDDED: Final = Bytes(0.9, 0.5, 2.1)
INFLUXDB: Final = Bytes(0.7, 1.0, 2.1)


@dataclass(frozen=True)
class Need:
    """What a district takes, measured or scaled, and what to buy for it."""

    schools: int
    devices: int
    samples_per_s: int
    series: int
    controller_cores: float
    controller_memory_mb: int
    embedded_gb: int
    influxdb_gb: int
    cores: int
    memory_gb: int


HEAD: Final = (
    "| schools | devices | samples a second | series | controller: cores, memory | disk after a year, own files | in InfluxDB "
    "| a machine for it |"
)
DISTRICTS: Final = ((8, 240), (80, 10_000), (250, 31_250), (800, 100_000))
"""Schools and devices: the demo's, a small district, one between, the large tier."""


def need(schools: int, devices: int) -> Need:
    """Of one district.

    >>> need(800, 100_000).controller_cores
    0.1
    """
    samples_per_s, series = devices * SAMPLES_PER_DEVICE_S, devices * SERIES_PER_DEVICE
    cores = LARGE_CORES * samples_per_s / LARGE_SAMPLES_PER_S
    memory_mb = DEMO_MEMORY_MB + (series - DEMO_SERIES) * (LARGE_MEMORY_MB - DEMO_MEMORY_MB) / (
        LARGE_SERIES - DEMO_SERIES
    )
    return Need(
        schools,
        devices,
        round(samples_per_s),
        series,
        max(0.01, round(cores, 2)),
        round(memory_mb),
        math.ceil(disk_bytes(EMBEDDED, samples_per_s, series) / 1e9),
        math.ceil(disk_bytes(INFLUXDB, samples_per_s, series) / 1e9),
        2 if devices <= 10_000 else 4,
        2 ** max(1, math.ceil(math.log2(memory_mb / 1000 * 4 + 1))),
    )


def disk_bytes(each: Bytes, samples_per_s: float, series: int) -> float:
    """After a year: raw samples for as long as they are kept, and roll-ups, which do not grow with how often one measures."""
    kept = Retention()
    raw = samples_per_s * DAY_S * min(kept.raw_days, YEAR_DAYS) * each.raw
    bucket = each.five_minutes * BUCKET_SAMPLES
    five_minutes = series * (MEASURED_PER_DAY / BUCKET_SAMPLES) * min(kept.five_minutes_days, YEAR_DAYS) * bucket
    rest = each.everything - each.raw - each.five_minutes
    hours_and_days = series * MEASURED_PER_DAY * min(kept.hour_days, YEAR_DAYS) * rest
    return raw + five_minutes + hours_and_days


def table() -> str:
    """In Markdown, as docs/31-install.md has it."""
    rows = [HEAD, "|---" * 8 + "|"]
    for one in (need(*district) for district in DISTRICTS):
        cells = (
            *(f"{count:,}" for count in (one.schools, one.devices, one.samples_per_s, one.series)),
            f"{one.controller_cores:.2f}, {one.controller_memory_mb} MB",
            f"{one.embedded_gb:,} GB",
            f"{one.influxdb_gb:,} GB",
            f"{one.cores} cores, {one.memory_gb} GB",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizing", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--quick", action="store_true", help="the same: nothing is measured")
    options = parser.parse_args()
    print(json.dumps({"districts": [asdict(need(*one)) for one in DISTRICTS]}) if options.json else table())


if __name__ == "__main__":
    main()
