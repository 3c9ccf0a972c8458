"""The pages of the rules are what the rules say, and whole in both languages."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from campus.samples import Severity
from controller.alerts.handbook import PAGES, families, page, write_pages
from controller.alerts.model import Rule
from controller.alerts.rulebook import shipped_rules
from controller.alerts.sought import over_at, sought
from controller.cli_rules import rules
from controller.console.language import texts

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("place", [0, 1])
def test_the_committed_pages_are_those_of_the_rules(place: int) -> None:
    assert (DOCS / PAGES[place]).read_text(encoding="utf-8") == page(place), "run `make spec` and commit docs/"


def test_every_rule_stands_on_both_pages_with_its_steps() -> None:
    assert [rule.id for family in families() for rule in family.rules] == [r.id for r in shipped_rules().rules()]
    english, chinese = page(0), page(1)
    for rule in shipped_rules().rules():
        for text in (english, chinese):
            assert f"(#{rule.id})" in text
            assert f'<a id="{rule.id}">' in text
        assert rule.runbook is not None
        assert rule.runbook.steps_en[0] in english
        assert rule.runbook.steps_zh[0] in chinese


@pytest.mark.parametrize("severity", Severity)
def test_severities_are_called_as_on_the_console(severity: Severity) -> None:
    assert f"{texts()[f'severity.{severity}'].zh}：" in page(1)


def test_writing_them_again_changes_nothing(tmp_path: Path) -> None:
    assert [path.name for path in write_pages(tmp_path)] == list(PAGES)
    again = CliRunner().invoke(rules, ["write", str(tmp_path)])
    assert (again.exit_code, again.output) == (0, "nothing changed\n")


def plain(words: tuple[str, str]) -> tuple[str, str]:
    return words[0].replace("\xa0", " "), words[1].replace("\xa0", " ")


def rule(rule_id: str) -> Rule:
    found = shipped_rules().rule(rule_id)
    assert found is not None
    return found


def test_what_a_rule_looks_for_is_said_in_both_languages() -> None:
    assert plain(sought(rule("hot-holding-cold"))) == (
        "Temperature below 60.0 °C for 30 min",
        "温度低于 60.0 °C，持续30分钟",
    )
    assert plain(over_at(rule("hot-holding-cold"))) == (
        "no longer below 63.0 °C for 2 min",
        "不再低于 63.0 °C，持续2分钟",
    )
    assert plain(sought(rule("uplink-in-full")))[0] == "Traffic in above 90 % of Port speed for 5 min"
    assert plain(sought(rule("port-down")))[1] == "端口状态：已断开 或 下层断开，持续30秒"
    assert plain(sought(rule("kitchen-silent"))) == ("Temperature: nothing heard for 10 min", "温度：10分钟无数据")
    assert over_at(rule("kitchen-silent")) == ("", "")
    assert sought(rule("service-failed"))[0] == "concluded from what many devices tell"
    assert plain(sought(rule("recorder-lost-most"))) == (
        "more than 50 % of a device's parts at once: Recorder channel: Lost for 2 min",
        "同一设备超过 50 % 的部件同时处于 录像通道：离线，持续2分钟",
    )
    assert plain(sought(rule("freezer-warming")))[1] == "温度在2小时内上升超过 5.0 °C，持续1小时"
    assert plain(sought(rule("light-fell")))[0] == (
        "Light received below what is usual at this hour of this weekday, by 3 dB and 4 deviations at least for 1 h"
    )
    assert plain(sought(rule("cold-store-door-open")))[1] == "门 = “开” 且 温度 > 6 °C，持续30分钟"
