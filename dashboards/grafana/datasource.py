"""The data source our dashboards ask, as Grafana wants it: InfluxQL of InfluxDB 1 or 2, or of the controller itself. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from campus.errors import ConfigError
from campus.influx import DATABASE
from campus.secret import Secret
from dashboards.grafana.kind import Kind
from dashboards.grafana.model import Json
from dashboards.target import DATASOURCE_TYPE, DATASOURCE_UID

NAME: Final = "Campanile"
MAX_SERIES: Final = 20_000
"""Grafana shows no more series than this of one query; its own 1,000 are fewer than a large district has links."""
_MANAGED: Final = (
    "dbName",
    "httpHeaderName1",
    "httpMethod",
    "maxSeries",
    "tlsAuthWithCACert",
    "version",
)
"""Settings that are ours to say; what else an operator has set there stays."""


@dataclass(frozen=True)
class DataSource:
    """A data source; `password` goes with InfluxDB 1 (either may be without), `token` with the others."""

    kind: Kind
    url: str
    """As Grafana reaches it, without a slash at the end."""
    database: str = DATABASE
    user: str = ""
    password: Secret | None = field(default=None)
    token: Secret | None = field(default=None)
    authority: str = ""
    """In PEM form, where the system's authorities did not sign the server's certificate."""
    uid: str = DATASOURCE_UID
    name: str = NAME

    def __post_init__(self) -> None:
        """Raises `ConfigError` when what is given does not fit together."""
        if self.kind is Kind.INFLUXDB1:
            if self.token is not None:
                raise ConfigError(
                    "--datasource-token-file: InfluxDB 1 has no tokens: give --datasource-user and a password"
                )
            if bool(self.user) != (self.password is not None):
                raise ConfigError("--datasource influxdb1: give both --datasource-user and a password, or neither")
            return
        if self.user or self.password is not None:
            raise ConfigError(
                f"--datasource {self.kind}: it takes a token (--datasource-token-file), no user and password"
            )
        if self.token is None:
            raise ConfigError(
                f"--datasource {self.kind}: give its token with --datasource-token-file: {_HOW_TO_GET[self.kind]}"
            )

    def settings(self) -> Json:
        """All but the secrets, in Grafana's names."""
        return {
            "name": self.name,
            "type": DATASOURCE_TYPE,
            "access": "proxy",
            "url": self.url,
            "user": self.user,
            "jsonData": settings_of(self.kind, self.database, self.authority),
        }

    def secrets(self) -> dict[str, str]:
        """By Grafana's names; handed to Grafana and nobody else."""
        given: dict[str, str] = {}
        if self.password is not None:
            given["password"] = self.password.reveal()
        if self.token is not None:
            given["httpHeaderValue1"] = f"Token {self.token.reveal()}"
        if self.authority:
            given["tlsCACert"] = self.authority
        return given

    def payload(self) -> Json:
        """What makes it."""
        return {"uid": self.uid, **self.settings(), "secureJsonData": self.secrets()}

    def payload_over(self, theirs: Mapping[str, Any]) -> Json:
        """What changes theirs into it; settings that are not ours to say are kept."""
        kept = {key: value for key, value in (theirs.get("jsonData") or {}).items() if key not in _MANAGED}
        new = self.payload()
        return {
            **new,
            "name": theirs["name"],
            "isDefault": bool(theirs.get("isDefault")),
            "jsonData": kept | new["jsonData"],
        }

    def changes(self, theirs: Mapping[str, Any]) -> list[str]:
        """Names of the settings in which theirs differs; a secret only if it is missing, for Grafana does not tell it."""
        ours = self.settings()
        said = theirs.get("jsonData") or {}
        names = [key for key in ("type", "access", "url", "user") if (theirs.get(key) or "") != ours[key]]
        names += [key for key in _MANAGED if said.get(key) != ours["jsonData"].get(key)]
        known = theirs.get("secureJsonFields") or {}
        return names + [key for key in self.secrets() if not known.get(key)]


_HOW_TO_GET: Final = {
    Kind.INFLUXDB2: "`influx auth create --org ORGANISATION --read-buckets` makes one",
    Kind.CAMPANILE: "`campanile controller token create grafana` makes one",
}


def settings_of(kind: Kind, database: str, authority: str) -> Json:
    """`jsonData` of a data source; InfluxDB 2 and the controller take a token in a header of their own."""
    settings: Json = {"dbName": database, "httpMethod": "POST", "maxSeries": MAX_SERIES, "version": "InfluxQL"}
    if kind is not Kind.INFLUXDB1:
        settings["httpHeaderName1"] = "Authorization"
    if authority:
        settings["tlsAuthWithCACert"] = True
    return settings
