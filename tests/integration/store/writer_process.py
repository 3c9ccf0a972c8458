"""A process that appends until it is killed: ``python -m tests.integration.store.writer_process DIRECTORY FIRST``.

Frame n brings `ROWS` rows, spread over days so that every way of storing is met: hot tables, bulk parts, closing, late rows.
It says ``n`` on its standard output once frame n is durable.
"""

import sys
from pathlib import Path

import numpy as np

from campus.ids import AgentId, SiteId
from controller.store.port import Batch, FrameMark
from tests.unit.store.stores import DAY, HOUR, MIDNIGHT, embedded, names

ROWS = 50
SERIES = 10
MAINTAIN_EVERY = 7


def frame(number: int) -> Batch:
    """Rows of value `number`; every fifth frame is large enough for the bulk way, every third one is late."""
    late = 2 * DAY if number % 3 == 0 else 0
    at = MIDNIGHT + number * HOUR - late + np.arange(ROWS) * 60_000
    rows = ROWS if number % 5 == 0 else ROWS // 2
    series = np.arange(rows, dtype=np.int32) % SERIES
    mark = FrameMark(SiteId("no-1"), AgentId("no-1"), 1, number)
    return Batch([mark], series, at[:rows].astype(np.int64), np.full(rows, float(number)))


def main(directory: Path, first: int) -> None:
    """Append frames from `first` on, for ever."""
    store = embedded(directory)
    store.series_ids(names(SERIES))
    number = first
    while True:
        store.append(frame(number))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        if number % MAINTAIN_EVERY == 0:
            store.maintain(MIDNIGHT + number * HOUR)
        number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
