"""Where the embedded store changes its way of working. One place, so that tests can reach every way with few rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """The defaults hold for 200 to 20,000 samples a second."""

    bulk_rows: int = 400_000
    """A batch of this size is history: it goes straight into sorted parts and never through a hot table."""
    hot_rows: int = 500_000
    """A hot table of this size is full; upkeep turns it into parts."""
    hot_age_ms: int = 3_600_000
    """So is one this old."""
    chunk_rows: int = 500_000
    """Upkeep holds about this many rows in memory at a time, 40 bytes each."""
    small_part_rows: int = 50_000
    """Parts below this are merged when their day is closed."""
    most_segments: int = 48
    """A running day with more segments than this has them merged into a layer of parts of disjoint series meanwhile: who
    reads a series opens one part of each layer."""
    most_layers: int = 16
    """More layers than this are merged into one. At 20,000 samples a second there is a segment each 25 s and a layer each
    20 minutes, so a sample is written about four times on its day."""
    most_loose_runs: int = 5_000
    """Rows of frame marks before neighbours are merged."""
    most_values_each: int = 4
    """So many rows of latest values for each series, before one of each is left."""
    grace_ms: int = 600_000
    """How long a day that ended waits for what is still under way."""


NORMAL = Sizes()
