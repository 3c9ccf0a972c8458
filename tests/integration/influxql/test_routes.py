"""HTTP of `/query` and `/ping`, in the shapes in which Grafana, influx and telegraf ask."""

import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI

from controller.identity.model import ScopeSpec
from controller.identity.scope import Role, Scope
from controller.identity.tokens import TRIES_A_MINUTE
from controller.influxql import routes
from controller.influxql.answers import StatementAnswer
from controller.main import Controller, build_app
from tests.integration.test_tenancy import furnish
from tests.support.district import NO_1, NO_2, NOW, enrolment
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

pytestmark = pytest.mark.slow
SITES = "SHOW TAG VALUES FROM if_in_bps WITH KEY = site"
NEWEST = "SELECT last(value) FROM if_in_bps"


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    folder: Path = tmp_path_factory.mktemp("queries")
    with standing_controller(folder / "controller", enrolment()) as standing:
        furnish(standing, NO_1)
        furnish(standing, NO_2)
        yield standing


@pytest.fixture(scope="module")
def secrets(controller: Controller) -> dict[str, str]:
    tokens = controller.access_tokens
    return {"all": tokens.create("all", NOW), NO_1: tokens.create("one", NOW, site=NO_1)}


@pytest.fixture(scope="module")
def app(controller: Controller) -> FastAPI:
    return build_app(controller)


@pytest.fixture
def stranger(app: FastAPI) -> Visitor:
    return Visitor(app)


