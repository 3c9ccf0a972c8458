"""Manifests: written, read again, and refused when they are not what was written."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.errors import ConfigError
from controller.backup.files import write_json, write_text
from controller.backup.model import MANIFEST, SEAL, VERIFIED, Counts, FileEntry, Manifest, Problem, Report
from controller.backup.reading import backups_in, is_verified, read_manifest, seal_of

MADE = Manifest(
    format=1,
    version="0.1.0",
    taken_at=1_790_000_000_000,
    whole_until=1_790_000_000_100,
    zone="Asia/Shanghai",
    counts=Counts(2, 100, 7),
    registry="registry.db",
    not_included=["broker.password_file /etc/campanile/broker-password.txt"],
    files=[FileEntry("registry.db", 4096, "ab" * 32)],
)


def written(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / MANIFEST, MADE)
    write_text(folder / SEAL, seal_of((folder / MANIFEST).read_bytes()))
    return folder


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_manifest(written(tmp_path)) == MADE
    assert {path.name for path in tmp_path.iterdir()} == {MANIFEST, SEAL}


@given(st.sampled_from([MANIFEST, SEAL]), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_is_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: int, change: int
) -> None:
    folder = written(tmp_path_factory.mktemp("backup"))
    content = bytearray((folder / name).read_bytes())
    content[place % len(content)] ^= change
    (folder / name).write_bytes(content)
    with pytest.raises(ConfigError):
        read_manifest(folder)


def test_a_newer_format_is_refused_with_what_to_do(tmp_path: Path) -> None:
    text = json.dumps({"format": 2, "what": "nobody knows yet"})
    write_text(tmp_path / MANIFEST, text)
    write_text(tmp_path / SEAL, seal_of(text.encode()))
    with pytest.raises(ConfigError, match=r"made by a newer version of Campanile .*: use that version"):
        read_manifest(tmp_path)


def test_only_a_seal_of_this_very_manifest_makes_it_verified(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert not is_verified(folder)
    write_text(folder / VERIFIED, seal_of(b"another"))
    assert not is_verified(folder)
    write_text(folder / VERIFIED, (folder / SEAL).read_text())
    assert is_verified(folder)


def test_backups_are_found_by_name_and_manifest_oldest_first(tmp_path: Path) -> None:
    later, earlier = written(tmp_path / "campanile-20261122T020000Z"), written(tmp_path / "campanile-20261121T020000Z")
    written(tmp_path / "campanile-20261123T020000Z.new")
    written(tmp_path / "mine")
    (tmp_path / "campanile-20261120T020000Z").mkdir()
    assert backups_in(tmp_path) == [earlier, later]


def test_a_report_ends_with_its_verdict() -> None:
    report = Report({"files": 1_200, "samples": 3_400_000}, took_s=2.04)
    assert report.last_line() == "whole: 1,200 files with 3,400,000 samples read in 2.0 s"
    report.problems.append(Problem("samples/raw/1.parquet", "is missing", "Take another backup"))
    assert report.last_line().startswith("NOT WHOLE: 1 problem; ")
    assert report.problems[0].sentence() == "samples/raw/1.parquet: is missing. Take another backup"
