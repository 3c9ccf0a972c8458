"""A person at the console, in a real headless Chromium: overview, school, device, alert, acknowledge, undo.

In both languages, at a desk (1440 px) and on a phone (390 px), light and dark: no error in the browser's log, nothing wider
than the screen, AA contrast and names for everything (axe-core), within the bundle's budget.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from controller.console.assets import DIST_DIR
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role, Scope
from controller.main import Controller
from tests.support import browser
from tests.support.lively_district import close, lively_district

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BUDGET_BYTES = 600_000
FIRST_PAGE_BUDGET_BYTES = 60_000
"""What the overview loads, compressed: the charts' code is not part of it."""
DESK, PHONE = (1440, 900), (390, 844)
SAID = {
    "en": {"cut off": "is cut off", "acknowledge": "Acknowledge", "undo": "Undo", "care": "takes care of it"},
    "zh-CN": {"cut off": "所断网", "acknowledge": "确认告警", "undo": "撤销", "care": "确认处理"},
}


@dataclass
class Live:
    """A console that is being served."""

    controller: Controller
    url: str

    def way_in(self) -> str:
        """A one-time link."""
        token = self.controller.identity.create_link(ScopeSpec(Role.OPERATOR, "wang"), self.controller.clock())
        return f"{self.url}/enter?token={token}"


@dataclass
class Visit:
    """A browser page and what its log complained of."""

    page: Page
    url: str
    width: int
    complaints: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        """Keep what is worse than a note."""
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def go(self, path: str) -> None:
        """Open a page and wait until its pictures are drawn."""
        self.page.goto(self.url + path)
        self.settle()

    def settle(self) -> None:
        """Wait for pictures; then nothing may be wider than the screen, and axe must be content."""
        self.page.wait_for_load_state("load")
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('[data-chart]')].every(e => e.dataset.drawn || e.querySelector('.empty'))"
        )
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.width, f"{self.page.url} is {width} px wide"
        assert browser.accessibility_faults(self.page) == [], self.page.url


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    controller = lively_district(tmp_path_factory.mktemp("district"), schools=3, days=2)
    with browser.served(controller) as url:
        yield Live(controller, url)
    close(controller)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as found:
        yield found


def visit(chromium: Browser, live: Live, language: str, size: tuple[int, int], theme: Any = "light") -> Visit:
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=language, color_scheme=theme, is_mobile=size is PHONE
    )
    found = Visit(context.new_page(), live.url, size[0])
    found.page.on("console", found.hear)
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.goto(live.way_in())
    return found


@pytest.mark.parametrize(
    ("language", "size", "theme"),
    [("en", DESK, "light"), ("en", PHONE, "dark"), ("zh-CN", DESK, "dark"), ("zh-CN", PHONE, "light")],
    ids=["en-desk-light", "en-phone-dark", "zh-desk-dark", "zh-phone-light"],
)
def test_from_the_overview_to_an_acknowledged_alert(
    chromium: Browser, live: Live, language: str, size: tuple[int, int], theme: str
) -> None:
    said = SAID[language]
    someone = visit(chromium, live, language, size, theme)
    page = someone.page
    someone.settle()
    expect(page.locator(".answer-line p")).to_contain_text(said["cut off"])
    page.locator("a.tile[href='/sites/no-1-primary']").click()
    someone.settle()
    page.locator("a.glyph[href$='/devices/printer-1']").click()
    someone.settle()
    expect(page.locator("[data-drawn=lines]").first).to_be_visible()
    page.locator("a[href^='/alerts/']").first.click()
    someone.settle()
    page.get_by_role("button", name=said["acknowledge"]).locator("visible=true").click()
    expect(page.locator("body")).to_contain_text(said["care"])
    someone.settle()
    page.get_by_role("button", name=said["undo"], exact=True).click()
    expect(page.locator("body")).not_to_contain_text(said["care"])
    assert someone.complaints == []
    page.context.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_other_pages_fit_and_are_readable(chromium: Browser, live: Live, size: tuple[int, int]) -> None:
    someone = visit(chromium, live, "zh-CN", size)
    paths = [
        "/devices",
        "/alerts",
        "/network",
        "/network/no-1-primary",
        "/delivery",
        "/newcomers",
        "/services",
        "/profiles",
        "/utilisation",
        "/settings",
        "/rules",
        "/rules?q=温度",
        "/rules/freezer-warm",
        "/rules/new?metric=humidity_percent",
        "/search?q=班",
    ]
    for path in [
        *paths,
        "/sites/no-1-primary/devices/sw-1?period=7d&port=GE0/0/1",
        "/sites/no-1-primary/devices/ups-1",
    ]:
        someone.go(path)
    assert someone.complaints == []
    someone.page.context.close()


def test_search_answers_as_one_types_and_the_keyboard_walks_the_answers(chromium: Browser, live: Live) -> None:
    someone = visit(chromium, live, "en", DESK)
    page = someone.page
    page.keyboard.press("/")
    page.keyboard.type("10.1.0.2")
    expect(page.locator("#answers a")).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/devices/sw-1")
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body")
    assert someone.complaints == []
    page.context.close()


def test_choosing_another_place_keeps_the_task(chromium: Browser, live: Live) -> None:
    someone = visit(chromium, live, "en", DESK)
    someone.go("/network")
    someone.page.locator("#place").select_option("no-2-primary")
    someone.page.wait_for_url("**/network?site=no-2-primary")
    someone.page.context.close()


def test_a_live_page_renews_itself_and_says_when_it_cannot(chromium: Browser, live: Live) -> None:
    someone = visit(chromium, live, "en", DESK)
    page = someone.page
    live.controller.alerts.acknowledge(operator(), 1)
    expect(page.locator(".alert-line .chip").first).to_be_visible(timeout=15_000)
    live.controller.alerts.unacknowledge(operator(), 1)
    page.context.set_offline(True)
    expect(page.locator(".lost")).to_be_visible(timeout=15_000)
    page.context.set_offline(False)
    page.locator("[data-retry]").click()
    expect(page.locator(".lost")).to_be_hidden(timeout=15_000)
    page.context.close()


def test_pages_work_before_any_script_runs(chromium: Browser, live: Live) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(live.way_in())
    expect(page.locator(".answer-line p")).to_contain_text("is cut off")
    page.locator("#place").select_option("no-1-primary")
    page.locator("button.without-script").click()
    page.wait_for_url("**/sites/no-1-primary")
    page.goto(f"{live.url}/alerts/1")
    page.get_by_role("button", name="Acknowledge").first.click()
    page.get_by_role("button", name="Undo", exact=True).click()
    context.close()


def test_the_bundle_keeps_its_budget() -> None:
    names = json.loads((DIST_DIR / "manifest.json").read_text(encoding="utf-8"))
    weights = {path.name: compressed(path) for path in DIST_DIR.iterdir() if path.suffix in {".js", ".css", ".svg"}}
    assert sum(weights.values()) < BUDGET_BYTES
    first = sum(weights[names[name]] for name in ("console.js", "console.css", "theme.js", "signs.svg"))
    assert first < FIRST_PAGE_BUDGET_BYTES


def compressed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes()))


def operator() -> Scope:
    return Scope("li", Role.OPERATOR)
