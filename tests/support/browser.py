"""A real headless Chromium before a console that is really served: what the browser tests share."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from controller.console.assets import DIST_DIR
from controller.main import Controller, build_app
from tests.servers.daemon import free_port, require_program, wait_until

AXE = DIST_DIR.parents[1] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(controller: Controller) -> Iterator[str]:
    """The console of a controller on a port of its own; its address."""
    if not (DIST_DIR / "manifest.json").exists() or not AXE.exists():
        pytest.fail("the front end is not built: npm ci && npm run build in controller/console/frontend")
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(build_app(controller), port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, name="console")
    thread.start()
    wait_until(lambda: server.started, "the console to listen")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """The browser; `more` are arguments of its command line."""
    program = require_program("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *more])
        yield browser
        browser.close()


def accessibility_faults(page: Page) -> list[str]:
    """What axe-core finds by WCAG 2.1 A and AA, as `rule: element`."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
    return [f"{fault['id']}: {node['html'][:160]}" for fault in result["violations"] for node in fault["nodes"]]
