"""Every query of every dashboard, put to a real InfluxDB and to the controller's own `/query`: rows, equality, time.

    python -m benchmarks.dashboards [--quick] [--json] [--store influxdb|embedded|both] [--schools N]
                                    [--large-schools N] [--keep FILE]

A district of the simulator with a week of history is imported twice, by a controller with InfluxDB 1.6.7 as its store and
by one with its own. The variables of each dashboard are chosen as Grafana would, and then each query of each panel,
variable and annotation is asked over HTTP, for the range its dashboard opens with and for a week:

    queries_with_rows    of those asked for the opening range, how many say something
    mismatches           answers of the controller over its own store that differ from InfluxDB's in anything
    p95_ms               of the times the store that is asked for took, at the opening range
    above_1_s            how many queries took longer than a second, or were refused

Without --quick times are taken in a district of 800 schools (`benchmarks.dashboards_large`): dense where dashboards look,
and elsewhere every series with one sample. `--keep` writes the median of each query to a file that docs/48-dashboards.md is
made of; with `--store both` it has those of either store. The last line is one JSON object.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.dashboards_district import ASKED_UNTIL, district
from benchmarks.dashboards_large import LargeDistrict, Models, Stopwatch, models
from benchmarks.dashboards_questions import panel_count
from benchmarks.dashboards_reads import reads
from benchmarks.dashboards_sides import Compared, compare, over_influxdb, over_own_store
from benchmarks.dashboards_timing import Setting, Timed, keep, percentile_95, times
from benchmarks.servers import INFLUXDB_MANY_SERIES, Server, influxdb
from dashboards.boards import BOARDS

INFLUXDB, EMBEDDED, BOTH = "influxdb", "embedded", "both"
SCHOOLS: Final = 20
DAYS: Final = 7
LARGE_SCHOOLS: Final = 800
_INFLUXDB: Final = INFLUXDB_MANY_SERIES.replace(
    'cache-snapshot-memory-size = "1g"', 'cache-snapshot-memory-size = "256m"'
)
"""Every shard has a cache, and roll-ups of a week fill several at once."""
_MEMORY: Final = ("GOMEMLIMIT", "10GiB")
"""From there on InfluxDB's own runtime looks for free memory instead of taking more."""
TOO_LONG_MS: Final = 1_000.0
_TOLD: Final = 40
"""Of differences and silences: more are no use to anybody."""

Say = Callable[[str], None]


