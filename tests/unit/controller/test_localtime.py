"""What a wall clock shows, against Python's own arithmetic."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from controller.localtime import DAY_MS, HOUR_MS, local_ms

AUTUMN = 1_792_886_400_000
"""2026-10-25 00:00 UTC: an hour later clocks go back in Berlin."""
ZONES = ["Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"]


def shown(at: int, zone: ZoneInfo) -> int:
    """One instant, by datetime."""
    wall = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).replace(tzinfo=UTC)
    return round(wall.timestamp() * 1000)


@given(
    zone=st.sampled_from(ZONES),
    at=st.lists(st.integers(AUTUMN - 400 * DAY_MS, AUTUMN + 400 * DAY_MS), min_size=1, max_size=50),
)
def test_any_instants_in_any_order(zone: str, at: list[int]) -> None:
    assert local_ms(np.array(at), ZoneInfo(zone)).tolist() == [shown(each, ZoneInfo(zone)) for each in at]


def test_an_hour_is_shown_twice_where_clocks_go_back() -> None:
    before, after = local_ms(np.array([AUTUMN, AUTUMN + HOUR_MS]), ZoneInfo("Europe/Berlin")).tolist()
    assert before == after


def test_of_nothing_nothing() -> None:
    assert not len(local_ms(np.empty(0, np.int64), ZoneInfo("UTC")))
