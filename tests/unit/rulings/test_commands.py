"""Rules on the command line: the example of the help is good, and what is printed can be read back."""

import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from campus.errors import ConfigError
from controller.cli_rules import check, rules
from controller.config import load_config
from controller.identity.scope import SYSTEM
from controller.main import Controller
from controller.rulings.model import Adjustment, Place
from controller.rulings.sheet import Sheet, read_sheet, write_sheet
from tests.support.district import NO_1, enrolment

EXAMPLE = textwrap.dedent(str(check.help).partition("\b\n")[2])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, arguments)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A district whose first school has decided what the example says."""
    path = tmp_path / "controller.yaml"
    path.write_text("data_dir: data\n")
    controller = Controller(load_config(path))
    controller.open_registry()
    controller.registry.enrol(SYSTEM, enrolment())
    controller.rulings.take_sheet(SYSTEM, Place.school(NO_1), read_sheet("example", EXAMPLE))
    controller.close_registry()
    return path


def test_the_example_is_good_and_comes_out_as_it_went_in(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    exported = run("export", "--config", str(config), "--site", NO_1)
    assert exported.exit_code == 0, exported.output
    file.write_text(exported.output)
    assert "good, 2 changes and 1 rules of its own" in run("check", str(file)).output
    assert read_sheet("out", exported.output) == read_sheet("in", EXAMPLE)
    assert run("export", "--config", str(config), "--organisation", "bureau").output == "{}\n"


def test_the_list_says_who_decided(config: Path) -> None:
    listed = run("list", "--config", str(config), "--site", NO_1, "--changed").output
    assert f"library-damp@{NO_1}\tminor\talways\tschool:{NO_1}" in listed
    assert len(listed.splitlines()) == 3
    assert len(run("list", "--config", str(config)).output.splitlines()) > 50


@pytest.mark.parametrize(("option", "place"), [("--site", "no-9"), ("--organisation", "nowhere")])
def test_a_place_that_is_not_enrolled_is_said_to_be_so(config: Path, option: str, place: str) -> None:
    for command in ("list", "export"):
        trouble = run(command, "--config", str(config), option, place).exception
        assert isinstance(trouble, ConfigError)
        assert "no school or organisation of that id is enrolled" in str(trouble)


def test_a_file_of_rules_is_checked_as_a_controller_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    shipped = Path(__file__).parents[3] / "controller" / "alerts" / "rules" / "42-cold.yaml"
    file.write_text(shipped.read_text())
    assert "good" in run("check", str(file)).output
    file.write_text("own:\n- {id: some}\n")
    trouble = run("check", str(file)).exception
    assert isinstance(trouble, ConfigError)
    assert "rules.yaml:2" in str(trouble)


def test_a_sheet_says_no_more_than_was_decided() -> None:
    text = write_sheet(Sheet({"gas-leak": Adjustment(hold_s=5.0, is_off=False)}))
    assert text == "changed:\n  gas-leak:\n    is_off: false\n    hold_s: 5.0\n"
