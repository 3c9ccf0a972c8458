"""The controller's commands that end by themselves: check, enrol, import. As a person runs them."""

import io
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import yaml

from campus.ids import Instance, MetricId
from campus.samples import Sample, SeriesKey
from campus.wire.codec import encode_frame
from campus.wire.frame import Body, FactsBody, Frame
from campus.wire.frame_file import FrameWriter
from campus.wire.pack import pack_samples
from controller.clock import utc_ms
from tests.support.district import GATEWAY, HOUR_MS, NO_1, SWITCH, UPLINK, address_of, enrolment, school_facts

pytestmark = pytest.mark.slow
FRAMES = 20
SAMPLES_EACH = 600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "district.yaml").write_text(yaml.safe_dump(msgspec.to_builtins(enrolment()), allow_unicode=True))
    (tmp_path / "controller.yaml").write_text("data_dir: data\n")
    return tmp_path


def controller(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "campanile", "controller", *arguments]
    ended = subprocess.run(command, cwd=folder, input=stdin, capture_output=True, check=False, timeout=60)
    said = subprocess.CompletedProcess(command, ended.returncode, ended.stdout.decode(), ended.stderr.decode())
    assert "Traceback" not in said.stderr, said.stderr
    return said


def history() -> bytes:
    """A frame file: facts, then `FRAMES` frames of yesterday's samples."""
    now = utc_ms()
    key = SeriesKey(GATEWAY, MetricId("if_in_bps"), Instance(UPLINK))
    bodies: list[Body] = [FactsBody(school_facts(NO_1))]
    for number in range(FRAMES):
        start = now - 30 * HOUR_MS + number * SAMPLES_EACH * 1000
        bodies.append(pack_samples([Sample(key, start + second * 1000, 1e6) for second in range(SAMPLES_EACH)]))
    return frame_file(bodies)


def frame_file(bodies: Sequence[Body]) -> bytes:
    """Frames of one agent."""
    file = io.BytesIO()
    writer = FrameWriter(file)
    for number, body in enumerate(bodies, start=1):
        writer.write_frame(encode_frame(Frame(NO_1, address_of(NO_1).agent, 7, number, utc_ms(), body)))
    return file.getvalue()


def test_history_comes_in_once_with_a_progress_bar(folder: Path) -> None:
    controller(folder, "enrol", "--config", "controller.yaml", "district.yaml")
    frames = history()
    total = str(FRAMES * SAMPLES_EACH)
    first = controller(folder, "import", "--config", "controller.yaml", "--total-samples", total, "-", stdin=frames)
    assert first.returncode == 0
    assert first.stdout == f"{FRAMES + 1} frames read, {FRAMES * SAMPLES_EACH:,} samples stored\n"
    assert "100%" in first.stderr
    (folder / "spool.frames").write_bytes(frames)
    again = controller(folder, "import", "--config", "controller.yaml", "spool.frames")
    assert again.stdout == f"{FRAMES + 1} frames read, 0 samples stored; {FRAMES + 1} frames were stored already\n"


def test_the_last_hours_of_a_history_are_judged_at_their_own_times_where_that_is_asked_for(folder: Path) -> None:
    minute_ms, begun = 60_000, utc_ms() // 60_000 * 60_000 - 3 * HOUR_MS
    key = SeriesKey(SWITCH, MetricId("reachable"), Instance(""))
    told = [Sample(key, begun + minute * minute_ms, float(not 30 <= minute < 60)) for minute in range(90)]
    before = [Sample(key, begun - 9 * HOUR_MS + minute * minute_ms, 0.0) for minute in range(60)]
    frames = frame_file([FactsBody(school_facts(NO_1)), pack_samples(before), pack_samples(told)])
    controller(folder, "enrol", "--config", "controller.yaml", "district.yaml")
    for _ in range(2):  # what is stored already is judged no second time
        said = controller(folder, "import", "--config", "controller.yaml", "--judge-hours", "4", stdin=frames)
        assert said.returncode == 0, said.stderr
        with closing(sqlite3.connect(folder / "data" / "registry.db")) as registry:
            alerts = registry.execute("SELECT rule, device, opened_at, cleared_at FROM alert").fetchall()
            assert registry.execute("SELECT count(*) FROM telling_message").fetchone() == (0,)
        ((rule, device, opened_at, cleared_at),) = alerts
        assert (rule, device) == ("device-unreachable", SWITCH)
        assert begun + 30 * minute_ms <= opened_at < begun + 40 * minute_ms
        assert begun + 60 * minute_ms <= cleared_at < begun + 70 * minute_ms


