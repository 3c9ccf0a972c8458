"""The controller's one YAML file as typed settings. Every key has a working default; relative paths are relative to it.

Reads and checks; opens nothing but the secret files. What a wrong entry costs is one sentence with file, line and advice.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec.structs import replace

from campus.document import line_of, load_document
from campus.errors import ConfigError
from campus.loopback import is_loopback
from campus.secret import Secret, secret_from_environment, secret_from_file
from campus.tls import TlsSettings
from controller.applications.model import ApplicationSettings
from controller.calendar.model import parse_minute
from controller.configurations.model import ChangeWindow, window_problem
from controller.ingest.limits import Limits
from controller.readiness.model import ReadinessSettings
from controller.store.influx.settings import InfluxSettings
from controller.store.port import Retention
from controller.throughput.model import ThroughputSettings
from controller.workorders.terms import WorkOrderSettings


class _Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every block: a key nobody knows is an error."""


class BrokerSettings(_Settings, frozen=True):
    """The central MQTT broker; `port` 8883 is usual with TLS. `client_id` names the controller's session on it."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password_file: str = ""
    tls: TlsSettings | None = None
    client_id: str = "campanile-controller"

    def password(self) -> Secret | None:
        """The password, read now; None when no file is named."""
        return secret_from_file(Path(self.password_file), "broker.password_file") if self.password_file else None


class HttpSettings(_Settings, frozen=True):
    """Where the console and the API listen. Only loopback: what faces the network is a reverse proxy with TLS.

    `public_url` is that proxy's address, such as ``https://campanile.example``; empty while there is none.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""

    @property
    def public_name(self) -> str:
        """The host name people write; empty when only this machine looks."""
        return urlsplit(self.public_url).hostname or ""


class DistrictSettings(_Settings, frozen=True):
    """What the district is called, and by which clock its days run (IANA time zone)."""

    timezone: str = "Asia/Shanghai"
    name_en: str = "School District"
    name_zh: str = "学区"


class AlertSettings(_Settings, frozen=True):
    """`rules_dir` holds rules of the district's own: one of a shipped rule's id replaces it, a new id adds to them."""

    rules_dir: str = ""


class TellingSettings(_Settings, frozen=True):
    """`register` is the file of people and channels; without one nobody is told."""

    register: str = ""


class ConfigurationSettings(_Settings, frozen=True):
    """In which times changes to the configurations of network devices are expected; without any, at all times."""

    change_windows: tuple[ChangeWindow, ...] = ()


class StoreKind(StrEnum):
    """Which sample store."""

    EMBEDDED = "embedded"
    INFLUXDB = "influxdb"


class ControllerConfig(_Settings, frozen=True):
    """The whole file.

    `enrolment` names a district file that is enrolled at every start; empty means that `campanile controller enrol` did
    it once. `influxdb` is where `store: influxdb` keeps the samples. `database_url_file` or `database_url_env` moves the
    registry to another database than SQLite in `data_dir`.
    """

    data_dir: str = "data"
    broker: BrokerSettings = BrokerSettings()
    http: HttpSettings = HttpSettings()
    district: DistrictSettings = DistrictSettings()
    enrolment: str = ""
    alerts: AlertSettings = AlertSettings()
    telling: TellingSettings = TellingSettings()
    applications: ApplicationSettings = ApplicationSettings()
    throughput: ThroughputSettings = ThroughputSettings()
    configurations: ConfigurationSettings = ConfigurationSettings()
    readiness: ReadinessSettings = ReadinessSettings()
    work_orders: WorkOrderSettings = WorkOrderSettings()
    retention: Retention = Retention()
    limits: Limits = Limits()
    store: StoreKind = StoreKind.EMBEDDED
    influxdb: InfluxSettings = InfluxSettings()
    database_url_file: str = ""
    database_url_env: str = ""

    @property
    def rules_path(self) -> Path | None:
        """Where the district's own alert rules stand; None when it has none."""
        return Path(self.alerts.rules_dir) if self.alerts.rules_dir else None

    @property
    def register_path(self) -> Path | None:
        """The file of people and channels; None when nobody is told."""
        return Path(self.telling.register) if self.telling.register else None

    @property
    def data_path(self) -> Path:
        """Where samples, the registry and dead letters live."""
        return Path(self.data_dir)

    @property
    def enrolment_path(self) -> Path:
        """The district file; meaningless when `enrolment` is empty."""
        return Path(self.enrolment)

    def throughput_token(self) -> Secret | None:
        """What agents prove themselves with when they measure their lines, read now; None when no file is named."""
        path = self.throughput.token_file
        return secret_from_file(Path(path), "throughput.token_file") if path else None

    def database_url(self) -> Secret:
        """The registry's SQLAlchemy URL, its secret read now."""
        if self.database_url_file:
            return secret_from_file(Path(self.database_url_file), "database_url_file")
        if self.database_url_env:
            return secret_from_environment(self.database_url_env, "database_url_env")
        return Secret(f"sqlite:///{self.data_path / 'registry.db'}")


