"""Files of Grafana's own provisioning: it reads them when it starts, so that nobody has to push. Secrets stay out of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from campus.errors import ConfigError, file_trouble
from campus.influx import DATABASE
from dashboards.grafana.datasource import NAME, settings_of
from dashboards.grafana.kind import Kind
from dashboards.target import DATASOURCE_TYPE, DATASOURCE_UID

REREAD_S: Final = 60


@dataclass(frozen=True)
class Provisioning:
    """What the files say."""

    kind: Kind
    url: str
    """As Grafana reaches it."""
    folder: str
    folder_title: str
    dashboards_dir: str
    """Where the dashboards' JSON lies as Grafana sees it."""
    database: str = DATABASE
    user: str = ""
    """With InfluxDB 1; empty where it asks for none."""
    secret_file: str = ""
    """As Grafana sees it; empty: the secret is in an environment variable of Grafana."""
    authority_file: str = ""
    """As Grafana sees it."""


def provisioning_files(wanted: Provisioning) -> dict[str, str]:
    """Texts by path below Grafana's provisioning folder."""
    return {
        "datasources/campanile.yaml": _text(_datasource(wanted)),
        "dashboards/campanile.yaml": _text(_provider(wanted)),
    }


def write_provisioning(wanted: Provisioning, directory: Path) -> list[Path]:
    """Write the files below `directory`, making folders; the paths written."""
    written = []
    for name, text in provisioning_files(wanted).items():
        path = directory / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: it cannot be written: {file_trouble(error)}") from error
        written.append(path)
    return written


def _datasource(wanted: Provisioning) -> Mapping[str, Any]:
    """One data source that nobody edits on the page: what the file says would come back at the next start."""
    secrets = {}
    if wanted.kind is not Kind.INFLUXDB1:
        secrets["httpHeaderValue1"] = f"Token {_secret(wanted)}"
    elif wanted.user:
        secrets["password"] = _secret(wanted)
    if wanted.authority_file:
        secrets["tlsCACert"] = _file(wanted.authority_file)
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": NAME,
                "uid": DATASOURCE_UID,
                "type": DATASOURCE_TYPE,
                "access": "proxy",
                "url": _literal(wanted.url),
                **({"user": _literal(wanted.user)} if wanted.user else {}),
                "jsonData": settings_of(wanted.kind, _literal(wanted.database), wanted.authority_file),
                "secureJsonData": secrets,
                "editable": False,
            }
        ],
    }


def _provider(wanted: Provisioning) -> Mapping[str, Any]:
    """Dashboards of a folder of files; Grafana makes the folder, and deletes what has no file any more."""
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": "campanile",
                "orgId": 1,
                "folder": wanted.folder_title,
                "folderUid": wanted.folder,
                "type": "file",
                "disableDeletion": False,
                "allowUiUpdates": False,
                "updateIntervalSeconds": REREAD_S,
                "options": {"path": wanted.dashboards_dir, "foldersFromFilesStructure": False},
            }
        ],
    }


def _file(path: str) -> str:
    """Grafana reads the file itself when it starts."""
    return f"$__file{{{path}}}" if path else ""


def _literal(text: str) -> str:
    """Grafana takes a dollar for the beginning of a variable, unless it is doubled."""
    return text.replace("$", "$$")


def _secret(wanted: Provisioning) -> str:
    """Where Grafana finds the secret, in its own syntax."""
    return _file(wanted.secret_file) or f"${wanted.kind.secret_variable}"


def _text(content: Mapping[str, Any]) -> str:
    head = "# Written by `campanile dashboards render --provisioning`; Grafana reads it when it starts.\n"
    return head + yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=120)
