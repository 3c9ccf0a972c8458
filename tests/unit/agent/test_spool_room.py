"""What gives way when the spool is full, in which order, and what never does."""

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.spool import schema
from agent.spool.file import SpoolFile
from agent.spool.model import Moment
from agent.spool.thin import samples_of
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey
from campus.wire.codec import decode_frame
from campus.wire.frame import SamplesBody
from campus.wire.pack import pack_samples
from tests.unit.agent.bodies import HERE, NOW, event, facts

EVERY_MS = 60_000
SERIES = 20
RAW_HOUR = 3_600_000 // EVERY_MS


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[SpoolFile]:
    spool = SpoolFile(tmp_path / "spool.db", HERE, 130_000, 30 * 86_400, 86_400)
    spool.open(NOW)
    yield spool
    spool.close()


def measured(at: int) -> list[Sample]:
    """One sample of each of `SERIES` series, hard to compress."""
    chance = random.Random(at)
    return [
        Sample(SeriesKey(DeviceId("sw-1"), MetricId("if_in_bps"), Instance(f"p{n}")), at, chance.random())
        for n in range(SERIES)
    ]


def gather(spool: SpoolFile, first: int, count: int, anchor_ms: int | None = None) -> None:
    """`count` frames, one each minute from the `first`-th on."""
    for n in range(first, first + count):
        at = NOW + n * EVERY_MS
        spool.append([pack_samples(measured(at))], Moment(at, anchor_ms))


def held(spool: SpoolFile) -> list[Sample]:
    """All samples that wait, by frame."""
    bodies = [decode_frame(frame.payload).body for frame in spool.read_from(0, 10_000)]
    return [sample for body in bodies if isinstance(body, SamplesBody) for sample in samples_of(body)]