def test_a_file_that_ends_early_keeps_what_came_before_and_says_so(folder: Path) -> None:
    controller(folder, "enrol", "--config", "controller.yaml", "district.yaml")
    frames = history()
    cut = controller(folder, "import", "--config", "controller.yaml", stdin=frames[: len(frames) // 2])
    assert cut.returncode == 1
    assert "bytes before its last frame does" in cut.stderr
    rest = controller(folder, "import", "--config", "controller.yaml", stdin=frames)
    assert rest.returncode == 0
    assert "frames were stored already" in rest.stdout


def test_frames_of_strangers_are_counted(folder: Path) -> None:
    said = controller(folder, "import", "--config", "controller.yaml", stdin=history())
    assert said.stdout == f"{FRAMES + 1} frames read, 0 samples stored; set aside: {FRAMES + 1} unknown_agent\n"


def test_check_reads_everything_and_starts_nothing(folder: Path) -> None:
    good = controller(folder, "run", "--config", "controller.yaml", "--check")
    assert (good.returncode, good.stdout) == (0, "controller.yaml: good\n")
    (folder / "controller.yaml").write_text("enrolment: nowhere.yaml\n")
    missing = controller(folder, "run", "--config", "controller.yaml", "--check")
    assert missing.returncode == 2
    assert "nowhere.yaml: cannot be read" in missing.stderr
    assert not (folder / "data").exists()


def test_a_wrong_district_file_is_told_line_by_line(folder: Path) -> None:
    text = (folder / "district.yaml").read_text()
    (folder / "district.yaml").write_text(text.replace("organisation: north-town", "organisation: nroth-town"))
    said = controller(folder, "enrol", "--config", "controller.yaml", "district.yaml")
    assert said.returncode == 2
    assert "sites[1].organisation: unknown organisation 'nroth-town'. Did you mean 'north-town'?" in said.stderr


def test_a_registry_of_a_newer_version_stops_the_start(folder: Path) -> None:
    controller(folder, "enrol", "--config", "controller.yaml", "district.yaml")
    with sqlite3.connect(folder / "data" / "registry.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    said = controller(folder, "sign-in-link", "--config", "controller.yaml")
    assert said.returncode == 2
    assert "written by a newer version of Campanile" in said.stderr


def calendar(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return controller(folder, "calendar", arguments[0], "--config", "controller.yaml", *arguments[1:])


def test_a_calendar_is_told_shown_and_taken_back(folder: Path) -> None:
    controller(folder, "enrol", "--config", "controller.yaml", "district.yaml")
    assert "days taken over" in calendar(folder, "national", "2026").stdout
    assert "not known to this version" in calendar(folder, "national", "2099").stderr
    assert calendar(folder, "show", "2026-10-10").stdout == "2026-10-10: make_up (国庆节)\n"
    (folder / "own.csv").write_text("what,from,to,weekday\nmake_up,2026-10-10,,2\nmeal,11:30,12:30,\n")
    assert calendar(folder, "import", "--site", NO_1, "own.csv").stdout == "own.csv: 1 make_up, 1 meal\n"
    shown = calendar(folder, "show", "--site", NO_1, "2026-10-10").stdout
    assert shown == "2026-10-10: make_up\n6.7 h of school, 8 lessons\n"
    exported = calendar(folder, "export", "--site", NO_1).stdout
    assert "make_up,2026-10-10,,2,,," in exported
    (folder / "again.csv").write_text(exported)
    calendar(folder, "import", "--site", NO_1, "again.csv")
    assert calendar(folder, "export", "--site", NO_1).stdout == exported
    assert calendar(folder, "forget", "2026-10-10").stdout == "2026-10-10: weekend\n"


def test_a_wrong_calendar_is_told_line_by_line_and_not_taken(folder: Path) -> None:
    controller(folder, "enrol", "--config", "controller.yaml", "district.yaml")
    before = calendar(folder, "export", "--site", NO_1).stdout
    (folder / "own.csv").write_text("what,from,to\nmeal,11:30,12:30\nholiday,tomorrow,\n")
    said = calendar(folder, "import", "--site", NO_1, "own.csv")
    assert said.returncode == 2
    assert "own.csv:3: 'tomorrow' is not a day" in said.stderr
    assert calendar(folder, "export", "--site", NO_1).stdout == before
    assert calendar(folder, "import", "--site", "nowhere", "own.csv").returncode == 2
