"""Fifty thousand changes of alerts within a minute are written whole; a storm over several schools is a handful of messages."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.alert_storm import DOWN, FULL, STORM_S, UP, Size, Storm, measure

pytestmark = pytest.mark.slow
NOWHERE = "http://127.0.0.1:9"
SMALL = Size(schools=6, switches=4, ports=20)


def test_fifty_thousand_changes_in_a_minute_are_written_and_none_is_lost(tmp_path: Path) -> None:
    storm = Storm(tmp_path, FULL, NOWHERE)
    rng = np.random.default_rng(1)
    ports = rng.permutation(storm.ids)
    back = ports[: len(ports) // 4]
    storm.commit(storm.ids, UP)
    for second in range(STORM_S):
        storm.clock.now = storm.at(second + 1)
        storm.commit(np.array_split(ports, STORM_S // 2)[second] if second < STORM_S // 2 else ports[:0], DOWN)
        storm.commit(
            np.array_split(back, STORM_S // 2)[second - STORM_S // 2] if second >= STORM_S // 2 else ports[:0], UP
        )
        storm.engine.tick(storm.clock.now)
    figures = storm.engine.figures()
    assert len(ports) + len(back) == 50_000
    assert figures.written == {"raised": len(ports), "cleared": len(back)}
    assert (figures.waiting, figures.dropped, figures.open) == (0, 0, len(ports) - len(back))
    storm.engine.restore()
    assert storm.engine.figures().open == len(ports) - len(back)
    storm.database.dispose()


def test_a_storm_over_several_schools_is_a_handful_of_messages() -> None:
    figures = measure(SMALL, 1_500)
    assert (figures["lost"], figures["written"]) == (0, figures["changes"])
    assert 1 <= figures["messages_operator"] <= 4
    assert 1 <= figures["messages_technician"] <= 6
