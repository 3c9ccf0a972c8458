"""Every query of every dashboard, put to a real InfluxDB and to the controller's own `/query`: rows, equality, time.

    python -m benchmarks.dashboards [--quick] [--json] [--store influxdb|embedded] [--schools N] [--keep FILE]

A district of the simulator with a week of history is imported twice, by a controller with InfluxDB 1.6.7 as its store and
by one with its own. The variables of each dashboard are chosen as Grafana would, and then each query of each panel,
variable and annotation is asked over HTTP, for the range its dashboard opens with and for a week:

    queries_with_rows    of those asked for the opening range, how many say something
    mismatches           answers of the controller over its own store that differ from InfluxDB's in anything
    p95_ms               of the times the store that is asked for took, at the opening range

Without --quick times are taken in a district of 800 schools with a day of history, and `--keep` writes the median of each
panel's queries to a file that docs/48-dashboards.md is made of. The last line is one JSON object.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.dashboards_asking import Endpoint
from benchmarks.dashboards_district import ASKED_UNTIL, district
from benchmarks.dashboards_questions import Question, panel_count, questions
from benchmarks.dashboards_sides import Compared, Side, compare, over_influxdb, over_own_store
from benchmarks.servers import INFLUXDB_MANY_SERIES, Server, influxdb
from dashboards.boards import BOARDS

INFLUXDB, EMBEDDED = "influxdb", "embedded"
SCHOOLS: Final = 20
DAYS: Final = 7
LARGE_SCHOOLS: Final = 800
LARGE_DAYS: Final = 1
TIMES: Final = 5
_TOLD: Final = 40
"""Of differences and silences: more are no use to anybody."""

Say = Callable[[str], None]


def main() -> None:
    """Fill, ask, compare, time, print."""
    options = _options()
    say: Say = (lambda text: None) if options.json else (lambda text: print(text, flush=True))
    with _server() as server, tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        small = district(Path(folder), options.schools, DAYS)
        with over_own_store(small) as ours, over_influxdb(ours.held, small, _url(server), {}) as theirs:
            compared = compare(theirs, ours)
            _tell(compared, say)
            took = _times(ours if options.store == EMBEDDED else theirs)
            report = _report(options.store, compared)
    if not options.quick:
        took = _large(options.store, say)
    times = sorted(median for median in took.values())
    report["p95_ms"] = round(times[int(0.95 * (len(times) - 1))], 2)
    if options.keep:
        Path(options.keep).write_text(_kept(took, options), encoding="utf-8")
    for question, median in took.items():
        say(f"{question.name:80} {median:8.1f} ms")
    print(json.dumps(report))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dashboards", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="no district of 800 schools")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--store", choices=(INFLUXDB, EMBEDDED), default=INFLUXDB, help="whose answers are timed")
    parser.add_argument("--schools", type=int, default=SCHOOLS, help="of the district in which answers are compared")
    parser.add_argument("--keep", help="file for the median of each query")
    return parser.parse_args()


@contextmanager
def _server() -> Iterator[Server]:
    with (
        tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder,
        influxdb(Path(folder), INFLUXDB_MANY_SERIES) as server,
    ):
        if server is None:
            sys.exit("InfluxDB is not installed (Debian package influxdb): there is nothing to compare with")
        yield server


def _large(store: str, say: Say) -> dict[Question, float]:
    """Times in a district of 800 schools."""
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        large = district(Path(folder), LARGE_SCHOOLS, LARGE_DAYS)
        say(f"{LARGE_SCHOOLS} schools: {len(large.history):,} bytes of frames")
        with over_own_store(large) as ours:
            if store == EMBEDDED:
                return _times(ours)
            with _server() as server, over_influxdb(ours.held, large, _url(server), {}) as theirs:
                return _times(theirs)


def _url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def _times(side: Side) -> dict[Question, float]:
    """Median milliseconds of each query over the range its dashboard opens with, after one that is not counted."""
    asked = [question for board in BOARDS for question in questions(board, side.endpoint, ASKED_UNTIL)]
    return {question: _median_ms(side.endpoint, question) for question in asked}


def _median_ms(endpoint: Endpoint, question: Question) -> float:
    endpoint.ask(question.text)
    return statistics.median(endpoint.ask(question.text).took_ms for _ in range(TIMES))


def _report(store: str, compared: Compared) -> dict[str, Any]:
    return {
        "panels": sum(map(panel_count, BOARDS)),
        "queries": len(compared.opening),
        "queries_with_rows": len(compared.opening) - len(compared.silent),
        "mismatches": len(compared.mismatches),
        "store": store,
    }


def _tell(compared: Compared, say: Say) -> None:
    for question in compared.silent[:_TOLD]:
        say(f"no rows: {question.name}: {question.text}")
    for question, found in list(compared.mismatches.items())[:_TOLD]:
        say(f"differs: {question.name}: {found}\n         {question.text}")


def _kept(took: dict[Question, float], options: argparse.Namespace) -> str:
    """As docs/48-dashboards.md wants it: when, where, by which command, and the median of each query of each panel."""
    command = f"python -m benchmarks.dashboards --store {options.store}" + (" --quick" if options.quick else "")
    entries = [
        {"board": q.board, "kind": q.kind, "title": q.title, "ref_id": q.ref_id, "median_ms": round(median, 1)}
        for q, median in took.items()
    ]
    measured = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "command": command,
        "schools": options.schools if options.quick else LARGE_SCHOOLS,
        "queries": entries,
    }
    return json.dumps(measured, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
