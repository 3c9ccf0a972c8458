"""Backups of real files in one process: what is in them, that damage anywhere is found, what is kept of many."""

import json
import random
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from campus.errors import ConfigError, Transient
from controller.backup.model import MANIFEST, REGISTRY, SAMPLES, Unwatched
from controller.backup.reading import backups_in, is_verified, read_manifest
from controller.backup.repairing import repair
from controller.backup.restoring import restore
from controller.backup.staging import STAGE, Staging
from controller.backup.taking import folder_for_backups, prune
from controller.backup.verifying import verify_backup, verify_data
from controller.store.embedded.snapshot import build_database, closed_snapshot, is_in_use
from tests.integration.backup.scene import FRAMES, ROWS_EACH, ZONE, Folder, filled, flip, places
from tests.support.disk import file_size_limit
from tests.unit.store.stores import DAY, MIDNIGHT, MINUTE, batch, embedded, mark, names

NOON = MIDNIGHT + 3 * DAY
SAMPLES_IN_ALL = FRAMES * ROWS_EACH + 2


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return filled(tmp_path)


def listing(place: Path) -> dict[str, bytes]:
    """Every file with its content."""
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_a_backup_is_whole_and_holds_everything(folder: Folder) -> None:
    place, report = folder.take_verified()
    assert report.problems == []
    assert report.notes == []
    assert is_verified(place)
    counts = read_manifest(place).counts
    assert (counts.series, counts.samples, counts.frames) == (2, SAMPLES_IN_ALL, FRAMES + 1)
    assert not (folder.data / STAGE).exists()
    store = embedded(place / SAMPLES)
    assert store.figures().samples_stored == SAMPLES_IN_ALL
    assert all(store.is_committed([mark(number) for number in range(1, FRAMES + 2)]))
    store.close()


def test_closed_days_take_no_room_twice(folder: Folder) -> None:
    place, _ = folder.take_verified()
    parts = sorted((place / SAMPLES).rglob("*.parquet"))
    assert len(parts) > 2
    live = [folder.data / part.relative_to(place) for part in parts]
    assert [part.samefile(other) for part, other in zip(parts, live, strict=True)] == [True] * len(parts)
    assert not (place / REGISTRY).samefile(folder.data / REGISTRY)


@pytest.mark.slow
def test_a_turned_bit_anywhere_is_found(folder: Folder) -> None:
    place, _ = folder.take_verified()
    chosen = random.Random(20261122)
    kinds = [MANIFEST, "manifest.sha256", REGISTRY, f"{SAMPLES}/samples.duckdb"]
    kinds += [str(next((place / SAMPLES / kind).glob("*")).relative_to(place)) for kind in ("raw", "5m", "segment")]
    missed = []
    for name in kinds:
        whole = (place / name).read_bytes()
        for byte in places(place / name, chosen, 8):
            flip(place / name, byte, chosen.randrange(8))
            if verify_backup(place, Unwatched()).is_whole:
                missed.append((name, byte))
            (place / name).write_bytes(whole)
    assert missed == []
    assert verify_backup(place, Unwatched()).is_whole


def test_a_missing_file_and_a_strange_one_are_found(folder: Folder) -> None:
    place, _ = folder.take_verified()
    next(place.rglob("*.parquet")).unlink()
    (place / "notes.txt").write_text("mine")
    found = {problem.what for problem in verify_backup(place, Unwatched()).problems}
    assert found == {"is missing", "is not in the manifest"}


