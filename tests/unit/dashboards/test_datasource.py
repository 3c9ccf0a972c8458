"""The data source, as `push` makes it and as provisioning files say it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from campus.errors import ConfigError
from campus.secret import Secret
from dashboards.grafana.datasource import DataSource
from dashboards.grafana.kind import Kind
from dashboards.provisioning import Provisioning, provisioning_files, write_provisioning

URL = "https://store.example:8086"
TOKEN = Secret("token-of-the-reader")
PASSWORD = Secret("password-of-the-reader")


def told(source: DataSource) -> dict[str, Any]:
    """What Grafana tells of a data source once it was made: everything but the secrets."""
    payload = source.payload()
    return {**payload, "secureJsonFields": dict.fromkeys(payload.pop("secureJsonData"), True)}


def test_a_token_travels_in_a_header_and_a_password_as_one() -> None:
    assert DataSource(Kind.INFLUXDB2, URL, token=TOKEN).secrets() == {"httpHeaderValue1": "Token token-of-the-reader"}
    old = DataSource(Kind.INFLUXDB1, URL, user="grafana", password=PASSWORD)
    assert old.secrets() == {"password": "password-of-the-reader"}
    assert old.settings()["user"] == "grafana"
    assert "httpHeaderName1" not in old.settings()["jsonData"]


@pytest.mark.parametrize(
    ("kind", "user", "password", "token", "words"),
    [
        (Kind.INFLUXDB1, "", None, TOKEN, "has no tokens"),
        (Kind.INFLUXDB1, "grafana", None, None, "both --datasource-user and a password"),
        (Kind.INFLUXDB1, "", PASSWORD, None, "both --datasource-user and a password"),
        (Kind.INFLUXDB2, "", None, None, "influx auth create"),
        (Kind.CAMPANILE, "", None, None, "campanile controller token create"),
        (Kind.CAMPANILE, "grafana", None, TOKEN, "no user and password"),
    ],
)
def test_what_does_not_fit_together_is_said(
    kind: Kind, user: str, password: Secret | None, token: Secret | None, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        DataSource(kind, URL, user=user, password=password, token=token)


@pytest.mark.parametrize(
    "source",
    [
        DataSource(Kind.INFLUXDB1, URL),
        DataSource(Kind.INFLUXDB1, URL, user="grafana", password=PASSWORD),
        DataSource(Kind.INFLUXDB2, URL, token=TOKEN, authority="-----BEGIN CERTIFICATE-----"),
        DataSource(Kind.CAMPANILE, URL, token=TOKEN),
    ],
)
def test_what_was_made_is_not_changed_again(source: DataSource) -> None:
    assert source.changes(told(source)) == []
    assert source.changes(told(DataSource(Kind.INFLUXDB2, "https://other.example", "other", token=TOKEN))) != []


def test_an_operators_own_settings_are_kept_and_stale_ones_of_ours_are_not() -> None:
    theirs = told(DataSource(Kind.INFLUXDB2, URL, token=TOKEN, authority="PEM"))
    theirs |= {"isDefault": True, "name": "Renamed"}
    theirs["jsonData"]["timeInterval"] = "1m"
    wanted = DataSource(Kind.INFLUXDB1, URL)
    assert wanted.changes(theirs) == ["httpHeaderName1", "tlsAuthWithCACert"]
    over = wanted.payload_over(theirs)
    assert over["jsonData"] == {**wanted.settings()["jsonData"], "timeInterval": "1m"}
    assert (over["isDefault"], over["name"]) == (True, "Renamed")


def test_no_secret_is_printed() -> None:
    source = DataSource(Kind.INFLUXDB2, URL, token=TOKEN)
    assert "reader" not in repr(source)


def read(wanted: Provisioning) -> tuple[dict[str, Any], dict[str, Any]]:
    """The one data source and the one provider of the files."""
    files = {name: yaml.safe_load(text) for name, text in provisioning_files(wanted).items()}
    assert {content["apiVersion"] for content in files.values()} == {1}
    (source,) = files["datasources/campanile.yaml"]["datasources"]
    (provider,) = files["dashboards/campanile.yaml"]["providers"]
    return source, provider


@pytest.mark.parametrize("kind", list(Kind))
def test_provisioned_is_as_pushed_but_for_the_secret(kind: Kind) -> None:
    given = {"user": "grafana", "password": PASSWORD} if kind is Kind.INFLUXDB1 else {"token": TOKEN}
    pushed = DataSource(kind, URL, **given).payload()
    source, _ = read(Provisioning(kind, URL, "campanile", "Campanile", "/srv/boards", user=pushed["user"]))
    names = pushed.pop("secureJsonData")
    assert source.pop("secureJsonData").keys() == names.keys()
    assert source.pop("editable") is False
    assert {"user": "", **source} == pushed


def test_secrets_stay_out_of_files_and_dollars_are_not_variables() -> None:
    source, _ = read(Provisioning(Kind.INFLUXDB2, URL, "campanile", "Campanile", "/srv/boards"))
    assert source["secureJsonData"] == {"httpHeaderValue1": "Token $CAMPANILE_DATASOURCE_TOKEN"}
    source, _ = read(
        Provisioning(
            Kind.INFLUXDB1,
            URL,
            "campanile",
            "Campanile",
            "/srv/boards",
            "cam$pus",
            "graf$ana",
            secret_file="/run/secret",
        )
    )
    assert source["secureJsonData"] == {"password": "$__file{/run/secret}"}
    assert (source["user"], source["jsonData"]["dbName"]) == ("graf$$ana", "cam$$pus")


def test_the_provider_leads_to_the_folder_and_the_files(tmp_path: Path) -> None:
    wanted = Provisioning(Kind.CAMPANILE, URL, "campanile", "钟楼", "/srv/boards")
    _, provider = read(wanted)
    assert (provider["folderUid"], provider["folder"], provider["options"]["path"]) == (
        "campanile",
        "钟楼",
        "/srv/boards",
    )
    written = write_provisioning(wanted, tmp_path)
    assert {path.relative_to(tmp_path).as_posix() for path in written} == set(provisioning_files(wanted))
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        write_provisioning(wanted, tmp_path / "file")
