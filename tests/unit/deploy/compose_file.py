"""compose.yaml as types: the keys we use of the Compose specification, and none besides. Anchors and merges are resolved."""

from pathlib import Path
from typing import Any, Literal, cast

import msgspec
import yaml

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
FILE = DEPLOY / "compose.yaml"


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An unknown key is an error, as it is for Compose."""


class Dependency(_Strict, frozen=True):
    """What is waited for of another service."""

    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]
    restart: bool = False


class Healthcheck(_Strict, frozen=True):
    """A command that ends with 0 while the service is well."""

    test: list[str]
    interval: str
    timeout: str
    retries: int
    start_period: str


class Limits(_Strict, frozen=True):
    """The most a container gets."""

    cpus: str
    memory: str
    pids: int


class Resources(_Strict, frozen=True):
    limits: Limits


class Deployment(_Strict, frozen=True):
    resources: Resources


class Build(_Strict, frozen=True):
    context: str
    dockerfile: str


class Logging(_Strict, frozen=True):
    driver: Literal["json-file", "local"]
    options: dict[str, str]


class Service(_Strict, frozen=True):
    """One service."""

    image: str
    user: str
    restart: Literal["no", "always", "on-failure", "unless-stopped"]
    read_only: bool
    init: bool
    cap_drop: list[str]
    security_opt: list[str]
    tmpfs: list[str]
    logging: Logging
    deploy: Deployment
    build: Build | None = None
    cap_add: list[str] = []
    entrypoint: list[str] = []
    command: list[str] = []
    environment: dict[str, str] = {}
    depends_on: dict[str, Dependency] = {}
    networks: list[str] = []
    network_mode: str = ""
    ports: list[str] = []
    volumes: list[str] = []
    healthcheck: Healthcheck | None = None
    profiles: list[str] = []
    shm_size: str = ""
    stop_grace_period: str = "10s"

    @property
    def runs_once(self) -> bool:
        """Whether it does its work and ends."""
        return self.restart == "no"


class Network(_Strict, frozen=True):
    internal: bool = False


class Volume(_Strict, frozen=True):
    pass


class Mount(msgspec.Struct, frozen=True):
    """One entry of `volumes`, in its short form."""

    source: str
    target: str
    mode: str = "rw"

    @property
    def is_file_of_ours(self) -> bool:
        return self.source.startswith(".")


class Project(_Strict, frozen=True):
    """The whole file, without its `x-` parts."""

    name: str
    services: dict[str, Service]
    networks: dict[str, Network]
    volumes: dict[str, Volume]


def with_defaults(text: str) -> str:
    """What Compose makes of `${NAME:-default}` where nobody sets NAME.

    >>> with_defaults("${ADDRESS:-127.0.0.1}:8443:8443")
    '127.0.0.1:8443:8443'
    """
    while "${" in text:
        before, _, rest = text.partition("${")
        expression, _, after = rest.partition("}")
        name, has_default, default = expression.partition(":-")
        if not has_default:
            raise AssertionError(f"{name} has no default")
        text = before + default + after
    return text


def mounts(service: Service) -> list[Mount]:
    """What is mounted where."""
    return [Mount(*with_defaults(entry).split(":")) for entry in service.volumes]


def project() -> Project:
    """The file, read anew; `msgspec.ValidationError` where it says what nobody knows."""
    document = cast(dict[str, Any], yaml.safe_load(FILE.read_text(encoding="utf-8")))
    return msgspec.convert({key: value for key, value in document.items() if not key.startswith("x-")}, Project)
