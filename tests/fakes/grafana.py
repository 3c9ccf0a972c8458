"""A Grafana on a real socket: as much of its HTTP API as `campanile dashboards` uses, with its status codes and words.

Answers are those of Grafana 10 to 12 where they agree. Not judged: whether a dashboard's JSON makes sense.
"""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from re import Match, Pattern
from re import compile as compiled
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from tests.servers.authority import KeyPair

Json = dict[str, Any]
ADMIN: Final = "glsa_admin"
EDITOR: Final = "glsa_editor"
_ADMIN_ONLY: Final = {"datasources:create", "datasources:write", "serviceaccounts:create", "serviceaccounts:write"}


class Refused(Exception):
    """Answered with this status and body."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass
class FakeGrafana:
    """What it holds, and what a test lets go wrong. Not asked by two threads at once."""

    version: str = "12.3.1"
    port: int = 0
    folders: dict[str, Json] = field(default_factory=dict)
    dashboards: dict[str, Json] = field(default_factory=dict)
    """Model, folderUid, version, message and provisioned, by uid."""
    datasources: dict[str, Json] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of data sources, by uid; never answered."""
    accounts: dict[int, Json] = field(default_factory=dict)
    tokens: dict[int, list[str]] = field(default_factory=dict)
    works_with: str = ""
    """The secret a data source works with; empty: with any."""
    measurements: int = 3
    """That its data sources have."""
    writes: list[str] = field(default_factory=list)
    """Method and path of all that was not only read."""
    answer: Callable[[str, str], Refused | None] = lambda _method, _path: None
    """Asked first: what a test wants answered instead."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def handle(self, method: str, target: str, token: str, body: Json) -> object:
        """The answer to a request; raises `Refused`."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        if (instead := self.answer(method, path)) is not None:
            raise instead
        if path == "/api/health":
            return {"database": "ok", "version": self.version, "commit": "0"}
        if token not in (ADMIN, EDITOR):
            raise Refused(401, {"message": "Invalid API key", "messageId": "api-key.invalid", "statusCode": 401})
        for wanted, pattern, permission, do in _ROUTES:
            if wanted == method and (found := pattern.fullmatch(path)):
                if token != ADMIN and permission in _ADMIN_ONLY:
                    raise _denied(permission)
                if method != "GET":
                    self.writes.append(f"{method} {path}")
                return do(self, found, {key: values[0] for key, values in parse_qs(parts.query).items()}, body)
        raise Refused(404, {"message": "Not found"})

    def settings(self, *_: object) -> Json:
        return {"buildInfo": {"version": self.version, "edition": "Open Source"}}

    def get_folder(self, found: Match[str], *_: object) -> Json:
        return _known(self.folders, found[1], "folder not found")

    def create_folder(self, _: object, __: object, body: Json) -> Json:
        if body["uid"] in self.folders:
            raise Refused(412, {"message": "a folder with the same uid already exists", "status": "name-exists"})
        self.folders[body["uid"]] = {"id": len(self.folders) + 1, **body, "version": 1}
        return self.folders[body["uid"]]

    def get_dashboard(self, found: Match[str], *_: object) -> Json:
        kept = _known(self.dashboards, found[1], "Dashboard not found")
        meta = {key: kept[key] for key in ("folderUid", "version", "provisioned")}
        return {"dashboard": deepcopy(kept["model"]), "meta": {**meta, "type": "db", "slug": found[1]}}

    def save_dashboard(self, _: object, __: object, body: Json) -> Json:
        model = deepcopy(body["dashboard"])
        if not model.get("title"):
            raise Refused(400, {"message": "Dashboard title cannot be empty", "status": "empty-name"})
        if body.get("folderUid") and body["folderUid"] not in self.folders:
            raise Refused(400, {"message": "folder not found"})
        kept = self.dashboards.get(model["uid"])
        if kept is not None and kept["provisioned"]:
            raise Refused(400, {"message": "Cannot save provisioned dashboard"})
        if kept is not None and not body.get("overwrite"):
            raise Refused(
                412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
            )
        version = 1 if kept is None else kept["version"] + 1
        model |= {"id": len(self.dashboards) + 1 if kept is None else kept["model"]["id"], "version": version}
        self.dashboards[model["uid"]] = {
            "model": model,
            "folderUid": body.get("folderUid") or "",
            "version": version,
            "message": body.get("message", ""),
            "provisioned": False,
        }
        return {
            "id": model["id"],
            "uid": model["uid"],
            "status": "success",
            "version": version,
            "url": f"/d/{model['uid']}",
        }

    def delete_dashboard(self, found: Match[str], *_: object) -> Json:
        if _known(self.dashboards, found[1], "Dashboard not found")["provisioned"]:
            raise Refused(400, {"message": "provisioned dashboard cannot be deleted"})
        del self.dashboards[found[1]]
        return {"message": "Dashboard deleted"}

    def search(self, _: object, query: dict[str, str], __: object) -> list[Json]:
        tagged = [
            {"uid": uid, "title": kept["model"]["title"], "type": "dash-db", "tags": kept["model"].get("tags", [])}
            for uid, kept in self.dashboards.items()
        ]
        return [each for each in tagged if query["tag"] in each["tags"]][: int(query["limit"])]

    def get_datasource(self, found: Match[str], *_: object) -> Json:
        return deepcopy(_known(self.datasources, found[1], "Data source not found"))

    def create_datasource(self, _: object, __: object, body: Json) -> Json:
        if any(kept["name"] == body["name"] for kept in self.datasources.values()):
            raise Refused(409, {"message": "data source with the same name already exists"})
        self._keep_datasource({"id": len(self.datasources) + 1, "readOnly": False, "version": 1, **body})
        return {"datasource": self.datasources[body["uid"]], "message": "Datasource added", "name": body["name"]}

    def update_datasource(self, found: Match[str], _: object, body: Json) -> Json:
        kept = _known(self.datasources, found[1], "Data source not found")
        if kept["readOnly"]:
            raise Refused(403, {"message": "Cannot update read-only data source"})
        self._keep_datasource(
            {"id": kept["id"], "readOnly": False, "version": kept["version"] + 1, **body, "uid": found[1]}
        )
        return {"datasource": self.datasources[found[1]], "message": "Datasource updated", "name": body["name"]}

    def _keep_datasource(self, told: Json) -> None:
        uid = told["uid"]
        self.secrets[uid] = {**self.secrets.get(uid, {}), **told.pop("secureJsonData", {})}
        self.datasources[uid] = {**told, "secureJsonFields": dict.fromkeys(self.secrets[uid], True)}

    def datasource_health(self, found: Match[str], *_: object) -> Json:
        _known(self.datasources, found[1], "Data source not found")
        if self.works_with and self.works_with not in self.secrets[found[1]].values():
            words = "error reading influxDB: InfluxDB returned error status: 401 Unauthorized"
            raise Refused(400, {"status": "ERROR", "message": words, "details": None})
        return {
            "status": "OK",
            "message": f"datasource is working. {self.measurements} measurements found",
            "details": None,
        }

    def find_accounts(self, _: object, query: dict[str, str], __: object) -> Json:
        found = [each for each in self.accounts.values() if query["query"] in each["name"]]
        page = int(query["page"])
        return {"totalCount": len(found), "serviceAccounts": found if page == 1 else [], "page": page, "perPage": 1000}

    def create_account(self, _: object, __: object, body: Json) -> Json:
        if any(each["name"] == body["name"] for each in self.accounts.values()):
            raise Refused(
                400, {"message": "service account already exists", "messageId": "serviceaccounts.ErrAlreadyExists"}
            )
        number = len(self.accounts) + 2
        self.accounts[number] = {"id": number, **body, "login": f"sa-{body['name']}", "isDisabled": False}
        return self.accounts[number]

    def create_token(self, found: Match[str], _: object, body: Json) -> Json:
        names = self.tokens.setdefault(int(found[1]), [])
        if body["name"] in names:
            raise Refused(409, {"message": "service account token with given name already exists"})
        names.append(body["name"])
        return {"id": len(names), "name": body["name"], "key": f"glsa_wall{len(names)}"}


