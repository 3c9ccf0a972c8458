"""A fault over time: every bar lies within the picture, the cause comes first."""

from hypothesis import given
from hypothesis import strategies as st

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Alert, AlertState
from controller.console.stories import Story
from controller.console.timeline import MOST_BARS, timeline

NOW = 1_790_000_000_000
spans = st.tuples(st.integers(0, 10**9), st.integers(0, 10**8))


def story(number: int, ago_ms: int, lasted_ms: int) -> Story:
    opened_at = NOW - ago_ms
    cleared_at = opened_at + lasted_ms if lasted_ms else 0
    state = AlertState.CLEARED if cleared_at else AlertState.OPEN
    alert = Alert(
        number, "r", SiteId("s"), DeviceId("d"), "", "", Severity.MAJOR, state, opened_at, 0.0, cleared_at=cleared_at
    )
    return Story(
        alert, None, "title", "site", device_name="device", place_name="", kind=DeviceKind.SWITCH, part="", value=""
    )


@given(spans, st.lists(spans, max_size=MOST_BARS + 5))
def test_every_bar_lies_within_the_picture(cause: tuple[int, int], others: list[tuple[int, int]]) -> None:
    line = timeline(story(1, *cause), [story(n, *span) for n, span in enumerate(others, 2)], NOW)
    assert [bar.is_cause for bar in line.bars] == [True, *[False] * min(len(others), MOST_BARS)]
    assert line.omitted == len(others) + 1 - len(line.bars)
    for bar in line.bars:
        assert 0 < bar.left < 100
        assert bar.width > 0
        assert bar.left + bar.width < 102
    begins = [bar.left for bar in line.bars[1:]]
    assert begins == sorted(begins)


def test_bars_are_as_long_as_the_alerts_lasted() -> None:
    line = timeline(story(1, 1_000_000, 0), [story(2, 500_000, 250_000)], NOW)
    cause, follower = line.bars
    assert cause.is_open
    assert not follower.is_open
    assert abs(cause.width / follower.width - 4) < 0.01
