"""Evidence read some boards at a time is what it is when all are read at once."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from campus.ids import DeviceId
from controller.localtime import DAY_MS
from controller.store.days import DayCutter
from controller.utilisation.readings import EvidenceReader
from tests.support.district import MONDAY, NO_1, NO_2, TIMEZONE
from tests.support.samples import Feed, series

STEP = 300_000
BOARDS = [(site, DeviceId(f"board-{number}")) for site in (NO_1, NO_2) for number in range(3)]
SPAN = MONDAY, MONDAY + 3 * DAY_MS


def say_something(feed: Feed) -> None:
    """Each board of another kind of day; the last was never heard of."""
    rng = np.random.default_rng(5)
    for site, board in BOARDS[:-1]:
        for metric, highest in (("touch_per_min", 9), ("power_state", 3), ("input_state", 2)):
            at = np.flatnonzero(rng.random(3 * 288) < 0.5) * STEP + MONDAY
            feed.say_all(series(site, board, metric), at.tolist(), rng.integers(0, highest + 1, len(at)).tolist())


@pytest.mark.parametrize("together", [1, 2, 4])
@pytest.mark.parametrize("is_settled", [False, True])
def test_some_boards_after_the_other(feed: Feed, together: int, is_settled: bool) -> None:
    say_something(feed)
    if is_settled:
        feed.store.maintain(SPAN[1] + DAY_MS)
    cutter = DayCutter(ZoneInfo(TIMEZONE))
    at_once = list(EvidenceReader(feed.store, cutter, lambda: None).read(BOARDS, *SPAN))
    assert [(piece.day - MONDAY) // DAY_MS for piece in at_once] == [0, 1, 2]
    assert at_once[0].evidence.is_used.any()
    reader = EvidenceReader(feed.store, cutter, lambda: None, together)
    for _ in range(2):  # the second time settled days are remembered
        found = list(reader.read(BOARDS, *SPAN))
        assert len(found) == 3 * -(-len(BOARDS) // together)
        for piece in found:
            (whole,) = (each.evidence for each in at_once if each.day == piece.day)
            np.testing.assert_array_equal(piece.evidence.is_known, whole.is_known[piece.boards])
            np.testing.assert_array_equal(piece.evidence.is_on, whole.is_on[piece.boards])
            np.testing.assert_array_equal(piece.evidence.is_used, whole.is_used[piece.boards])
