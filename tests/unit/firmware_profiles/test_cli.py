"""`campanile profiles` as a person or a script calls it."""

import json
from pathlib import Path

from click.testing import CliRunner

from campanile.cli import main


def test_list_names_every_family() -> None:
    result = CliRunner().invoke(main, ["profiles", "list", "--json"])
    rows = json.loads(result.output)
    assert result.exit_code == 0
    assert {"name": "huawei/vrp-ar", "kind": "gateway"}.items() <= {r["name"]: r for r in rows}["huawei/vrp-ar"].items()
    assert len(rows) >= 20


def test_show_joins_the_includes() -> None:
    result = CliRunner().invoke(main, ["profiles", "show", "huawei/vrp"])
    assert result.exit_code == 0
    assert "if_in_bps" in result.output
    assert "cpu_percent" in result.output


def test_what_nobody_has_tried_is_marked_with_what_it_rests_on() -> None:
    shown = CliRunner().invoke(main, ["profiles", "show", "eaton/ups"]).output
    assert "unverified" in shown
    assert "XUPS-MIB" in shown
    rows = json.loads(CliRunner().invoke(main, ["profiles", "list", "--json"]).output)
    assert {r["name"] for r in rows if r["unverified"]} >= {"eaton/ups", "huawei/ups", "poly/video"}
    assert all(r["sources"] for r in rows if r["unverified"])
    listed = CliRunner().invoke(main, ["profiles", "list"]).output
    for words in (
        "Eaton UPS (XUPS-MIB), unverified",
        "Huawei switch (VRP), by a recording",
        "Gate (MQTT), our own format",
    ):
        assert words in listed
    assert {r["name"]: r["proof"] for r in rows}["eaton/ups"] == "documents"


def test_show_of_an_unknown_family_names_the_nearest() -> None:
    result = CliRunner().invoke(main, ["profiles", "show", "huawei/vrpp"])
    assert result.exit_code == 2
    assert "Did you mean 'huawei/vrp'" in result.output


def test_check_of_the_shipped_ones_is_all_right() -> None:
    result = CliRunner().invoke(main, ["profiles", "check", "--json"])
    verdict = json.loads(result.output)
    assert result.exit_code == 0
    assert verdict["findings"] == []
    assert verdict["checked"] >= 20


def test_check_of_a_broken_one_says_file_line_and_advice(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "box.yaml"
    path.parent.mkdir()
    path.write_text("title: Box\ninklude: []\n")
    result = CliRunner().invoke(main, ["profiles", "check", str(path)])
    assert result.exit_code == 1
    assert f"{path}:2: unknown key 'inklude'. Did you mean 'include'?" in result.output