def sites_of(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [value for _, value in answer.json()["results"][0]["series"][0]["values"]]


def test_as_grafana_asks(stranger: Visitor, secrets: dict[str, str]) -> None:
    parameters = {"db": "campus", "epoch": "ms", "q": f"{NEWEST} GROUP BY site; SHOW DATABASES"}
    headers = {"authorization": f"Token {secrets['all']}", "user-agent": "Grafana/12", "accept": "application/json"}
    by_address = stranger.get("/query", params=parameters, headers=headers)
    by_form = stranger.post("/query", params={"db": "campus"}, data=parameters, headers=headers)
    assert by_address.status_code == by_form.status_code == 200
    assert by_address.headers["content-type"] == "application/json"
    assert by_address.headers["x-influxdb-version"].startswith("1.8")
    assert by_address.json() == by_form.json()
    first, second = by_address.json()["results"]
    assert first["statement_id"] == 0
    assert [series["tags"] for series in first["series"]] == [{"site": NO_1}, {"site": NO_2}]
    assert first["series"][0] == {
        "name": "if_in_bps",
        "tags": {"site": NO_1},
        "columns": ["time", "last"],
        "values": [[NOW - 60_000, 1e8]],
    }
    assert second == {"statement_id": 1, "series": [{"name": "databases", "columns": ["name"], "values": [["campus"]]}]}


@pytest.mark.parametrize("way", ["Token", "Bearer", "token"])
def test_ways_to_send_the_secret(stranger: Visitor, secrets: dict[str, str], way: str) -> None:
    asked = {"q": SITES, "db": "campus"}
    assert sites_of(stranger.get("/query", params=asked, headers={"authorization": f"{way} {secrets[NO_1]}"})) == [NO_1]
    assert sites_of(stranger.get("/query", params=asked, auth=("whoever", secrets["all"]))) == [NO_1, NO_2]


@pytest.mark.parametrize(
    "authorization", ["", "Token", "Token wrong", "Basic ???", "Basic eA==", "Digest x", "Bearer "]
)
def test_nobody_else_is_answered(stranger: Visitor, authorization: str) -> None:
    headers = {"authorization": authorization} if authorization else {}
    for answer in (
        stranger.get("/query", params={"q": SITES, "db": "campus"}, headers=headers),
        stranger.post("/query", data={"q": SITES, "db": "campus"}, headers=headers),
    ):
        assert answer.status_code == 401
        assert list(answer.json()) == ["error"]
        assert answer.headers["www-authenticate"].startswith("Basic")


def test_wrong_secrets_hold_up_nobody_behind_the_same_address(controller: Controller, app: FastAPI) -> None:
    town, asked = Visitor(app, "203.0.113.7"), {"q": "SHOW DATABASES"}

    def answer(secret: str) -> int:
        return town.get("/query", params=asked, headers={"authorization": f"Token {secret}"}).status_code

    good = controller.access_tokens.create("never seen before", NOW)
    statuses = [answer(f"wrong {number}") for number in range(TRIES_A_MINUTE + 2)]
    assert statuses == [401] * TRIES_A_MINUTE + [429] * 2
    assert answer(good) == 200
    assert answer("wrong") == 429


def test_secrets_in_addresses_are_refused(stranger: Visitor, secrets: dict[str, str]) -> None:
    asked = {"q": SITES, "db": "campus", "u": "grafana", "p": secrets["all"]}
    answer = stranger.get("/query", params=asked)
    assert answer.status_code == 401
    assert "logged" in answer.json()["error"]
    assert secrets["all"] not in answer.text


def test_a_browser_that_is_signed_in_reads_and_no_page_elsewhere_makes_it_post(controller: Controller) -> None:
    browser = signed_in(controller, ScopeSpec(Role.TECHNICIAN, "li", site=NO_1))
    assert sites_of(browser.get("/query", params={"q": SITES, "db": "campus"})) == [NO_1]
    assert browser.post("/query", data={"q": SITES, "db": "campus"}).status_code == 403, (
        "without a sign of our own page"
    )
    posted = browser.post("/query", data={"q": SITES}, headers={"sec-fetch-site": "same-origin"})
    assert posted.status_code == 401


def test_a_token_opens_nothing_else(stranger: Visitor, secrets: dict[str, str]) -> None:
    for path in ("/api/v1/sites", "/api/v1/alerts", "/settings"):
        assert stranger.get(path, headers={"authorization": f"Token {secrets['all']}"}).status_code == 401


def test_ping_says_what_it_is_like(stranger: Visitor) -> None:
    answer = stranger.get("/ping")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["x-influxdb-version"].startswith("1.8")


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({}, 400, 'missing required parameter "q"'),
        ({"q": "SELEC"}, 400, "error parsing query: found SELEC"),
        ({"q": "DROP DATABASE campus"}, 400, "this only reads"),
        ({"q": "SELECT \x00"}, 400, "found \x00"),
        ({"q": "SELECT 学"}, 400, "found 学"),
        ({"q": SITES, "params": '{"a": 1}'}, 400, "parameters ($name) are not answered"),
        ({"q": SITES, "rp": "1h"}, 400, 'write FROM "1h"."measurement"'),
    ],
)
def test_what_is_refused_as_a_whole(
    stranger: Visitor, secrets: dict[str, str], parameters: dict[str, str], status: int, said: str
) -> None:
    headers = {"authorization": f"Token {secrets['all']}"}
    answer = stranger.post("/query", data={"db": "campus", **parameters}, headers=headers)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert re.fullmatch("[ -~]+", answer.headers["x-influxdb-error"]), "a server ends the connection over any other"


def test_a_statement_that_fails_ends_those_after_it(stranger: Visitor, secrets: dict[str, str]) -> None:
    headers = {"authorization": f"Token {secrets['all']}"}
    asked = {"db": "campus", "q": "SHOW DATABASES; SELECT nonsense(value) FROM if_in_bps; SHOW DATABASES"}
    first, second, third = stranger.get("/query", params=asked, headers=headers).json()["results"]
    assert "series" in first
    assert second["error"].startswith("undefined function nonsense() at line 1, char 24")
    assert third == {"statement_id": 2, "error": "not executed"}
    for database, said in (("", "database name required"), ("other", "database not found: other")):
        (result,) = stranger.get("/query", params={"db": database, "q": SITES}, headers=headers).json()["results"]
        assert result["error"].startswith(said)