def _known(kept: dict[str, Json], uid: str, words: str) -> Json:
    if uid not in kept:
        raise Refused(404, {"message": words})
    return kept[uid]


def _denied(permission: str) -> Refused:
    words = f"You'll need additional permissions to perform this action. Permissions needed: {permission}"
    return Refused(403, {"accessErrorId": "ACE0123456789", "message": words, "title": "Access denied"})


_Do = Callable[[FakeGrafana, Any, Any, Any], object]
_ROUTES: Final[list[tuple[str, Pattern[str], str, _Do]]] = [
    (method, compiled(path), permission, do)
    for method, path, permission, do in (
        ("GET", "/api/frontend/settings", "", FakeGrafana.settings),
        ("GET", "/api/folders/([^/]+)", "folders:read", FakeGrafana.get_folder),
        ("POST", "/api/folders", "folders:create", FakeGrafana.create_folder),
        ("GET", "/api/dashboards/uid/([^/]+)", "dashboards:read", FakeGrafana.get_dashboard),
        ("POST", "/api/dashboards/db", "dashboards:write", FakeGrafana.save_dashboard),
        ("DELETE", "/api/dashboards/uid/([^/]+)", "dashboards:delete", FakeGrafana.delete_dashboard),
        ("GET", "/api/search", "", FakeGrafana.search),
        ("GET", "/api/datasources/uid/([^/]+)/health", "datasources:query", FakeGrafana.datasource_health),
        ("GET", "/api/datasources/uid/([^/]+)", "datasources:read", FakeGrafana.get_datasource),
        ("POST", "/api/datasources", "datasources:create", FakeGrafana.create_datasource),
        ("PUT", "/api/datasources/uid/([^/]+)", "datasources:write", FakeGrafana.update_datasource),
        ("GET", "/api/serviceaccounts/search", "serviceaccounts:read", FakeGrafana.find_accounts),
        ("POST", "/api/serviceaccounts/", "serviceaccounts:create", FakeGrafana.create_account),
        ("POST", r"/api/serviceaccounts/(\d+)/tokens", "serviceaccounts:write", FakeGrafana.create_token),
    )
]


@contextmanager
def fake_grafana(version: str = "12.3.1", pair: KeyPair | None = None) -> Iterator[FakeGrafana]:
    """Serve one on a free loopback port until the block ends, with TLS where `pair` is given."""
    grafana = FakeGrafana(version)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            told = json.loads(self.rfile.read(length)) if length else {}
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            try:
                status, body = 200, grafana.handle(self.command, self.path, token, told)
            except Refused as refused:
                status, body = refused.status, refused.body
            said = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", str(body))
            self.send_header(
                "Content-Type", "text/html" if isinstance(body, str) else "application/json; charset=UTF-8"
            )
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        grafana.port = server.server_address[1]
        if pair is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(pair.certificate, pair.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield grafana
        finally:
            server.shutdown()
            thread.join()
