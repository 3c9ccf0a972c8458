"""Coming in, staying in, leaving: as a browser meets it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.identity.dependency import SESSION_COOKIE
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller, build_app
from tests.support.district import enrolment
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

PAGE = {"accept": "text/html"}
OURS = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as standing:
        yield standing


def test_a_link_opens_the_console_and_the_cookie_is_well_kept(controller: Controller) -> None:
    visitor = Visitor(build_app(controller))
    entered = visitor.enter(controller.identity.create_link(ScopeSpec(Role.VIEWER), controller.clock()))
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert visitor.get("/", headers=PAGE).status_code == 200


def test_a_used_link_explains_itself_to_strangers_and_lets_the_same_browser_through(controller: Controller) -> None:
    visitor = Visitor(build_app(controller))
    token = controller.identity.create_link(ScopeSpec(Role.VIEWER), controller.clock())
    visitor.enter(token)
    assert visitor.enter(token).headers["location"] == "/"
    stranger = Visitor(build_app(controller))
    refused = stranger.enter(token)
    assert refused.status_code == 403
    assert "该登录链接已被使用" in refused.text
    assert "campanile controller sign-in-link" in refused.text
    assert SESSION_COOKIE not in stranger.cookies


def test_leaving_ends_the_session(controller: Controller) -> None:
    visitor = signed_in(controller, ScopeSpec(Role.VIEWER))
    kept = visitor.cookies[SESSION_COOKIE]
    assert visitor.post("/leave", headers=OURS).status_code == 200
    visitor.cookies.set(SESSION_COOKIE, kept)
    assert visitor.get("/api/v1/sites").status_code == 401
    assert visitor.get("/", headers=PAGE).headers["location"] == "/sign-in"
    assert "您尚未登录" in visitor.get("/sign-in").text


def test_a_live_part_of_a_page_goes_to_the_sign_in_page_whole(controller: Controller) -> None:
    answer = Visitor(build_app(controller)).get("/alerts", headers={"hx-request": "true", "accept": "text/html"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


@pytest.mark.parametrize("path", ["/sign-in", "/api/v1/health", "/api/v1/sites", "/static/icon.svg", "/nowhere"])
def test_every_answer_carries_the_headers(controller: Controller, path: str) -> None:
    headers = Visitor(build_app(controller)).get(path, headers=PAGE).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy.replace("https", ""), "nothing from anywhere else"
    assert headers["x-content-type-options"] == "nosniff"


def test_other_hosts_and_other_sites_are_refused_and_counted(controller: Controller) -> None:
    visitor = signed_in(controller, ScopeSpec(Role.ADMINISTRATOR))
    assert visitor.get("/api/v1/sites", headers={"host": "evil.example"}).status_code == 421
    assert visitor.post("/leave", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert visitor.get("/api/v1/sites").status_code == 200, "the refused request did not sign out"
    figures = visitor.get("/metrics").text
    assert 'campanile_http_answers_total{status="421"} 1.0' in figures
    assert 'campanile_http_answers_total{status="403"} 1.0' in figures


def test_the_api_page_loads_nothing_from_elsewhere(controller: Controller) -> None:
    page = Visitor(build_app(controller)).get("/api/docs").text
    assert "swagger-ui-bundle.js" in page
    assert "//" not in page.replace("<!doctype html>", "")
