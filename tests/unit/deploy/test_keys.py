"""deploy/keys.sh: where a program it calls fails, no secret is made rather than an empty one."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.deploy.compose_file import DEPLOY


def run(script: str, folder: Path, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", "-euc", f". {DEPLOY / 'keys.sh'}\n{script}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env={"PATH": path})


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """A search path on which openssl and python3 do not work."""
    folder = tmp_path / "broken"
    folder.mkdir()
    for name in ("openssl", "python3"):
        (folder / name).write_text("#!/bin/sh\nexit 1\n")
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def test_nothing_is_never_a_secret(tmp_path: Path, broken: str) -> None:
    done = run("new_secret password.txt; echo went on", tmp_path, broken)
    assert done.returncode != 0
    assert "went on" not in done.stdout
    assert "there is nothing to put into password.txt" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]


def test_nobody_is_let_in_without_a_password(tmp_path: Path, broken: str) -> None:
    (tmp_path / "secret.txt").write_text("a secret\n")
    (tmp_path / "passwords").write_text("controller:$7$\n")
    done = run("broker_user passwords no-1 secret.txt; echo went on", tmp_path, broken)
    assert done.returncode != 0
    assert "went on" not in done.stdout
    assert (tmp_path / "passwords").read_text() == "controller:$7$\n"
    assert run("broker_user passwords no-1 secret.txt", tmp_path).returncode == 0
    assert "\nno-1:$7$101$" in (tmp_path / "passwords").read_text()
