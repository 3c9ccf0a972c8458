"""The register while the controller runs: what changes is taken over, what is wrong is not and is said."""

from pathlib import Path

import pytest

from campus.errors import ConfigError
from controller.telling.model import Register
from controller.telling.port import Channel
from controller.telling.register_file import RegisterFile
from tests.fakes.letterbox import Letterbox

HEAD = "channels:\n  robot: {type: wecom, url_file: url}\npeople:\n"
LI = "  - {id: li, name: Li, reach: [{channel: robot, to: Li}]}\n"
WU = "  - {id: wu, name: Wu, reach: [{channel: robot, to: Wu}]}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "telling.yaml"
    write(path, HEAD + LI)
    write(tmp_path / "url", "https://robot.example/1")
    return path


def write(path: Path, text: str) -> None:
    """As editors do: another file takes its place."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def build(register: Register, path: Path | None) -> dict[str, Channel]:
    assert path is not None
    for name in register.channels:
        if not (path.parent / "url").is_file():
            raise ConfigError(f"{path}: channels.{name}.url_file: there is no such file")
    return {name: Letterbox() for name in register.channels}


def people(file: RegisterFile) -> list[str]:
    return [person.id for person in file.setup.register.people]


def test_a_changed_register_is_taken_over(path: Path) -> None:
    file = RegisterFile(path, build)
    assert not file.look()
    write(path, HEAD + LI + WU)
    assert file.look()
    assert people(file) == ["li", "wu"]


def test_a_wrong_one_is_refused_with_its_line_and_the_old_one_stays(path: Path) -> None:
    file = RegisterFile(path, build)
    write(path, HEAD + LI + WU.replace("channel: robot", "channel: robto"))
    assert not file.look()
    assert people(file) == ["li"]
    assert f"{path}:5: 'robto' is no channel of this file" in file.trouble
    assert not file.look()  # told once, not every five seconds
    write(path, HEAD + WU)
    assert file.look()
    assert (people(file), file.trouble) == (["wu"], "")


def test_a_file_that_is_gone_is_said(path: Path) -> None:
    file = RegisterFile(path, build)
    path.unlink()
    assert not file.look()
    assert "telling.yaml" in file.trouble
    assert people(file) == ["li"]


def test_a_new_secret_is_read_too(path: Path) -> None:
    file = RegisterFile(path, build)
    file.look()
    before = file.setup.channels["robot"]
    write(path.parent / "url", "https://robot.example/another")
    assert file.look()
    assert file.setup.channels["robot"] is not before
    (path.parent / "url").unlink()
    assert not file.look()
    assert "url_file" in file.trouble


def test_what_is_wrong_at_the_start_stops_it(path: Path) -> None:
    path.write_text("people: [nobody]")
    with pytest.raises(ConfigError):
        RegisterFile(path, build)
