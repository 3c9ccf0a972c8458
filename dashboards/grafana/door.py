"""The way into a running Grafana: what `push` and `diff` ask of its HTTP API; the one place that knows grafana-client."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException, GrafanaServerError
from niquests.exceptions import RequestException

from campus.errors import ConfigError
from campus.loopback import is_loopback
from campus.secret import Secret
from dashboards.grafana.address import Address
from dashboards.grafana.model import Json
from dashboards.grafana.trouble import ASKING_HEALTH, not_json, trouble

TIMEOUT_S: Final = 30.0
_MOST_DASHBOARDS: Final = 5000
"""Grafana lists no more at a time, and we have a dozen."""


@dataclass(frozen=True)
class Stored:
    """A dashboard as Grafana keeps it."""

    model: Json
    folder: str
    """Its folder's uid; empty is Grafana's general folder."""
    version: int
    provisioned: bool


@dataclass(frozen=True)
class Health:
    """What a data source says of itself."""

    good: bool
    words: str


class Door:
    """One Grafana, asked with one token. Blocking, for one thread; dials when first asked. Close it, or use it as a block.

    Every method raises `ConfigError` where a person must act (address, token, permission) and `Transient` where it may work
    later, both with the address and what was being done. Absent things are None.
    """

    def __init__(
        self, address: Address, token: Secret, ca_file: Path | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        """`ca_file` holds the authority that signed Grafana's certificate; None means the system's."""
        self.address = address
        if ca_file is not None and not ca_file.is_file():
            raise ConfigError(f"--ca-file {ca_file}: there is no such file")
        self._api: Any = GrafanaApi(  # untyped beyond this line
            token.reveal(),
            host=address.netloc_host,
            port=address.port,
            url_path_prefix=address.path,
            protocol=address.scheme,
            verify=True if ca_file is None else str(ca_file),
            timeout=timeout_s,
            user_agent="campanile",
        )
        session = self._api.client.s
        session.max_redirects = 0  # a token goes where a person sent it, nowhere else
        # No proxy on the way to oneself, and no .netrc in place of the token.
        session.trust_env = not is_loopback(address.host)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._api.client.s.close()

    def version(self) -> str:
        """Grafana's version such as ``12.3.1``; also that its database works and the token is accepted."""
        said = self._object(lambda: self._api.client.GET("/health"), ASKING_HEALTH)
        if "database" not in said:
            raise not_json(self.address, ASKING_HEALTH)
        built = self._object(self._api.health.check, "signing in")
        version = built.get("version") or said.get("version")
        if not version:
            raise ConfigError(
                f"{self.address}: Grafana does not tell its version: give the token's account the role Admin"
            )
        return str(version)

    def folder(self, uid: str) -> Json | None:
        """A folder."""
        return self._found(lambda: self._api.folder.get_folder(uid), f"looking for the folder {uid}")

    def create_folder(self, uid: str, title: str) -> None:
        """Make a folder at the top."""
        self._object(lambda: self._api.folder.create_folder(title, uid), f"making the folder {title}")

    def dashboard(self, uid: str) -> Stored | None:
        """A dashboard with what Grafana says about it."""
        found = self._found(lambda: self._api.dashboard.get_dashboard(uid), f"reading the dashboard {uid}")
        if found is None:
            return None
        meta = found.get("meta") or {}
        return Stored(
            found["dashboard"],
            meta.get("folderUid") or "",
            int(meta.get("version") or 0),
            bool(meta.get("provisioned")),
        )

    def save_dashboard(self, model: Json, folder: str, message: str) -> None:
        """Make a dashboard or overwrite the one of its uid; the former stays in Grafana's history of versions."""
        sent = {"dashboard": {**model, "id": None}, "folderUid": folder, "message": message, "overwrite": True}
        self._object(lambda: self._api.dashboard.update_dashboard(sent), f"saving the dashboard {model['title']}")

    def delete_dashboard(self, uid: str) -> None:
        """Delete it; nothing happens when it is gone already."""
        self._found(lambda: self._api.dashboard.delete_dashboard(uid), f"deleting the dashboard {uid}")

    def tagged(self, tag: str) -> dict[str, str]:
        """Titles of all dashboards with a tag, by uid."""
        found = self._list(
            lambda: self._api.search.search_dashboards(tag=tag, type_="dash-db", limit=_MOST_DASHBOARDS),
            f"listing the dashboards tagged {tag}",
        )
        return {each["uid"]: each["title"] for each in found}

    def datasource(self, uid: str) -> Json | None:
        """A data source; its secrets are never given out, only that they are set (`secureJsonFields`)."""
        return self._found(
            lambda: self._api.datasource.get_datasource_by_uid(uid), f"looking for the data source {uid}"
        )

    def create_datasource(self, wanted: Json) -> None:
        """Make a data source."""
        self._object(lambda: self._api.datasource.create_datasource(wanted), f"making the data source {wanted['name']}")

    def update_datasource(self, uid: str, wanted: Json) -> None:
        """Replace a data source; secrets that are left out stay as they are."""
        self._object(
            lambda: self._api.datasource.update_datasource_by_uid(uid, wanted),
            f"changing the data source {wanted['name']}",
        )

    def datasource_health(self, uid: str) -> Health:
        """Have Grafana try the data source, in its plugin's own words. Grafana answers 400 and 5xx when it does not work."""
        doing = f"trying the data source {uid}"
        try:
            said = self._object(
                lambda: self._api.datasource.health(uid), doing, through=(GrafanaClientError, GrafanaServerError)
            )
        except (GrafanaClientError, GrafanaServerError) as error:
            if error.status_code in (401, 403) or not isinstance(error.response, Mapping):
                raise trouble(error, self.address, doing) from error
            said = dict(error.response)
        return Health(said.get("status") == "OK", str(said.get("message") or "no reason given"))

    def account(self, name: str) -> Json | None:
        """The service account of that very name."""
        doing = f"looking for the service account {name}"
        found = self._list(lambda: self._api.serviceaccount.search_all(query=name), doing)
        return next((dict(each) for each in found if each["name"] == name), None)

    def create_account(self, name: str) -> Json:
        """Make a service account that may look and nothing else."""
        wanted = {"name": name, "role": "Viewer"}
        return self._object(lambda: self._api.serviceaccount.create(wanted), f"making the service account {name}")

    def create_token(self, account: int, name: str) -> Secret:
        """Make a token of a service account; Grafana tells it this once."""
        doing = f"making the token {name}"
        return Secret(
            self._object(lambda: self._api.serviceaccount.create_token(account, {"name": name}), doing)["key"]
        )

    def _found(self, ask: Callable[[], object], doing: str) -> Json | None:
        """The answer, None where Grafana says that there is no such thing."""
        try:
            return self._object(ask, doing, through=(GrafanaClientError,))
        except GrafanaClientError as error:
            if error.status_code == 404 and isinstance(error.response, Mapping):
                return None
            raise trouble(error, self.address, doing) from error

    def _object(self, ask: Callable[[], object], doing: str, through: tuple[type[GrafanaException], ...] = ()) -> Json:
        answer = self._ask(ask, doing, through)
        if not isinstance(answer, dict):
            raise not_json(self.address, doing)
        return answer

    def _list(self, ask: Callable[[], object], doing: str) -> list[Json]:
        answer = self._ask(ask, doing, ())
        if not isinstance(answer, list):
            raise not_json(self.address, doing)
        return answer

    def _ask(self, ask: Callable[[], object], doing: str, through: tuple[type[GrafanaException], ...]) -> object:
        """Ask, and translate what goes wrong, but for what the caller wants to judge itself."""
        try:
            return ask()
        except (GrafanaException, RequestException) as error:
            if through and isinstance(error, through):
                raise
            raise trouble(error, self.address, doing) from error
        except (AttributeError, KeyError, TypeError) as error:
            # The library takes what Grafana usually says for granted; a page in HTML has no `buildInfo`.
            raise not_json(self.address, doing) from error