def test_who_comes_when_too_many_wait_is_told_to_come_again(
    controller: Controller, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "ANSWERED_AT_ONCE", 1)
    monkeypatch.setattr(routes, "WAITING", -1)
    crowded = Visitor(build_app(controller))
    asked = {"params": {"q": SITES, "db": "campus"}, "headers": {"authorization": f"Token {secrets['all']}"}}
    answer = crowded.get("/query", **asked)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    monkeypatch.undo()
    assert crowded.get("/query", **asked).status_code == 200


def test_who_sees_a_part_keeps_nobody_waiting_who_sees_all(
    controller: Controller, app: FastAPI, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, begun, let_go = controller.queries.answer, Event(), Event()

    def slowly(scope: Scope, *asked: str) -> list[StatementAnswer]:
        if scope.sites is not None:
            begun.set()
            assert let_go.wait(30)
        return answer(scope, *asked)

    def ask(who: str) -> Any:
        headers = {"authorization": f"Token {secrets[who]}"}
        return Visitor(app).get("/query", params={"q": SITES, "db": "campus"}, headers=headers)

    monkeypatch.setattr(controller.queries, "answer", slowly)
    with ThreadPoolExecutor() as others:
        waiting = [others.submit(ask, NO_1) for _ in range(3)]
        assert begun.wait(30)
        try:
            assert sites_of(ask("all")) == [NO_1, NO_2]
        finally:
            let_go.set()
        assert [sites_of(each.result()) for each in waiting] == [[NO_1]] * 3


def test_nothing_is_read_of_nobody(stranger: Visitor) -> None:
    read: list[bytes] = []

    async def much() -> AsyncIterator[bytes]:
        for piece in [b"q=SHOW+DATABASES"] * 3:
            read.append(piece)
            yield piece

    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": "Token wrong"}
    assert stranger.post("/query", content=much(), headers=headers).status_code == 401
    assert not read


def test_metrics_count_what_became_of_questions(stranger: Visitor, secrets: dict[str, str]) -> None:
    def counted() -> dict[str, float]:
        lines = stranger.get("/metrics").text.splitlines()
        found = [line.rsplit(" ", 1) for line in lines if line.startswith(("campanile_queries", "campanile_access"))]
        return {name: float(value) for name, value in found}

    headers = {"authorization": f"Token {secrets['all']}"}
    questions = {"answered": SITES, "failed": "SELECT f(x) FROM y", "refused": "DROP DATABASE campus"}
    for query in questions.values():
        stranger.get("/query", params={"q": query, "db": "campus"}, headers=headers)
    before = counted()
    for outcome, query in questions.items():
        stranger.get("/query", params={"q": query, "db": "campus"}, headers=headers)
        name = f'campanile_queries_total{{outcome="{outcome}"}}'
        assert counted()[name] == before[name] + 1
    stranger.get("/query", params={"q": SITES}, headers={"authorization": "Token wrong"})
    name = "campanile_access_tokens_refused_total"
    assert counted()[name] == before[name] + 1


def test_units_of_time_and_csv(stranger: Visitor, secrets: dict[str, str]) -> None:
    headers = {"authorization": f"Token {secrets[NO_1]}"}
    asked = {"db": "campus", "q": f"{NEWEST} GROUP BY site, device, room"}
    at = NOW - 60_000

    def told(**more: str) -> Any:
        answer = stranger.get("/query", params=asked | more, headers=headers)
        return answer.json()["results"][0]["series"][0]["values"][0][0]

    assert told(epoch="s") == at // 1000
    assert told(epoch="ns") == at * 1_000_000
    assert told(epoch="ms", chunked="true", pretty="true") == at
    assert told() == "2026-09-07T01:59:00Z"
    assert told(q=f"{NEWEST} tz('Asia/Shanghai')") == "2026-09-07T09:59:00+08:00"
    table = stranger.get("/query", params=asked, headers=headers | {"accept": "application/csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert table.text == (
        f'name,tags,time,last\nif_in_bps,"device=gw-1,room=r-net,site={NO_1}",{at * 1_000_000},100000000\n'
    )
