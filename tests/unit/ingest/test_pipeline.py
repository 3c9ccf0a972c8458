"""Frames through decode, accept and commit, among fakes."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from campus.errors import Poison, Transient
from campus.ids import DeviceId
from campus.samples import Document, Event
from campus.wire.codec import decode_frame
from campus.wire.frame import (
    HELLO_NUMBER,
    Body,
    CommandBody,
    DocumentBody,
    EventsBody,
    HelloBody,
    ResultBody,
    SamplesBody,
)
from campus.wire.frame_file import read_frames
from campus.wire.pack import little_endian, pack_samples
from controller.ingest.acknowledgement import acknowledgements
from controller.ingest.counters import IngestCounters
from controller.ingest.dead_letters import DeadLetters
from controller.ingest.deferral import PATIENCE_MS
from controller.ingest.flow import Flow
from controller.steady import FILE, SteadyTime
from controller.store.port import Level
from tests.unit.ingest.frames import NO_1, NO_2, NOW, Bench, arrived, facts, frame, sample


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def give_up(bench: Bench, device: str) -> None:
    """Let a stranger be named until it is no longer waited for; the clock is then as it was."""
    bench.now -= PATIENCE_MS
    for _ in range(4):
        bench.pipeline.take(arrived(frame(999, [sample(device, at=bench.now)], sent_at=bench.now)))
        assert bench.pipeline.commit().marks == []
        bench.now += PATIENCE_MS // 4


def stored(bench: Bench) -> list[float]:
    ids = np.array(sorted(bench.store.find_series()), np.int32)
    return sorted(bench.store.window(ids, 0, 1 << 42, Level.RAW).mean.tolist())


def test_what_a_wrong_clock_takes_for_old_is_stored_while_it_is_in_doubt(tmp_path: Path) -> None:
    bench = Bench(tmp_path, believed=SteadyTime(tmp_path / FILE).believed)
    bench.pipeline.take(arrived(frame(1, [sample(value=1.0)])))
    bench.pipeline.commit()
    bench.now = NOW + 3_650 * 86_400_000
    bench.pipeline.take(arrived(frame(2, [sample(value=2.0, at=NOW + 1_000)])))
    bench.pipeline.commit()
    assert stored(bench) == [1.0, 2.0]
    assert not bench.counters.samples_set_aside


def test_samples_are_stored_and_told(bench: Bench) -> None:
    bench.pipeline.take(arrived(frame(1, [sample(value=20.0), sample(metric="reachable", value=1.0)])))
    bench.pipeline.take(arrived(frame(1, [sample(value=30.0)], NO_2), NO_2))
    settled = bench.pipeline.commit()
    assert stored(bench) == [1.0, 20.0, 30.0]
    assert [(mark.site, mark.number) for mark in settled.marks] == [("no-1", 1), ("no-2", 1)]
    assert settled.committed is not None
    assert len(settled.committed.series) == 3
    assert settled.committed.received_at == NOW
    assert (bench.counters.frames_committed, bench.counters.samples_committed, bench.counters.commits) == (2, 3, 1)


def test_a_bad_sample_does_not_lose_its_neighbours(bench: Bench) -> None:
    bad = [
        sample(value=101.0),
        sample("stranger"),
        sample(metric="phlogiston"),
        sample(metric="reachable", value=0.5),
        sample(at=NOW + 301_000),
        sample(at=NOW - 36 * 86_400_000),
    ]
    payload = frame(1, [*bad, sample(value=50.0)])
    give_up(bench, "stranger")
    bench.pipeline.take(arrived(payload))
    settled = bench.pipeline.commit()
    assert stored(bench) == [50.0]
    assert len(settled.marks) == 1
    wanted = ("clock_ahead", "out_of_range", "too_old", "unknown_device", "unknown_metric", "unknown_state")
    assert bench.counters.samples_set_aside == dict.fromkeys(wanted, 1)


def test_repeats_are_recognised_in_the_store_and_in_the_group(bench: Bench) -> None:
    payload = frame(1, [sample()])
    bench.pipeline.take(arrived(payload))
    bench.pipeline.take(arrived(payload))
    assert len(bench.pipeline.commit().marks) == 2
    bench.pipeline.take(arrived(payload))
    again = bench.pipeline.commit()
    assert [mark.number for mark in again.marks] == [1]  # the acknowledgement was lost: say it again
    assert again.committed is None
    assert stored(bench) == [20.0]
    assert bench.counters.frames_repeated == 2
    bench.pipeline.take(arrived(frame(1, [sample(value=9.0)], epoch=2)))
    bench.pipeline.commit()
    assert stored(bench) == [9.0, 20.0]


def test_facts_make_devices_known_at_once(bench: Bench) -> None:
    unknown = frame(1, [sample("ap-7")])
    bench.pipeline.take(arrived(unknown))
    bench.pipeline.take(arrived(frame(2, facts("ap-7"))))
    bench.pipeline.take(arrived(frame(3, [sample("ap-7", value=33.0)])))
    settled = bench.pipeline.commit()
    assert stored(bench) == [33.0]
    assert [mark.number for mark in settled.marks] == [2, 3]


def test_samples_that_overtook_their_facts_are_stored_when_they_come_again(bench: Bench) -> None:
    early = frame(2, [sample("ap-7", value=21.0)])
    bench.pipeline.take(arrived(early))
    settled = bench.pipeline.commit()
    assert settled.marks == []
    assert len(settled.arrived) == 1  # the broker may forget it, the agent will not
    bench.pipeline.take(arrived(frame(1, facts("ap-7"))))
    bench.pipeline.take(arrived(early))
    assert [mark.number for mark in bench.pipeline.commit().marks] == [1, 2]
    assert stored(bench) == [21.0]
    assert bench.counters.samples_set_aside == {}
    assert bench.counters.frames_deferred == 1


def test_samples_whose_facts_are_kept_away_for_long_are_stored_when_they_come(bench: Bench) -> None:
    payload = frame(2, [sample("ap-7", value=21.0)])
    for _ in range(20):
        bench.pipeline.take(arrived(payload))
        assert bench.pipeline.commit().marks == []
        bench.now += 60_000
    bench.pipeline.take(arrived(frame(1, facts("ap-7"))))
    bench.pipeline.take(arrived(payload))
    assert [mark.number for mark in bench.pipeline.commit().marks] == [1, 2]
    assert stored(bench) == [21.0]
    assert bench.counters.samples_set_aside == {}


def test_samples_whose_facts_never_come_are_set_aside_and_delay_their_neighbours_once(bench: Bench) -> None:
    payload = frame(1, [sample("ap-7"), sample(value=40.0)])
    give_up(bench, "ap-7")
    for number in (2, 3):
        bench.pipeline.take(arrived(frame(number, [sample("ap-7"), sample(value=40.0 + number, at=NOW - number)])))
    bench.pipeline.take(arrived(payload))
    assert [mark.number for mark in bench.pipeline.commit().marks] == [2, 3, 1]
    assert stored(bench) == [40.0, 42.0, 43.0]
    assert bench.counters.samples_set_aside == {"unknown_device": 3}
    bench.pipeline.take(arrived(frame(4, facts("ap-7"))))
    bench.pipeline.take(arrived(frame(5, [sample("ap-7", value=9.0)])))
    bench.pipeline.commit()
    assert stored(bench) == [9.0, 40.0, 42.0, 43.0]


def test_facts_that_the_registry_refuses_delay_nothing(bench: Bench) -> None:
    bench.registrar.refused = {DeviceId("ap-7")}
    bench.pipeline.take(arrived(frame(1, facts("ap-7"))))
    bench.pipeline.take(arrived(frame(2, [sample("ap-7"), sample(value=40.0)])))
    assert [mark.number for mark in bench.pipeline.commit().marks] == [1, 2]
    assert stored(bench) == [40.0]
    assert bench.counters.samples_set_aside == {"unknown_device": 1}


def test_a_device_registered_elsewhere_is_seen_when_its_frame_comes_again(bench: Bench) -> None:
    payload = frame(1, [sample("ap-7")])
    bench.pipeline.take(arrived(payload))
    bench.registrar.devices.add((NO_1.site, DeviceId("ap-7")))
    bench.now += 1_000
    bench.pipeline.take(arrived(payload))
    bench.pipeline.commit()
    assert bench.counters.samples_set_aside == {}
    assert len(stored(bench)) == 1


def test_what_cannot_be_read_is_a_dead_letter(bench: Bench) -> None:
    sound = decode_frame(frame(5, [sample()])).body
    assert isinstance(sound, SamplesBody)
    short = SamplesBody(sound.count, sound.dictionary, sound.series, sound.measured_at, sound.value[:-1])
    payloads = [b"rubbish", frame(1, short), frame(2, [sample()], NO_2), frame(3, CommandBody("1", "reboot"))]
    for payload in payloads:
        bench.pipeline.take(arrived(payload))
    bench.pipeline.take(arrived(frame(4, [sample()])))
    settled = bench.pipeline.commit()
    # Frames 1 and 3 have a sound header: their agent is told to forget them. The others cannot be named.
    assert [mark.number for mark in settled.marks] == [1, 3, 4]
    assert len(settled.arrived) == 5
    assert bench.counters.frames_dropped == {"not_a_frame": 1, "bad_columns": 1, "wrong_topic": 1, "wrong_kind": 1}
    assert bench.counters.dead_letters == 4
    with bench.dead_letters.path.open("rb") as file:
        assert list(read_frames(file)) == payloads
    assert stored(bench) == [20.0]


@pytest.mark.parametrize(
    ("column", "content", "reason"),
    [
        ("series", little_endian("i", [1]), "bad_index"),
        ("series", little_endian("i", [-1]), "bad_index"),
        ("measured_at", little_endian("q", [NOW // 1000]), "bad_time"),
        ("value", little_endian("d", [float("nan")]), "not_finite"),
        ("value", b"", "bad_columns"),
    ],
)
def test_columns_that_cannot_be_read_spoil_their_own_frame_only(
    bench: Bench, column: str, content: bytes, reason: str
) -> None:
    wrong = msgspec.structs.replace(pack_samples([sample(value=66.0)]), **{column: content})
    bodies: list[Body] = [pack_samples([sample(value=1.0), sample(metric="reachable", value=1.0)])]
    bodies += [wrong, pack_samples([sample(value=3.0)]), wrong]
    for number, body in enumerate(bodies, start=1):
        bench.pipeline.take(arrived(frame(number, body)))
    bench.store.failures = [Transient("busy")]
    with pytest.raises(Transient):
        bench.pipeline.commit()
    assert [mark.number for mark in bench.pipeline.commit().marks] == [1, 2, 3, 4]  # not to be sent for ever
    assert stored(bench) == [1.0, 1.0, 3.0]
    assert bench.counters.frames_dropped == {reason: 2}
    with bench.dead_letters.path.open("rb") as file:
        assert [decode_frame(payload).number for payload in read_frames(file)] == [2, 4]


def test_a_group_of_unreadable_columns_stores_nothing(bench: Bench) -> None:
    wrong = msgspec.structs.replace(pack_samples([sample()]), series=little_endian("i", [9]))
    bench.pipeline.take(arrived(frame(1, wrong)))
    settled = bench.pipeline.commit()
    assert [mark.number for mark in settled.marks] == [1]
    assert settled.committed is None
    assert stored(bench) == []


def test_pieces_of_a_group_are_stored_in_the_order_they_came(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.ingest.group.PIECE_ROWS", 3)
    sizes = (1, 1, 4, 2, 3)
    values = iter(range(sum(sizes)))
    for number, size in enumerate(sizes, start=1):
        devices = [("sw-1", "ap-1", "ap-2", "ap-3")[at % (1 + number % 4)] for at in range(size)]
        bench.registrar.devices |= {(NO_1.site, DeviceId(device)) for device in devices}
        samples = [sample(device, value=float(next(values)), at=NOW - 1000 + at) for at, device in enumerate(devices)]
        bench.pipeline.take(arrived(frame(number, samples)))
    settled = bench.pipeline.commit()
    assert settled.committed is not None
    assert settled.committed.value.tolist() == list(range(sum(sizes)))


def test_strangers_keep_their_frames(bench: Bench) -> None:
    bench.registrar.enrolled.remove(NO_2)
    bench.pipeline.take(arrived(frame(1, [sample()], NO_2), NO_2))
    settled = bench.pipeline.commit()
    assert settled.marks == []
    assert len(settled.arrived) == 1
    assert bench.counters.frames_dropped == {"unknown_agent": 1}
    bench.registrar.enrolled.add(NO_2)
    bench.pipeline.take(arrived(frame(1, [sample()], NO_2), NO_2))
    assert len(bench.pipeline.commit().marks) == 1


def test_hello_events_and_results_are_handed_on(bench: Bench) -> None:
    event = Event(device=DeviceId("sw-1"), occurred_at=NOW, kind="link_down")
    bench.pipeline.take(arrived(frame(1, HelloBody(version="0.1.0", oldest_kept=1, spool_bytes=77))))
    bench.pipeline.take(arrived(frame(2, EventsBody([event]))))
    bench.pipeline.take(arrived(frame(3, ResultBody("1", ok=True))))
    settled = bench.pipeline.commit()
    assert [mark.number for mark in settled.marks] == [1, 2, 3]
    assert settled.committed is None
    assert bench.registrar.notes[NO_1] == {"version": "0.1.0", "spool_bytes": 77}
    assert bench.events.events == [(NO_1, event)]


def test_a_document_reaches_who_keeps_its_kind_once_and_one_nobody_keeps_is_set_aside(bench: Bench) -> None:
    def document(kind: str, content: bytes) -> DocumentBody:
        return DocumentBody(Document(DeviceId("sw-1"), kind, NOW, content))

    for payload in (frame(1, document("stations", b"[]")), frame(2, document("astrology", b"?"))):
        bench.pipeline.take(arrived(payload))
    assert [mark.number for mark in bench.pipeline.commit().marks] == [1, 2]
    bench.pipeline.take(arrived(frame(1, document("stations", b"[]"))))
    bench.pipeline.commit()
    assert bench.documents.kept == [(NO_1, document("stations", b"[]").document)]
    assert bench.counters.documents_received == {"stations": 1}
    assert bench.counters.frames_dropped == {"unknown_document": 1}


def test_a_document_from_the_future_does_not_make_history_of_all_that_follow(bench: Bench) -> None:
    ahead = DocumentBody(Document(DeviceId("sw-1"), "stations", NOW + 10 * 365 * 86_400_000, b"[]"))
    bench.pipeline.take(arrived(frame(1, ahead)))
    assert [document.observed_at for _, document in bench.documents.kept] == [NOW]
    assert bench.counters.documents_ahead == 1


def test_a_document_that_cannot_be_kept_now_or_is_not_what_it_promises_does_not_disturb_others(bench: Bench) -> None:
    broken = DocumentBody(Document(DeviceId("sw-1"), "stations", NOW, b"no JSON"))
    bench.documents.trouble = Transient("the database is away")
    with pytest.raises(Transient):
        bench.pipeline.take(arrived(frame(1, broken)))
    bench.documents.trouble = Poison("bad_document", "not JSON")
    bench.pipeline.take(arrived(frame(1, broken)))
    bench.pipeline.take(arrived(frame(2, [sample()])))
    assert [mark.number for mark in bench.pipeline.commit().marks] == [1, 2]
    assert (bench.counters.frames_dropped, stored(bench)) == ({"bad_document": 1}, [20.0])


def test_every_hello_without_a_place_in_the_spool_is_heard_and_none_is_acknowledged(bench: Bench) -> None:
    for waiting_bytes in (77, 0):
        hello = HelloBody(version="0.1.0", oldest_kept=1, spool_bytes=waiting_bytes)
        bench.pipeline.take(arrived(frame(HELLO_NUMBER, hello)))
        settled = bench.pipeline.commit()
        assert (settled.marks, len(settled.arrived)) == ([], 1)
        assert bench.registrar.notes[NO_1]["spool_bytes"] == waiting_bytes
    assert bench.counters.frames_repeated == 0


def test_a_store_that_is_away_loses_nothing(bench: Bench) -> None:
    bench.pipeline.take(arrived(frame(1, [sample()])))
    bench.store.is_away = True
    for _ in range(2):
        with pytest.raises(Transient):
            bench.pipeline.commit()
    bench.store.is_away = False
    assert [mark.number for mark in bench.pipeline.commit().marks] == [1]
    assert stored(bench) == [20.0]
    assert bench.counters.frames_committed == 1


def test_a_registry_that_is_away_loses_no_facts(bench: Bench) -> None:
    bench.registrar.is_away = True
    facts_frame = arrived(frame(1, facts("ap-7")))
    with pytest.raises(Transient):
        bench.pipeline.take(facts_frame)
    bench.registrar.is_away = False
    bench.pipeline.take(facts_frame)
    assert [mark.number for mark in bench.pipeline.commit().marks] == [1]
    assert bench.counters.frames_received == 1


def test_the_one_frame_that_fails_is_found_among_its_neighbours(bench: Bench) -> None:
    bench.store.poisonous = 13.0
    for number, value in enumerate((10.0, 13.0, 20.0), 1):
        bench.pipeline.take(arrived(frame(number, [sample(value=value)])))
    with pytest.raises(ZeroDivisionError):
        bench.pipeline.commit()
    settled = bench.pipeline.commit_one_by_one()
    assert stored(bench) == [10.0, 20.0]
    assert [mark.number for one in settled for mark in one.marks] == [1, 3]
    assert sum(len(one.arrived) for one in settled) == 3
    assert bench.counters.dead_letters == 1
    assert bench.counters.unexpected == {"commit": 1}


def test_acknowledgements_are_runs_for_each_agent_and_epoch(bench: Bench) -> None:
    for number in (5, 3, 4, 9):
        bench.pipeline.take(arrived(frame(number, [sample()])))
    bench.pipeline.take(arrived(frame(2, [sample()], epoch=7)))
    bench.pipeline.take(arrived(frame(1, [sample()], NO_2), NO_2))
    said = [
        (address, decode_frame(payload).body)
        for address, payload in acknowledgements(bench.pipeline.commit().marks, [], Flow(), NOW)
    ]
    assert [(address, body.epoch, body.runs) for address, body in said] == [  # type: ignore[union-attr]
        (NO_1, 1, [(3, 5), (9, 9)]),
        (NO_1, 7, [(2, 2)]),
        (NO_2, 1, [(1, 1)]),
    ]


def test_dead_letters_are_bounded(tmp_path: Path) -> None:
    counters = IngestCounters()
    letters = DeadLetters(tmp_path, counters, max_bytes=2_000)
    for number in range(50):
        letters.keep(bytes([number]) * 100, "no-1/no-1", "corrupt", "a test")
    letters.keep(b"x" * 1_001, "no-1/no-1", "corrupt", "too long to keep")
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["dead-letters.frames", "dead-letters.old.frames"]
    assert sum(file.stat().st_size for file in files) <= 2_000
    with letters.path.open("rb") as file:
        assert list(read_frames(file))[-1] == bytes([49]) * 100
    assert (counters.dead_letters, counters.dead_letters_lost) == (50, 1)


def test_every_count_becomes_a_figure(bench: Bench) -> None:
    bench.pipeline.take(arrived(b"rubbish"))
    give_up(bench, "stranger")
    bench.pipeline.take(arrived(frame(1, [sample(), sample("stranger")])))
    bench.pipeline.commit()
    figures = {(figure.name, figure.labels): figure.value for figure in bench.counters.figures()}
    assert figures["ingest_frames_received_total", ()] == 6
    assert figures["ingest_frames_dropped_total", (("reason", "not_a_frame"),)] == 1
    assert figures["ingest_samples_set_aside_total", (("reason", "unknown_device"),)] == 1
    assert figures["ingest_samples_committed_total", ()] == 1


def test_what_a_clock_ahead_of_ours_has_sealed_is_put_off_until_it_comes_with_the_right_instants(bench: Bench) -> None:
    ahead = NOW + 3_600_000
    for minute in range(3):
        bench.now = NOW + minute * 60_000
        bench.pipeline.take(arrived(frame(1, [sample(at=ahead - 1_000)], sent_at=ahead)))
        settled = bench.pipeline.commit()
        assert (len(settled.arrived), settled.marks) == (1, [])
    bench.pipeline.take(arrived(frame(1, [sample(at=NOW - 1_000)], sent_at=NOW)))
    assert len(bench.pipeline.commit().marks) == 1
    assert stored(bench) == [20.0]
    assert not bench.counters.samples_set_aside
    assert bench.counters.frames_deferred == 3


def test_a_clock_that_stays_ahead_is_not_waited_for_for_ever(bench: Bench) -> None:
    ahead = NOW + 3_600_000
    payload = frame(1, [sample(at=ahead), sample(at=NOW)], sent_at=ahead)
    bench.pipeline.take(arrived(payload))
    bench.now += 600_000
    bench.pipeline.take(arrived(payload))
    assert len(bench.pipeline.commit().marks) == 1
    assert stored(bench) == [20.0]
    assert bench.counters.samples_set_aside == {"clock_ahead": 1}
    sound = frame(2, [sample(at=NOW)], sent_at=ahead)  # only the header's clock is wrong: nothing is gained by waiting
    bench.pipeline.take(arrived(sound))
    assert len(bench.pipeline.commit().marks) == 1


def test_a_frame_that_failed_alone_does_not_stop_its_neighbours_again(bench: Bench) -> None:
    bench.store.poisonous = 13.0
    poison = arrived(frame(1, [sample(value=13.0)]))
    bench.pipeline.take(poison)
    bench.pipeline.commit_one_by_one()
    for number in (2, 3):  # its agent sends it again and again, for it is not acknowledged
        bench.pipeline.take(poison)
        bench.pipeline.take(arrived(frame(number, [sample(value=float(number))])))
        assert [mark.number for mark in bench.pipeline.commit().marks] == [number]
    assert bench.counters.frames_dropped == {"unexpected": 3}
    assert bench.counters.dead_letters == 1


def test_a_store_that_goes_away_meanwhile_condemns_no_frame(bench: Bench) -> None:
    one = arrived(frame(1, [sample(value=1.0)]))
    bench.pipeline.take(one)
    bench.store.failures = [Transient("away")]
    (settled,) = bench.pipeline.commit_one_by_one()
    assert (settled.arrived, settled.marks) == ([one], [])
    assert (bench.counters.dead_letters, bench.counters.append_retries) == (0, 1)
    bench.pipeline.take(one)
    assert len(bench.pipeline.commit().marks) == 1