def test_the_oldest_are_thinned_and_nothing_is_dropped_while_thinning_makes_room(spool: SpoolFile) -> None:
    spool.append([facts(), event()], Moment(NOW))
    gather(spool, 0, 240)
    state = spool.state()
    assert state.size_bytes <= 130_000
    assert state.dropped_points == 0
    assert state.thinned_points > 0
    assert state.oldest_kept == 1
    assert state.oldest_at == NOW
    samples = held(spool)
    assert len(samples) == len(set(samples)) == 240 * SERIES - state.thinned_points
    said = {sample for n in range(240) for sample in measured(NOW + n * EVERY_MS)}
    assert set(samples) <= said
    newest = [each for each in samples if each.measured_at > NOW + 239 * EVERY_MS - 3_600_000]
    assert len(newest) == RAW_HOUR * SERIES
    oldest = [each for each in samples if each.measured_at < NOW + 1_200_000 and each.key.instance == "p0"]
    assert max(Counter(each.measured_at // 300_000 for each in oldest).values()) == 2


def test_a_thinned_frame_has_a_new_number_and_the_present_epoch(spool: SpoolFile) -> None:
    gather(spool, 0, 120)
    earlier = spool.epoch
    spool.close()
    spool.open(NOW + 120 * EVERY_MS)
    gather(spool, 120, 120)
    new = [frame for frame in spool.read_from(121, 10_000) if frame.epoch != earlier]
    frames = [decode_frame(frame.payload) for frame in new]
    assert all((a.epoch, a.number) == (b.epoch, b.number) for a, b in zip(frames, new, strict=True))
    assert any(
        f.sent_at - next(samples_of(f.body)).measured_at > 3_600_000 for f in frames if isinstance(f.body, SamplesBody)
    )


def test_what_may_have_been_sent_is_dropped_and_never_thinned(spool: SpoolFile) -> None:
    spool.begin_sending()
    gather(spool, 0, 240)
    state = spool.state()
    assert state.thinned_points == 0
    assert state.dropped_points > 0
    assert state.dropped_points + len(held(spool)) == 240 * SERIES


def test_what_was_handed_out_of_the_backlog_is_not_thinned_after_a_restart(spool: SpoolFile) -> None:
    gather(spool, 0, 80)
    handed = spool.read_backlog(1_000, frozenset(), 1)
    assert [frame.number for frame in handed] == [1]
    spool.close()
    spool.open(NOW)
    gather(spool, 80, 160)
    assert spool.state().thinned_points > 0
    kept = {frame.number: frame for frame in spool.read_from(0, 10_000)}
    assert handed[0] == kept[1]
    assert set(range(1, 65)) <= kept.keys()  # the chunk that one commit marked
    assert 65 not in kept


@pytest.mark.parametrize("how", ["a copy in its place", "an older one written over it", "a clone of its folder"])
def test_what_waits_in_a_copy_may_have_been_sent_by_another_life_and_is_not_thinned(
    spool: SpoolFile, tmp_path: Path, how: str
) -> None:
    gather(spool, 0, 60)
    spool.close()
    place, backup = spool.path, tmp_path / "backup.db"
    shutil.copy(place, backup)
    if how == "a copy in its place":
        backup.replace(place)
    elif how == "an older one written over it":
        spool.open(NOW)
        spool.close()
        shutil.copyfile(backup, place)
    else:
        place = shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}-clone")) / place.name
    copy = SpoolFile(place, HERE, 130_000, 30 * 86_400, 86_400)
    copy.open(NOW)
    gather(copy, 60, 180)
    assert copy.state().thinned_points > 0
    assert set(range(1, 61)) <= {frame.number for frame in copy.read_from(0, 10_000)}
    copy.close()


def test_what_was_read_as_live_is_not_thinned_whoever_forgot_to_begin(spool: SpoolFile) -> None:
    gather(spool, 0, 1)
    (handed,) = spool.read_from(1, 1)
    gather(spool, 1, 239)
    assert spool.state().thinned_points > 0
    assert spool.read_from(1, 1) == [handed]


def test_acknowledged_frames_go_first(spool: SpoolFile) -> None:
    gather(spool, 0, 60)
    assert spool.acknowledge(spool.epoch, [(1, 60)], NOW) == 60
    gather(spool, 60, 150)
    state = spool.state()
    assert state.acknowledged_frames < 60
    assert state.size_bytes + state.acknowledged_bytes <= 130_000
    assert (state.thinned_points, state.dropped_points) == (0, 0)


def test_at_last_thinned_frames_go_and_then_the_raw_ones(spool: SpoolFile) -> None:
    gather(spool, 0, 1_500)
    state = spool.state()
    samples = held(spool)
    assert state.dropped_frames > 0
    assert state.size_bytes <= 130_000
    assert state.dropped_points + state.thinned_points + len(samples) == 1_500 * SERIES
    newest = [each for each in samples if each.measured_at > NOW + 1_499 * EVERY_MS - 3_600_000]
    assert len(newest) == RAW_HOUR * SERIES


def test_a_lower_bound_is_reached_step_by_step(spool: SpoolFile, tmp_path: Path) -> None:
    gather(spool, 0, 100)
    spool.close()
    small = SpoolFile(tmp_path / "spool.db", HERE, 20_000, 30 * 86_400)
    small.open(NOW)
    gather(small, 100, 20)
    assert small.state().size_bytes <= 20_000
    small.close()


def test_frames_of_clocks_that_differ_are_not_thinned_together(spool: SpoolFile) -> None:
    gather(spool, 0, 33, anchor_ms=1_000)
    gather(spool, 33, 207, anchor_ms=900_000)
    anchors = {frame.anchor_ms for frame in spool.read_from(34, 10_000)}
    assert anchors == {1_000, 900_000}


def test_age_is_judged_by_a_confirmed_clock_only(spool: SpoolFile) -> None:
    gather(spool, 0, 3)
    year_ms = 365 * 86_400_000
    spool.append([event()], Moment(NOW + year_ms))
    assert spool.state().frames == 4
    spool.append([event()], Moment(NOW + year_ms, is_confirmed=True))
    assert spool.state().dropped_frames == 3
    assert spool.state().frames == 2


def test_a_correction_of_the_clock_makes_nothing_old(spool: SpoolFile, monkeypatch: pytest.MonkeyPatch) -> None:
    year_ms = 365 * 86_400_000
    gather(spool, 0, 3, anchor_ms=0)
    spool.append([event()], Moment(NOW + year_ms, year_ms, is_confirmed=True))  # the box learnt that a year has passed
    assert spool.state().dropped_frames == 0
    spool.close()
    monkeypatch.setattr(schema, "boot_id", lambda: "another boot")
    spool.open(NOW)
    spool.append([event()], Moment(NOW + year_ms + 60_000, year_ms, is_confirmed=True))
    assert spool.state().dropped_frames == 3
