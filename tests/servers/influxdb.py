"""A real InfluxDB 1.x on free loopback ports, with authentication on; and a real 2.x where the environment names one.

`CAMPUS_INFLUXDB2_URL`, `CAMPUS_INFLUXDB2_TOKEN` and `CAMPUS_INFLUXDB2_ORG` name a running InfluxDB 2 whose token may create
buckets. Every test works in a database of its own (`fresh_database`), so one server serves many of them.
"""

import base64
import json
import os
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campus.influx import Policy
from tests.servers.daemon import free_port, require_program, running, wait_until

_CONFIG = """reporting-disabled = true
bind-address = "127.0.0.1:{backup_port}"
[meta]
dir = "{directory}/meta"
[data]
dir = "{directory}/data"
wal-dir = "{directory}/wal"
index-version = "inmem"
max-values-per-tag = {max_values_per_tag}
query-log-enabled = false
[monitor]
store-enabled = false
[logging]
level = "error"
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
auth-enabled = true
max-body-size = {max_body_bytes}
"""


@dataclass(frozen=True)
class InfluxServer:
    """A running server and how to enter it: by user and password (1.x), or by token and organisation (2.x)."""

    url: str
    version: int
    username: str = ""
    password: str = ""
    token: str = ""
    organisation: str = ""
    pid: int = 0
    """0 when it is not ours to stop."""
    backup_port: int = 0
    """Where `influxd backup -host` finds a 1.x."""

    def fresh_database(self) -> str:
        """A new database with all policies of ours (2.x: buckets), which keep everything for ever."""
        name = fresh_name()
        if self.version == 1:
            self.query(f'CREATE DATABASE "{name}"')  # its first policy is `autogen`
            for policy in set(Policy) - {Policy.RAW}:
                self.query(f'CREATE RETENTION POLICY "{policy}" ON "{name}" DURATION INF REPLICATION 1')
            return name
        for policy in Policy:
            self._bucket(name if policy is Policy.RAW else f"{name}/{policy}")
        return name

    def map_elsewhere(self, database: str, policy: str, *, is_default: bool) -> None:
        """For 2.x: have `/query` find a database and policy in a bucket of another name, as an upgrade of 1.x does."""
        wanted = {
            "orgID": self._organisation_id(),
            "bucketID": self._bucket(fresh_name()),
            "database": database,
            "retention_policy": policy,
            "default": is_default,
        }
        self._call("/api/v2/dbrps", json.dumps(wanted).encode(), "application/json")

    def query(self, text: str, database: str = "", policy: str = "") -> list[dict[str, Any]]:
        """The results of an InfluxQL text, as InfluxDB's JSON has them; `AssertionError` with its words when one failed."""
        fields = {"q": text, "epoch": "ms"} | ({"db": database} if database else {})
        fields |= {"rp": policy} if policy else {}
        answer = json.loads(self._call("/query", urllib.parse.urlencode(fields).encode()))
        results: list[dict[str, Any]] = answer["results"]
        assert not any("error" in result for result in results), results
        return results

    def write(self, lines: str, database: str, policy: str = "") -> None:
        """Line protocol in milliseconds; for 1.x."""
        fields = {"db": database, "precision": "ms"} | ({"rp": policy} if policy else {})
        self._call(f"/write?{urllib.parse.urlencode(fields)}", lines.encode())

    def secret_file(self, folder: Path) -> Path:
        """The password (1.x) or the token (2.x), as a file that a configuration may name."""
        path = folder / "influxdb.secret"
        path.write_text(self.password if self.version == 1 else self.token)
        path.chmod(0o600)
        return path

    def _bucket(self, name: str) -> str:
        wanted = {"orgID": self._organisation_id(), "name": name, "retentionRules": []}
        return str(json.loads(self._call("/api/v2/buckets", json.dumps(wanted).encode(), "application/json"))["id"])

    def _organisation_id(self) -> str:
        organisations = json.loads(self._call(f"/api/v2/orgs?{urllib.parse.urlencode({'org': self.organisation})}"))
        return str(organisations["orgs"][0]["id"])

    def _call(self, path: str, body: bytes | None = None, kind: str = "application/x-www-form-urlencoded") -> bytes:
        headers = {"Authorization": self._authorization(), "Content-Type": kind}
        request = urllib.request.Request(f"{self.url}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error.code}: {error.read().decode(errors='replace')}") from error

    def _authorization(self) -> str:
        if self.token:
            return f"Token {self.token}"
        return f"Basic {base64.b64encode(f'{self.username}:{self.password}'.encode()).decode()}"


@contextmanager
def influxdb(
    directory: Path, port: int | None = None, *, max_values_per_tag: int = 100_000, max_body_bytes: int = 25_000_000
) -> Iterator[InfluxServer]:
    """Run influxd with `directory` for its data; started there again it has what it had. The user is an administrator."""
    program = require_program("influxd", "influxdb")
    directory.mkdir(parents=True, exist_ok=True)
    chosen, backup_port = port or free_port(), free_port()
    config = directory / "influxdb.conf"
    config.write_text(
        _CONFIG.format(
            directory=directory,
            port=chosen,
            backup_port=backup_port,
            max_values_per_tag=max_values_per_tag,
            max_body_bytes=max_body_bytes,
        )
    )
    url = f"http://127.0.0.1:{chosen}"
    with running([program, "-config", str(config)], directory / "influxdb.log", lambda: _pings(url)) as process:
        server = InfluxServer(
            url, 1, username="campanile", password="only for tests", pid=process.pid, backup_port=backup_port
        )
        wait_until(lambda: _is_entered(server), "influxd to know its administrator")
        yield server


def fresh_name() -> str:
    """A name that no database has."""
    return f"t{secrets.token_hex(6)}"


def influxdb2() -> InfluxServer | None:
    """The InfluxDB 2 that the environment names; None when it names none."""
    url = os.environ.get("CAMPUS_INFLUXDB2_URL", "")
    if not url:
        return None
    token, organisation = os.environ["CAMPUS_INFLUXDB2_TOKEN"], os.environ["CAMPUS_INFLUXDB2_ORG"]
    return InfluxServer(url.rstrip("/"), 2, token=token, organisation=organisation)


def _is_entered(server: InfluxServer) -> bool:
    """Make the first user, which a server without one lets anybody do; True once that user gets in."""
    text = f"CREATE USER \"{server.username}\" WITH PASSWORD '{server.password}' WITH ALL PRIVILEGES"
    try:
        server.query(text)
        server.query("SHOW DATABASES")
    except (AssertionError, OSError):
        return False
    return True


def _pings(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ping", timeout=1):
            return True
    except OSError:
        return False
