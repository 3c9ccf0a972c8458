"""The pictures of docs/images, taken from a running demo: ``python -m tests.support.screenshots LINK [FOLDER]``.

LINK is the one-time address that `campanile demo` prints.
"""

import sys
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tests.servers.daemon import require_program

DESK, PHONE = (1440, 900), (390, 844)
DRAWN = "() => [...document.querySelectorAll('[data-chart]')].every(e => e.dataset.drawn || e.querySelector('.empty'))"


class Shot(NamedTuple):
    """One picture."""

    name: str
    path: str
    language: str = "zh-CN"
    theme: Any = "light"
    size: tuple[int, int] = DESK


SHOTS = (
    Shot("overview-en", "/", "en"),
    Shot("overview-zh", "/"),
    Shot("school-zh", "/sites/no-1-primary"),
    Shot("gateway-en-dark", "/sites/no-1-primary/devices/gw-1?period=7d", "en", "dark"),
    Shot("kitchen-zh", "/sites/no-1-primary/devices/kitchen-1"),
    Shot("network-en", "/network?period=7d", "en"),
    Shot("utilisation-zh", "/utilisation?period=30d"),
    Shot("alerts-zh-dark", "/alerts", "zh-CN", "dark"),
    Shot("alert-phone-zh", "/alerts/1", "zh-CN", "light", PHONE),
    Shot("overview-phone-en", "/", "en", "light", PHONE),
)


def take(link: str, folder: Path) -> None:
    """Sign in by `link` and take every picture, one screenful each."""
    home = urlsplit(link)._replace(path="", query="").geturl()
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        program = require_program("chromium", "chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        first = browser.new_context()
        first.new_page().goto(link)
        signed_in = first.storage_state()
        for shot in SHOTS:
            width, height = shot.size
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale=shot.language,
                color_scheme=shot.theme,
                is_mobile=shot.size is PHONE,
                storage_state=signed_in,
            )
            page = context.new_page()
            page.goto(home + shot.path)
            page.wait_for_function(DRAWN)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / f"{shot.name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else "docs/images"))
