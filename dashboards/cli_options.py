"""Options that several commands of `campanile dashboards` share, and what they come to."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import available_timezones

import click

from campus.errors import ConfigError, file_trouble
from campus.influx import DATABASE
from campus.secret import Secret, secret_from_environment, secret_from_file
from dashboards.grafana.address import Address, Plain
from dashboards.grafana.kind import PASSWORD_VARIABLE, TOKEN_VARIABLE, Kind
from dashboards.words import Language

if TYPE_CHECKING:
    from dashboards.grafana.datasource import DataSource
    from dashboards.grafana.door import Door

Command = TypeVar("Command", bound=Callable[..., Any])
FILE: Final = click.Path(path_type=Path, dir_okay=False)
FOLDER: Final = click.Path(path_type=Path, file_okay=False)
_GRAFANA_TOKEN: Final = "CAMPANILE_GRAFANA_TOKEN"  # noqa: S105 - a name


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, in this order on the page of help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _among(kind: type[StrEnum]) -> dict[str, Any]:
    """An option of an enumeration's values; click itself would offer their names."""
    choice = click.Choice([one.value for one in kind])
    return {"type": choice, "callback": lambda _context, _option, value: None if value is None else kind(value)}


LANGUAGE: Final = click.option(
    "--language", **_among(Language), default=Language.ENGLISH.value, show_default=True, help="Of all texts."
)
CONSOLE: Final = click.option(
    "--console-url",
    default="http://localhost:8080",
    show_default=True,
    help="The console as people's browsers reach it: links lead there.",
)
TIMEZONE: Final = click.option(
    "--timezone",
    default="Asia/Shanghai",
    show_default=True,
    callback=lambda _context, _option, value: _known_timezone(value),
    help="The district's, as district.timezone in controller.yaml.",
)
GRAFANA: Final = _together(
    click.option("--url", required=True, help="Grafana's address, with the path it is served under."),
    click.option("--token-file", type=FILE, help="Holds a token of a service account of Grafana."),
    click.option("--ca-file", type=FILE, help="The authority (PEM) that signed Grafana's certificate."),
    click.option("--insecure-http", is_flag=True, help="Let secrets travel unencrypted beyond this machine."),
)
DATASOURCE: Final = _together(
    click.option("--datasource", "kind", **_among(Kind), help="Who answers the dashboards' queries."),
    click.option("--datasource-url", default="", help="Its address as Grafana reaches it."),
    click.option("--database", default=DATABASE, show_default=True, help="Its database."),
    click.option("--datasource-user", default="", help="Of InfluxDB 1."),
)


def _known_timezone(name: str) -> str:
    known = available_timezones()  # none on a machine without that database: then Grafana must know
    if known and name not in known:
        raise ConfigError(f"--timezone {name}: it is no IANA time zone: write it as Asia/Shanghai")
    return name


@dataclass(frozen=True)
class GrafanaOptions:
    """How to reach a Grafana."""

    url: str
    token_file: Path | None
    ca_file: Path | None
    insecure_http: bool

    @property
    def plain(self) -> Plain:
        """Whether secrets may travel unencrypted."""
        return Plain.ALLOWED if self.insecure_http else Plain.FORBIDDEN

    def door(self) -> "Door":
        """The way in; `ConfigError` when the address or the token is missing or wrong."""
        from dashboards.grafana.door import Door

        address = Address.of(self.url, "--url", self.plain)
        token = _secret(self.token_file, "--token-file", _GRAFANA_TOKEN)
        if token is None:
            raise ConfigError(
                f"--token-file: give a file with a token of Grafana, or set {_GRAFANA_TOKEN}. Make one in Grafana: "
                "Administration, Users and access, Service accounts (role Admin), Add token"
            )
        return Door(address, token, self.ca_file)


@dataclass(frozen=True)
class DataSourceOptions:
    """Who answers the queries."""

    kind: Kind | None
    url: str
    database: str
    user: str

    def source(
        self, plain: Plain, password_file: Path | None, token_file: Path | None, authority: str
    ) -> "DataSource | None":
        """The data source, None where none is told of; `ConfigError` where what is told does not fit together."""
        from dashboards.grafana.datasource import DataSource

        if self.kind is None:
            if self.url:
                raise ConfigError("--datasource-url: say with --datasource what answers there")
            return None
        url = str(Address.of(self.url, "--datasource-url", plain)).rstrip("/")
        password = _secret(password_file, "--datasource-password-file", PASSWORD_VARIABLE)
        token = _secret(token_file, "--datasource-token-file", TOKEN_VARIABLE)
        return DataSource(self.kind, url, self.database, self.user, password, token, authority)


def text_of(file: Path | None, option: str) -> str:
    """What a file in PEM form holds; empty where none is given."""
    if file is None:
        return ""
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{option} {file}: it cannot be read as PEM: {file_trouble(error)}") from error


def _secret(file: Path | None, option: str, variable: str) -> Secret | None:
    """From the file, else from the environment; None where neither is given."""
    if file is not None:
        return secret_from_file(file, option)
    return secret_from_environment(variable, variable) if variable in os.environ else None
