"""The table of sizes on the page for installers is the computed one, and computed from what was measured."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sizing import EMBEDDED, INFLUXDB, disk_bytes, need, table

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_page_has_the_computed_table() -> None:
    assert table() in (DOCS / "31-install.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "figure",
    [
        "| controller | 0.10 of a core",
        "608 MiB",
        "1.2 million series and 16,700 samples a second",
        "samples of about 5,500 series",
        "| controller | 250 MB",
        f"| {EMBEDDED.raw}, {EMBEDDED.five_minutes}, {EMBEDDED.everything} |",
        f"| {INFLUXDB.raw}, {INFLUXDB.five_minutes}, {INFLUXDB.everything} |",
    ],
)
def test_every_figure_it_is_computed_from_stands_on_the_page_of_measurements(figure: str) -> None:
    assert figure in (DOCS / "performance.md").read_text(encoding="utf-8")


def test_what_was_measured_comes_out_again() -> None:
    assert need(800, 100_000).controller_memory_mb == round(608 * 1.048576)
    assert need(800, 100_000).controller_cores == 0.1


def test_a_day_at_one_sample_a_minute_takes_what_was_measured() -> None:
    """Of one series; all levels are kept for the whole year but raw, of which 35 days are."""
    year = disk_bytes(EMBEDDED, 1 / 60, 1)
    assert year == pytest.approx(1440 * (35 * 0.9 + 365 * (2.1 - 0.9)))


@given(st.integers(1, 10_000), st.integers(1, 200_000))
def test_more_devices_never_need_less(schools: int, devices: int) -> None:
    small, large = need(schools, devices), need(schools, devices * 2)
    assert (small.controller_memory_mb, small.embedded_gb, small.memory_gb, small.cores) <= (
        large.controller_memory_mb,
        large.embedded_gb,
        large.memory_gb,
        large.cores,
    )
    assert small.memory_gb * 1000 > small.controller_memory_mb * 2
