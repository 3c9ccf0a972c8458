"""`campanile dashboards` as a person calls it, against the fake Grafana."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from campanile.cli import main
from dashboards.boards import BOARDS
from dashboards.cli import MAJORS
from dashboards.page import PAGE
from dashboards.target import Grafana
from tests.fakes.grafana import ADMIN, EDITOR, FakeGrafana, fake_grafana

MANY = len(BOARDS)
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with fake_grafana() as running:
        yield running


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(ADMIN)
    return path


def run(*arguments: object, environment: dict[str, str] | None = None, answer: str = "") -> Result:
    return CliRunner().invoke(main, ["dashboards", *map(str, arguments)], input=answer, env=environment)


def push(grafana: FakeGrafana, token: Path, *more: object, answer: str = "") -> Result:
    reader = token.with_name("reader")
    reader.write_text("secret-of-the-reader\n")
    source = (
        "--datasource",
        "campanile",
        "--datasource-url",
        "https://centre.example",
        "--datasource-token-file",
        reader,
    )
    return run("push", "--url", grafana.url, "--token-file", token, *source, *more, answer=answer)


def test_push_twice_then_diff(grafana: FakeGrafana, token: Path) -> None:
    first = push(grafana, token)
    assert first.exit_code == 0, first.output
    assert first.output.endswith(f"\n{MANY + 2} made\n")
    writes = len(grafana.writes)
    second = push(grafana, token)
    assert second.output.endswith(f"\n{MANY + 2} unchanged\n")
    assert len(grafana.writes) == writes
    assert grafana.secrets["campanile"] == {"httpHeaderValue1": "Token secret-of-the-reader"}
    assert "secret-of-the-reader" not in first.output + second.output
    same = run("diff", "--url", grafana.url, "--token-file", token)
    assert (same.exit_code, same.output) == (0, f"all {MANY} dashboards are as they were pushed\n")


def test_diff_says_what_was_changed_and_fails(grafana: FakeGrafana, token: Path) -> None:
    push(grafana, token)
    panel = grafana.dashboards["campanile-kitchen-compliance-en"]["model"]["panels"][0]
    panel["title"] = "Mine"
    changed = run("diff", "--url", grafana.url, "--token-file", token)
    assert changed.exit_code == 1
    assert changed.output == "Kitchen compliance: panel 'Warmest freezer': title 'Warmest freezer' -> 'Mine'\n"
    assert "(1 difference; the former is version 1 of its history)" in push(grafana, token).output


def test_diff_that_could_not_compare_is_not_a_difference(grafana: FakeGrafana) -> None:
    done = run("diff", "--url", grafana.url, environment={"CAMPANILE_GRAFANA_TOKEN": "glsa_wrong"})
    assert done.exit_code == 2
    assert "the token is not accepted" in done.output


def test_both_languages_stand_side_by_side_and_do_not_prune_one_another(grafana: FakeGrafana, token: Path) -> None:
    push(grafana, token)
    chinese = push(grafana, token, "--language", "zh-CN", "--prune", "--yes")
    assert chinese.exit_code == 0, chinese.output
    assert "deleted" not in chinese.output
    assert len(grafana.dashboards) == 2 * MANY
    assert set(grafana.folders) == {"campanile-dashboards-en", "campanile-dashboards-zh"}


def test_prune_asks_before_it_deletes(grafana: FakeGrafana, token: Path) -> None:
    push(grafana, token)
    old = {**grafana.dashboards["campanile-cameras-en"]["model"], "uid": "campanile-old-en", "title": "Old"}
    grafana.dashboards["campanile-old-en"] = {**grafana.dashboards["campanile-cameras-en"], "model": old}
    assert "--prune deletes it: Old (campanile-old-en)" in push(grafana, token).output
    push(grafana, token, "--prune", answer="n\n")
    assert "campanile-old-en" in grafana.dashboards
    push(grafana, token, "--prune", "--dry-run")
    assert "campanile-old-en" in grafana.dashboards
    push(grafana, token, "--prune", answer="y\n")
    assert "campanile-old-en" not in grafana.dashboards


def test_a_dry_run_writes_nothing(grafana: FakeGrafana, token: Path) -> None:
    done = push(grafana, token, "--dry-run", "--wall-token-file", token.with_name("wall"))
    assert done.exit_code == 0
    assert grafana.writes == []
    assert not token.with_name("wall").exists()
    assert done.output.endswith(f"a dry run, nothing was written; would be: {MANY + 4} made\n")


def test_a_token_without_rights_is_told_which_it_lacks(grafana: FakeGrafana, token: Path) -> None:
    token.write_text(EDITOR)
    done = push(grafana, token)
    assert done.exit_code == 2
    assert "datasources:create" in done.output


def test_dashboards_without_a_data_source_are_pushed_and_the_gap_is_told(grafana: FakeGrafana, token: Path) -> None:
    done = run("push", "--url", grafana.url, "--token-file", token)
    assert done.exit_code == 1
    assert "give --datasource" in done.output
    assert len(grafana.dashboards) == MANY


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("push", "--url", "http://grafana.example"), "--insecure-http"),
        (("push", "--url", "https://admin:hunter2@grafana.example"), "leave user and password out"),
        (("push", "--url", "https://grafana.example"), "--token-file"),
        (("push", "--url", "https://grafana.example", "--datasource-url", "https://store.example"), "--datasource"),
        (("push", "--url", "https://grafana.example", "--token-file", "absent"), "absent"),
        (("render", "out", "--provisioning", "there"), "--datasource"),
        (("render", "out", "--console-url", "campanile.example"), "--console-url campanile.example"),
    ],
)
def test_misuse_is_told_in_one_sentence(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1
    assert "hunter2" not in done.output


@pytest.mark.parametrize(("version", "major"), [("10.4.2", 38), ("11.6.0", 39), ("12.3.1", 41), ("13.1.0", 41)])
def test_what_is_pushed_fits_the_grafana(version: str, major: int, token: Path) -> None:
    with fake_grafana(version) as grafana:
        assert push(grafana, token).exit_code == 0
        assert {kept["model"]["schemaVersion"] for kept in grafana.dashboards.values()} == {major}


def test_a_grafana_that_is_too_old_is_refused(token: Path) -> None:
    with fake_grafana("9.5.2") as grafana:
        done = push(grafana, token)
        assert done.exit_code == 2
        assert "too old" in done.output


def test_render_writes_files_and_takes_away_what_is_gone(tmp_path: Path) -> None:
    out, there = tmp_path / "out", tmp_path / "provisioning"
    out.mkdir()
    for name in ("campanile-old-en.json", "campanile-old-zh.json", "other.json"):
        (out / name).touch()
    source = ("--datasource", "influxdb2", "--datasource-url", "http://influxdb:8086")
    ours = {f"campanile-{board.key}-en.json" for board in BOARDS}
    assert run("render", out).output == f"{out}: {MANY} dashboards for Grafana 12\n"
    assert {path.name for path in out.iterdir()} == ours | {"campanile-old-zh.json", "other.json"}
    done = run("render", out, "--grafana", "11", "--provisioning", there, *source)
    assert done.exit_code == 0, done.output
    assert "CAMPANILE_DATASOURCE_TOKEN" in done.output
    assert {path.name for path in out.iterdir()} == ours | {"other.json"}
    model = json.loads((out / "campanile-cameras-en.json").read_text())
    (source_said,) = yaml.safe_load((there / "datasources/campanile.yaml").read_text())["datasources"]
    chosen = next(each for each in model["templating"]["list"] if each["name"] == "datasource")
    assert chosen["current"]["value"] == source_said["uid"]
    provider = there / "dashboards/campanile.yaml"
    assert yaml.safe_load(provider.read_text())["providers"][0]["options"]["path"] == str(out)
    run("render", out, "--dashboards-dir", "/in/the/container", "--provisioning", there, *source)
    assert yaml.safe_load(provider.read_text())["providers"][0]["options"]["path"] == "/in/the/container"


def test_every_grafana_we_render_for_can_be_named() -> None:
    assert tuple(f"{one:d}" for one in Grafana) == MAJORS


def test_the_page_of_queries_is_that_of_the_dashboards(tmp_path: Path) -> None:
    for path in (ROOT / "docs").glob("48-dashboards.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert run("write", tmp_path).output == f"wrote {tmp_path / PAGE}\n"
    assert run("write", tmp_path).output == "nothing changed\n"
    assert (tmp_path / PAGE).read_text() == (ROOT / "docs" / PAGE).read_text(), "run `make dashboards`"


def test_the_heat_map_goes_by_the_time_zone_of_the_district(tmp_path: Path) -> None:
    assert run("render", tmp_path, "--timezone", "Asia/Urumqi").exit_code == 0
    assert '"timezone": "Asia/Urumqi"' in (tmp_path / "campanile-utilisation-en.json").read_text()
    wrong = run("render", tmp_path, "--timezone", "Asia/Nowhere")
    assert (wrong.exit_code, wrong.output.count("\n")) == (2, 1)
    assert "no IANA time zone" in wrong.output
