"""What a person reads when a Grafana does not do what is asked."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from campus.errors import CampusError, ConfigError, Transient
from campus.secret import Secret
from dashboards.grafana.address import Address, Plain
from dashboards.grafana.door import Door
from tests.fakes.grafana import ADMIN, EDITOR, Refused, fake_grafana
from tests.servers.authority import Authority

TOKEN = "glsa_secret"


def way_in(url: str, token: str = ADMIN, timeout_s: float = 30) -> Door:
    return Door(Address.of(url, "--url", Plain.FORBIDDEN), Secret(token), timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"message": "Dashboard title cannot be empty"}, ConfigError, "Dashboard title cannot be empty"),
        (401, {"message": "Invalid API key"}, ConfigError, "Service accounts"),
        (403, {"message": "Access denied"}, ConfigError, "role Admin"),
        (404, {"message": "folder not found"}, ConfigError, "folder not found"),
        (404, "<html>nginx</html>", ConfigError, "proxy or a sign-in page"),
        (407, "who are you", ConfigError, "no_proxy"),
        (412, {"message": "changed by someone else", "status": "version-mismatch"}, Transient, "push again"),
        (429, {"message": "too many"}, Transient, "too many"),
        (500, {"message": "Failed to save dashboard"}, Transient, "Failed to save dashboard"),
        (502, "<html>Bad Gateway</html>", Transient, "proxy or a sign-in page"),
        (200, "<html>Please sign in</html>", ConfigError, "proxy or a sign-in page"),
        (200, [], ConfigError, "proxy or a sign-in page"),
        (302, "https://elsewhere.example/", ConfigError, "give the address it leads to"),
    ],
)
def test_an_answer_says_what_to_do(status: int, body: object, kind: type[CampusError], words: str) -> None:
    with fake_grafana() as grafana:
        grafana.answer = lambda method, _: Refused(status, body) if method == "POST" else None
        with way_in(grafana.url) as door, pytest.raises(kind) as refused:
            door.save_dashboard({"uid": "campanile-a", "title": "Power"}, "campanile", "a message")
        said = str(refused.value)
        assert words in said
        assert grafana.url in said
        assert "saving the dashboard Power" in said
        assert ADMIN not in said


def test_a_missing_permission_is_named() -> None:
    with fake_grafana() as grafana, way_in(grafana.url, EDITOR) as door:
        with pytest.raises(ConfigError, match="lacks the permission datasources:create"):
            door.create_datasource({"uid": "campanile", "name": "Campanile"})
        with pytest.raises(ConfigError, match="lacks the permission serviceaccounts:create"):
            door.create_account("wall")


@pytest.mark.parametrize(
    "ask", [lambda door: door.folder("x"), lambda door: door.dashboard("x"), lambda door: door.datasource("x")]
)
def test_absent_is_none_and_a_web_page_is_not_absent(ask: Callable[[Door], object]) -> None:
    with fake_grafana() as grafana, way_in(grafana.url) as door:
        assert ask(door) is None
        grafana.answer = lambda *_: Refused(404, "<html>nginx</html>")
        with pytest.raises(ConfigError, match="proxy or a sign-in page"):
            ask(door)


def test_an_old_grafana_tells_its_version_and_another_program_does_not() -> None:
    def another(_: str, path: str) -> Refused | None:
        return Refused(200, {"status": "pass"}) if path == "/api/health" else None

    with fake_grafana("9.5.2") as grafana, way_in(grafana.url) as door:
        assert door.version() == "9.5.2"
        grafana.answer = another
        with pytest.raises(ConfigError, match=r"leads? to a Grafana"):
            door.version()
        grafana.answer = lambda *_: Refused(401, {"detail": "sign in first"})  # a Grafana's health needs no token
        with pytest.raises(ConfigError, match=r"\(sign in first\): does the address lead to a Grafana"):
            door.version()


def test_nothing_listens_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with (
            way_in(f"http://127.0.0.1:{port}", TOKEN) as door,
            pytest.raises(Transient, match="nothing answers") as refused,
        ):
            door.version()
    assert TOKEN not in str(refused.value)
    assert str(refused.value).endswith("([Errno 111] Connection refused)")  # and no objects of a library


def test_no_answer_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with way_in(url, TOKEN, timeout_s=0.2) as door, pytest.raises(Transient, match="no answer in time"):
            door.version()


def test_tls_is_checked_against_the_authority_that_is_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with fake_grafana(pair=authority.issue(["localhost"])) as grafana:
        address = Address.of(f"https://localhost:{grafana.port}", "--url", Plain.FORBIDDEN)
        with Door(address, Secret(ADMIN), authority.file) as door:
            assert door.version() == grafana.version
        with Door(address, Secret(ADMIN)) as door, pytest.raises(ConfigError, match="--ca-file"):
            door.version()
    with pytest.raises(ConfigError, match="no such file"):
        Door(address, Secret(ADMIN), tmp_path / "absent.pem")


def test_a_data_source_is_asked_after_its_health_and_permissions_are_not_its_health() -> None:
    def forbidden(_: str, path: str) -> Refused | None:
        return Refused(403, {"message": "Permissions needed: datasources:query"}) if path.endswith("/health") else None

    def plugin_gone(_: str, path: str) -> Refused | None:
        return Refused(500, {"message": "Plugin unavailable"}) if path.endswith("/health") else None

    with fake_grafana() as grafana, way_in(grafana.url) as door:
        door.create_datasource({"uid": "campanile", "name": "Campanile"})
        assert door.datasource_health("campanile").good
        grafana.answer = plugin_gone
        health = door.datasource_health("campanile")
        assert (health.good, health.words) == (False, "Plugin unavailable")
        grafana.answer = forbidden
        with pytest.raises(ConfigError, match="datasources:query"):
            door.datasource_health("campanile")
