"""How long the console's pages take on a controller with history: eight schools of the simulator, seven days.

    python -m benchmarks.pages [--quick] [--json] [--large]

With `--large` a controller of 800 schools with 100,000 devices instead, each series of which was measured once. The
controller stands in this process, without broker and port; requests go through the whole HTTP app. For each page: the
first answer after a start, and the median of those after it, in milliseconds.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

import httpx

from benchmarks.district import many_schools, prepare
from campanile.demo.folder import Asked, DemoFolder
from campanile.demo.plan import write_plan
from campanile.demo.processes import campanile
from controller.clock import utc_ms
from controller.config import load_config
from controller.history import import_history
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller, build_app
from controller.progress import Progress

SCHOOLS: Final = 8
DAYS: Final = 7
SEED: Final = 1
HTTP_PORT: Final = 8080
"""Stands in addresses only; nothing listens."""
TIMES: Final = 15
QUICK_SCHOOLS: Final = 3
QUICK_TIMES: Final = 5
_SITE: Final = "/sites/no-1-primary"
_SWITCH: Final = f"{_SITE}/devices/sw-1"
_TRAFFIC: Final = f"{_SWITCH}/chart?metric=if_in_bps&mirror=if_out_bps"
PAGES: Final[Mapping[str, str]] = {
    "overview": "/",
    "school": _SITE,
    "device": _SWITCH,
    "devices": "/devices",
    "alerts": "/alerts",
    "network": "/network?period=7d",
    "utilisation": "/utilisation?period=7d",
    "utilisation_of_school": "/utilisation?period=7d&site=no-1-primary",
    "chart_1h": f"{_TRAFFIC}&period=1h",
    "chart_24h": f"{_TRAFFIC}&period=24h",
    "chart_7d": f"{_TRAFFIC}&period=7d",
    "search": "/search/answers?q=sw",
}
LARGE_PAGES: Final[Mapping[str, str]] = {
    "overview": "/",
    "school": _SITE,
    "devices": "/devices",
    "devices_csv": "/devices.csv",
    "alerts": "/alerts",
    "network": "/network?period=24h",
    "utilisation": "/utilisation?period=24h",
    "search": "/search/answers?q=sw",
}
LARGE_SERIES: Final = 1_200_000


@dataclass(frozen=True)
class Report:
    """What was asked of what; `pages` by name."""

    schools: int
    days: int
    devices: int
    samples: int
    pages: dict[str, dict[str, float]]


def main() -> None:
    """Fill a controller, ask it, print."""
    parser = argparse.ArgumentParser(description="measure the console's pages")
    parser.add_argument("--quick", action="store_true", help="fewer schools and requests, under 45 s")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--large", action="store_true", help="800 schools with 100,000 devices, without history")
    options = parser.parse_args()
    times = QUICK_TIMES if options.quick or options.large else TIMES
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as path:
        folder = Path(path).resolve()
        if options.large:
            schools = _large_district(folder)
            controller, days, pages = Controller(load_config(folder / "controller.yaml")), 0, LARGE_PAGES
        else:
            schools = QUICK_SCHOOLS if options.quick else SCHOOLS
            controller, days, pages = _small_district(folder, schools), DAYS, PAGES
        report = asyncio.run(_measure(controller, schools, days, pages, times))
    if not options.json:
        for page, took in report.pages.items():
            print(f"{page:24} {took['median_ms']:8.1f} ms, the first {took['first_ms']:8.1f} ms")
    print(json.dumps(asdict(report)))


def _small_district(folder: Path, schools: int) -> Controller:
    write_plan(DemoFolder(folder, Asked(schools, SEED, DAYS)), HTTP_PORT)
    config = load_config(folder / "controller.yaml")
    _fill(Controller(config), folder)
    return Controller(config)


def _large_district(folder: Path) -> int:
    """Written down as the controller's own data; how many schools it has."""
    owned = many_schools(LARGE_SERIES, utc_ms())
    prepare(folder, owned, utc_ms())
    (folder / "controller.yaml").write_text(f"data_dir: {folder}\nbroker: {{host: 127.0.0.1}}\n")
    return len(owned)


def _fill(controller: Controller, district: Path) -> None:
    command = campanile("simulate", "history", "--dir", str(district), "--days", str(DAYS))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        import_history(controller, cast("BinaryIO", writer.stdout), Progress("samples", None, sys.stderr))
    if writer.returncode:
        raise SystemExit("the simulator could not write the history")


async def _measure(controller: Controller, schools: int, days: int, pages: Mapping[str, str], times: int) -> Report:
    controller.open_registry()
    controller.store.start()
    controller.alert_engine.restore()
    try:
        token = controller.identity.create_link(ScopeSpec(Role.OPERATOR, "reader"), controller.clock(), 3600)
        app = httpx.ASGITransport(app=build_app(controller))
        async with httpx.AsyncClient(transport=app, base_url=f"http://127.0.0.1:{HTTP_PORT}") as reader:
            await reader.get("/enter", params={"token": token})
            took = {name: await _took(reader, address, times) for name, address in pages.items()}
        return Report(
            schools, days, controller.registry.device_count(), controller.store.figures().samples_stored, took
        )
    finally:
        controller.store.close()
        controller.close_registry()


async def _took(reader: httpx.AsyncClient, address: str, times: int) -> dict[str, float]:
    took_ms = []
    for _ in range(1 + times):
        began = time.perf_counter()
        answer = await reader.get(address)
        took_ms.append((time.perf_counter() - began) * 1000)
        if answer.status_code != httpx.codes.OK:
            raise SystemExit(f"{address} answered {answer.status_code}")
    first_ms, *rest = took_ms
    return {"median_ms": round(statistics.median(rest), 2), "first_ms": round(first_ms, 2)}


if __name__ == "__main__":
    main()