def load_config(path: Path) -> ControllerConfig:
    """Read and check a file; `ConfigError` says file, line and what to do. Paths in the result are absolute."""
    config = load_document(path, ControllerConfig)
    text = path.read_text(encoding="utf-8")
    for steps, message in _problems(config):
        raise ConfigError(f"{path}:{line_of(text, *steps)}: {'.'.join(steps)}: {message}")
    return _with_absolute_paths(config, path.resolve().parent)


def _problems(config: ControllerConfig) -> list[tuple[tuple[str, ...], str]]:
    found: list[tuple[tuple[str, ...], str]] = []
    if not is_loopback(config.http.host):
        advice = (
            f"{config.http.host!r} would show the console to the network without TLS: keep 127.0.0.1 and put a reverse "
            "proxy with TLS (nginx, Caddy) before it"
        )
        found.append((("http", "host"), advice))
    if config.http.public_url and not _is_origin(config.http.public_url):
        advice = (
            f"{config.http.public_url!r} is not the address of a TLS proxy: write it as 'https://campanile.example'"
        )
        found.append((("http", "public_url"), advice))
    lines = config.throughput
    for name, value, least in (("max_bytes", lines.max_bytes, 65_536), ("max_bps", lines.max_bps, 1e5)):
        if value < least:
            found.append((("throughput", name), f"{value:g} measures nothing: at least {least:g}"))
    watched = config.applications
    for name, hold_s in (("hold_s", watched.hold_s), ("clear_hold_s", watched.clear_hold_s)):
        if not 0 <= hold_s < watched.fresh_s:
            advice = (
                f"{hold_s:g} must be 0 or more, and below fresh_s ({watched.fresh_s:g}), after which nothing is known"
            )
            found.append((("applications", name), advice))
    for name, port in (("http", config.http.port), ("broker", config.broker.port)):
        if not 0 < port < 65536:
            found.append(((name, "port"), f"{port} is not a port: use 1 to 65535"))
    if not _is_timezone(config.district.timezone):
        advice = f"{config.district.timezone!r} is not an IANA time zone: write it as 'Asia/Shanghai'"
        found.append((("district", "timezone"), advice))
    if config.readiness.at and not _is_time(config.readiness.at):
        found.append((("readiness", "at"), f"{config.readiness.at!r} is not a time of day: write it as '07:30'"))
    windows = map(window_problem, config.configurations.change_windows)
    found += [(("configurations", "change_windows"), problem) for problem in windows if problem]
    kept = msgspec.structs.asdict(config.retention)
    found += [(("retention", key), f"{days} days: keep at least 1") for key, days in kept.items() if days < 1]
    found += [(("work_orders", key), message) for key, message in config.work_orders.problems()]
    found += [(("limits", key), message) for key, message in config.limits.problems()]
    found += [(("influxdb", key), message) for key, message in config.influxdb.problems()]
    return found


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.scheme == "https" and parts.hostname and url.rstrip("/") == f"https://{parts.netloc}")
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    try:
        parse_minute(text)
    except ValueError:
        return False
    return True


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _with_absolute_paths(config: ControllerConfig, folder: Path) -> ControllerConfig:
    def absolute(text: str) -> str:
        return str(folder / text) if text else ""

    broker = replace(
        config.broker,
        password_file=absolute(config.broker.password_file),
        tls=_tls_from(config.broker.tls, absolute),
    )
    return replace(
        config,
        data_dir=absolute(config.data_dir),
        enrolment=absolute(config.enrolment),
        database_url_file=absolute(config.database_url_file),
        broker=broker,
        alerts=AlertSettings(absolute(config.alerts.rules_dir)),
        telling=TellingSettings(absolute(config.telling.register)),
        throughput=replace(config.throughput, token_file=absolute(config.throughput.token_file)),
        influxdb=_entered_from(config.influxdb, absolute),
    )


def _entered_from(influxdb: InfluxSettings, absolute: Callable[[str], str]) -> InfluxSettings:
    return replace(
        influxdb,
        token_file=absolute(influxdb.token_file),
        password_file=absolute(influxdb.password_file),
        tls=_tls_from(influxdb.tls, absolute),
    )


def _tls_from(tls: TlsSettings | None, absolute: Callable[[str], str]) -> TlsSettings | None:
    return tls and TlsSettings(absolute(tls.ca_file), absolute(tls.cert_file), absolute(tls.key_file))