def main() -> None:
    """Fill, ask, compare, time, print."""
    options = _options()
    say: Say = (lambda text: None) if options.json else (lambda text: print(text, flush=True))
    stores = (INFLUXDB, EMBEDDED) if options.store == BOTH else (options.store,)
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        compared, timed, made_like = _small(Path(folder), options, stores, Stopwatch(say))
    _tell(compared, say)
    filled: Sequence[str] = ()
    if made_like is not None:
        with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
            timed, filled = _large(Path(folder), options.large_schools, made_like, stores, say)
    else:
        for store, some in timed.items():
            _tell_times(store, some, say)
    if options.keep:
        schools = options.schools if options.quick else options.large_schools
        keep(Path(options.keep), Setting(_command(options), schools, filled), timed)
    print(json.dumps(_report(options.store, compared, timed)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.dashboards", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="no district of the large tier")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--store", choices=(INFLUXDB, EMBEDDED, BOTH), default=INFLUXDB, help="whose answers are timed")
    parser.add_argument("--schools", type=int, default=SCHOOLS, help="of the district in which answers are compared")
    parser.add_argument(
        "--large-schools", type=int, default=LARGE_SCHOOLS, help="of the district in which times are taken"
    )
    parser.add_argument("--keep", help="file for the median of each query")
    return parser.parse_args()


def _command(options: argparse.Namespace) -> str:
    changed = [" --quick"] if options.quick else []
    if options.large_schools != LARGE_SCHOOLS and not options.quick:
        changed.append(f" --large-schools {options.large_schools}")
    return f"python -m benchmarks.dashboards --store {options.store}{''.join(changed)}"


@contextmanager
def _server() -> Iterator[Server]:
    os.environ.setdefault(*_MEMORY)
    with (
        tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder,
        influxdb(Path(folder), _INFLUXDB) as server,
    ):
        if server is None:
            sys.exit("InfluxDB is not installed (Debian package influxdb): there is nothing to compare with")
        yield server


def _small(
    folder: Path, options: argparse.Namespace, stores: Sequence[str], done: Stopwatch
) -> tuple[Compared, Mapping[str, Sequence[Timed]], Models | None]:
    """Answers compared; times of the stores with --quick, else what the large district is modelled on."""
    small = district(folder, options.schools, DAYS)
    done(f"{options.schools} schools: {len(small.history):,} bytes of frames are made")
    with _server() as server, over_own_store(small) as ours:
        done("a controller with its own store has taken them in")
        with over_influxdb(ours.held, small, _url(server), {}) as theirs:
            done("and one over InfluxDB")
            compared = compare(theirs, ours)
            done("all answers are compared")
            if not options.quick:
                return compared, {}, models(ours, small.sites, reads(compared.opening))
            sides = {INFLUXDB: theirs, EMBEDDED: ours}
            return compared, {store: times(sides[store].endpoint, ASKED_UNTIL) for store in stores}, None


def _large(
    folder: Path, schools: int, made_like: Models, stores: Sequence[str], say: Say
) -> tuple[Mapping[str, Sequence[Timed]], Sequence[str]]:
    """Times in a district of the large tier, told as they are there, and what that district has."""
    done = Stopwatch(say)
    large = LargeDistrict(folder, schools, made_like, done)
    timed: dict[str, Sequence[Timed]] = {}
    with large.over_own_store() as ours:
        if EMBEDDED in stores:
            timed[EMBEDDED] = times(ours.endpoint, ASKED_UNTIL)
            _tell_times(EMBEDDED, timed[EMBEDDED], say)
            done("all queries are asked of the controller's own store")
    if INFLUXDB in stores:
        with (
            _server() as server,
            large.over_influxdb(ours.held, _url(server), psutil.Process(server.pid)) as theirs,
        ):
            timed[INFLUXDB] = times(theirs.endpoint, ASKED_UNTIL)
            _tell_times(INFLUXDB, timed[INFLUXDB], say)
            done("all queries are asked of InfluxDB")
    return {store: timed[store] for store in stores}, large.description()


def _url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def _report(store: str, compared: Compared, timed: Mapping[str, Sequence[Timed]]) -> dict[str, Any]:
    p95_ms = {name: percentile_95(some) for name, some in timed.items()}
    above = {
        name: sum(each.median_ms > TOO_LONG_MS or bool(each.error) for each in some) for name, some in timed.items()
    }
    return {
        "panels": sum(map(panel_count, BOARDS)),
        "queries": len(compared.opening),
        "queries_with_rows": len(compared.opening) - len(compared.silent),
        "mismatches": len(compared.mismatches),
        "p95_ms": p95_ms if store == BOTH else p95_ms[store],
        "above_1_s": above if store == BOTH else above[store],
        "store": store,
    }


def _tell(compared: Compared, say: Say) -> None:
    for question in compared.silent[:_TOLD]:
        say(f"no rows: {question.name}: {question.text}")
    for question, found in list(compared.mismatches.items())[:_TOLD]:
        say(f"differs: {question.name}: {found}\n         {question.text}")


def _tell_times(store: str, timed: Sequence[Timed], say: Say) -> None:
    """The slowest first."""
    say(f"{store}:")
    for each in sorted(timed, key=lambda one: -one.median_ms):
        remark = f"  {each.error}" if each.error else "" if each.has_rows else "  no rows"
        say(f"{each.median_ms:8.1f} ms  {each.question.kind:10} {each.question.name}{remark}")


if __name__ == "__main__":
    main()