def test_damage_of_live_data_names_file_day_and_remedy(folder: Folder) -> None:
    place, _ = folder.take_verified()
    part = next((folder.data / SAMPLES / "raw").glob("*"))
    flip(part, part.stat().st_size // 2)
    gone = next((folder.data / SAMPLES / "5m").glob("*"))
    gone.unlink()
    report = verify_data(folder.data / SAMPLES, folder.data / REGISTRY, Unwatched())
    said = {problem.place: problem.sentence() for problem in report.problems}
    assert set(said) == {f"{SAMPLES}/raw/{part.name}", f"{SAMPLES}/5m/{gone.name}"}
    assert "of 2026-09-21, is damaged" in said[f"{SAMPLES}/raw/{part.name}"]
    assert all("campanile controller repair --from BACKUP_DIR" in sentence for sentence in said.values())

    mended = repair(folder.data, place, Unwatched())
    assert (set(mended.put_back), mended.still_damaged) == (set(said), [])
    assert verify_data(folder.data / SAMPLES, folder.data / REGISTRY, Unwatched()).is_whole


def test_data_of_another_version_is_not_repaired_and_it_is_said_what_to_do(folder: Folder) -> None:
    place, _ = folder.take_verified()
    with duckdb.connect(str(folder.data / SAMPLES / "samples.duckdb")) as connection:
        connection.execute("ALTER TABLE part DROP COLUMN digest")
        connection.execute("UPDATE meta SET content = '3' WHERE name = 'version'")
    with pytest.raises(ConfigError, match="start this version's controller on it once"):
        repair(folder.data, place, Unwatched())


def test_damaged_data_is_backed_up_and_the_backup_says_that_it_is_not_whole(folder: Folder) -> None:
    folder.take_verified(NOON)
    for part in (folder.data / SAMPLES / "raw").glob("*"):
        part.unlink()
    taken = folder.take(NOON + 1_000)
    assert taken.missing
    place, report = folder.take_verified(NOON + 2_000)
    assert {problem.what for problem in report.problems} == {"of 2026-09-21, is missing"}
    assert not is_verified(place)
    assert prune(folder.backups, 1) == []


def test_leftovers_are_told_and_are_no_damage(folder: Folder) -> None:
    (folder.data / SAMPLES / "raw" / "0000009999.new").write_bytes(b"half")
    report = verify_data(folder.data / SAMPLES, folder.data / REGISTRY, Unwatched())
    assert report.is_whole
    assert report.notes == [f"{SAMPLES}/raw/0000009999.new belongs to nothing: the next start removes it"]


def test_the_newest_verified_backups_are_kept_and_others_left_alone(folder: Folder) -> None:
    first, second, third = (folder.take_verified(NOON + second * 1_000)[0] for second in range(3))
    unverified = folder.take(NOON + 3_000).place
    strange = folder.backups / "campanile-by-hand"
    strange.mkdir()
    assert prune(folder.backups, 2) == [first]
    assert backups_in(folder.backups) == [second, third, unverified]
    assert strange.is_dir()
    assert verify_backup(third, Unwatched()).is_whole


def test_what_killed_backups_left_is_removed_by_the_next(folder: Folder) -> None:
    half = folder.backups / "campanile-20260921T000000Z.new"
    condemned = folder.backups / "campanile-20260920T000000Z.removed"
    for path in (half, condemned, folder.backups / "mine.new"):
        path.mkdir(parents=True)
    with folder_for_backups(folder.backups), pytest.raises(Transient, match="another backup"):  # noqa: SIM117
        with folder_for_backups(folder.backups):
            pass
    assert [path.name for path in folder.backups.iterdir()] == ["mine.new"]


def test_a_full_disk_leaves_nothing_of_the_backup(folder: Folder) -> None:
    before = listing(folder.data)
    with file_size_limit(100_000), pytest.raises(Transient):
        folder.take()
    assert list(folder.backups.iterdir()) == []
    assert listing(folder.data) | before == listing(folder.data)
    assert folder.take_verified()[1].is_whole


def test_a_restored_backup_is_the_data_and_what_was_there_stands_aside(folder: Folder) -> None:
    place, _ = folder.take_verified()
    (folder.data / "dead-letters.frames").write_bytes(b"old")
    before = listing(folder.data)
    with pytest.raises(ConfigError, match="is not empty: with --replace"):
        restore(place, folder.data, ZONE, NOON, Unwatched(), replace=False)
    assert listing(folder.data) == before
    done = restore(place, folder.data, ZONE, NOON, Unwatched(), replace=True)
    assert done.moved_to is not None
    assert listing(done.moved_to) == before
    said = json.loads((folder.data / "restored.json").read_text())
    assert said == {"whole_until": read_manifest(place).whole_until, "restored_at": NOON}
    for name in (REGISTRY, f"{SAMPLES}/samples.duckdb"):
        assert not (folder.data / name).samefile(place / name)
    store = embedded(folder.data / SAMPLES)
    store.append(batch([(0, NOON, 1.0)], [mark(99)]))
    assert store.figures().samples_stored == SAMPLES_IN_ALL + 1
    store.maintain(NOON + 3 * DAY)
    store.close()
    assert verify_backup(place, Unwatched()).is_whole


def test_a_backup_between_a_restore_and_the_agents_answers_does_not_claim_what_it_lacks(folder: Folder) -> None:
    place, _ = folder.take_verified()
    lacking_since = read_manifest(place).whole_until
    restore(place, folder.data, ZONE, lacking_since + DAY, Unwatched(), replace=True)
    for days, claimed in ((2, lacking_since), (20, lacking_since + 20 * DAY)):
        staging = Staging(
            folder.data,
            folder.data / REGISTRY,
            lambda: closed_snapshot(folder.data / SAMPLES),
            lambda days=days: lacking_since + days * DAY,  # type: ignore[misc]
        )
        with staging.staged(lambda _done, _total: None) as staged:
            assert staged.whole_until == claimed


def test_a_backup_that_does_not_fit_is_refused_in_one_sentence(folder: Folder, tmp_path: Path) -> None:
    place, _ = folder.take_verified()
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(ConfigError, match=r"set district\.timezone to Asia/Shanghai"):
        restore(place, elsewhere, "Europe/Berlin", NOON, Unwatched(), replace=False)
    part = next(place.rglob("*.parquet"))
    flip(part, 10)
    with pytest.raises(ConfigError, match=r"is not whole: .* Take another backup"):
        restore(place, elsewhere, ZONE, NOON, Unwatched(), replace=False)
    part.unlink()
    with pytest.raises(ConfigError, match="is missing"):
        restore(place, elsewhere, ZONE, NOON, Unwatched(), replace=False)
    with pytest.raises(ConfigError, match="is not a whole backup"):
        restore(tmp_path, elsewhere, ZONE, NOON, Unwatched(), replace=False)
    assert not elsewhere.exists()


def test_what_upkeep_replaces_meanwhile_stays_for_the_snapshot(folder: Folder, tmp_path: Path) -> None:
    store = embedded(folder.data / SAMPLES)
    for number in (50, 51):  # two segments over the same series, which the day's closing makes one of
        rows = [(row % 2, MIDNIGHT + 2 * DAY + (number * 30 + row) * 1_000, 1.0) for row in range(30)]
        store.append(batch(rows, [mark(number)]))
    store.maintain(MIDNIGHT + 2 * DAY + 40 * MINUTE)
    with store.snapshot() as snapshot:
        before = {path.name for path in (folder.data / SAMPLES).rglob("*.parquet")}
        store.append(batch([(1, MIDNIGHT + 3 * DAY, 2.0)], [mark(52)]))
        for _ in range(2):
            store.maintain(MIDNIGHT + 5 * DAY)
        assert snapshot.link_parts(tmp_path / "copy") == []
        snapshot.write_tables(tmp_path / "copy" / "tables", lambda _done, _total: None)
    store.maintain(MIDNIGHT + 5 * DAY)
    assert not before <= {path.name for path in (folder.data / SAMPLES).rglob("*.parquet")}, "upkeep replaced nothing"
    store.close()
    build_database(tmp_path / "copy", lambda _more: None)
    copied = embedded(tmp_path / "copy")
    assert copied.is_committed([mark(51), mark(52)]) == [True, False]
    assert copied.figures().samples_stored == SAMPLES_IN_ALL + 60
    copied.close()


@pytest.mark.slow
def test_backups_while_frames_come_and_upkeep_runs_are_whole(folder: Folder) -> None:
    store = embedded(folder.data / SAMPLES)
    store.series_ids(names(4))
    done, turn = threading.Event(), threading.Lock()
    acknowledged: list[int] = []

    def append() -> None:
        for number in range(100, 100_000):
            if done.is_set():
                return
            rows = [(series, MIDNIGHT + number % 4_000 * 7 * MINUTE, float(number)) for series in range(4)]
            with turn:
                store.append(batch(rows, [mark(number)]))
                acknowledged.append(number)

    def maintain() -> None:
        while not done.is_set():
            store.maintain(MIDNIGHT + 30 * DAY)

    @contextmanager
    def paused() -> Iterator[None]:
        with turn:
            sure.append(len(acknowledged))
            yield

    sure: list[int] = []
    threads = [threading.Thread(target=work) for work in (append, maintain)]
    for thread in threads:
        thread.start()
    try:
        staging = Staging(folder.data, folder.data / REGISTRY, store.snapshot, lambda: NOON, paused)
        backups = [folder.take_verified(NOON + second * 1_000, staging) for second in range(4)]
    finally:
        done.set()
        for thread in threads:
            thread.join(60)
        store.close()
    assert [report.problems for _, report in backups] == [[]] * 4
    for (place, _), frames in zip(backups, sure, strict=True):
        counts = read_manifest(place).counts
        assert counts.frames == FRAMES + 1 + frames
        assert counts.samples == SAMPLES_IN_ALL + 4 * frames
        copied = embedded(place / SAMPLES)
        assert all(copied.is_committed([mark(number) for number in acknowledged[:frames]]))
        assert copied.figures().samples_stored == counts.samples
        copied.close()
    assert sure[-1] > sure[0]


def test_a_stage_is_cleared_whatever_happens(folder: Folder) -> None:
    class GoneError(Exception):
        pass

    def leave(_done: int, _total: int) -> None:
        raise GoneError

    with pytest.raises(GoneError), folder.staging().staged(leave):
        pass
    assert not (folder.data / STAGE).exists()
    with pytest.raises(GoneError), folder.staging().staged(lambda _done, _total: None):
        raise GoneError
    assert not (folder.data / STAGE).exists()


def test_a_backup_takes_the_place_of_a_database_that_cannot_be_opened(folder: Folder) -> None:
    place, _ = folder.take_verified()
    database = folder.data / SAMPLES / "samples.duckdb"
    flip(database, 5_000)
    report = verify_data(folder.data / SAMPLES, folder.data / REGISTRY, Unwatched())
    assert "Restore from a backup" in report.problems[0].sentence()
    assert not is_in_use(folder.data / SAMPLES)
    restore(place, folder.data, ZONE, NOON, Unwatched(), replace=True)
    assert verify_data(folder.data / SAMPLES, folder.data / REGISTRY, Unwatched()).is_whole


def test_backups_and_restored_data_are_for_their_owner_only(folder: Folder, tmp_path: Path) -> None:
    folder.data.chmod(0o750)
    place, _ = folder.take_verified()
    assert place.stat().st_mode & 0o777 == 0o700
    restore(place, folder.data, ZONE, NOON, Unwatched(), replace=True)
    assert folder.data.stat().st_mode & 0o777 == 0o750
    restore(place, tmp_path / "new", ZONE, NOON, Unwatched(), replace=False)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_another_disk_gets_copies_once_and_links_among_backups_after_that(folder: Folder) -> None:
    other = Path("/dev/shm")  # noqa: S108 - a second file system is wanted
    if not other.is_dir() or other.stat().st_dev == folder.data.stat().st_dev:
        pytest.skip("this machine has no second file system at /dev/shm")
    with tempfile.TemporaryDirectory(dir=other) as there:
        far = Folder(folder.data, Path(there))
        first, report = far.take_verified()
        assert report.is_whole
        second, report = far.take_verified(NOON + 1_000)
        assert report.is_whole
        parts = sorted(path.relative_to(first) for path in first.rglob("*.parquet"))
        assert parts
        assert all((first / part).samefile(second / part) for part in parts)

        flip(first / parts[0], 0)
        flip(second / parts[0], 0)
        third, report = far.take_verified(NOON + 2_000)
        assert report.is_whole, "a damaged earlier copy is copied anew, never linked"
        assert not (third / parts[0]).samefile(second / parts[0])
