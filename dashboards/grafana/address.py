"""Addresses a secret may be sent to: https, or plain http to this very machine."""

from dataclasses import dataclass
from enum import Enum
from typing import Self
from urllib.parse import urlsplit

from campus.errors import ConfigError
from campus.loopback import is_loopback


class Plain(Enum):
    """Whether a secret may travel unencrypted beyond this machine."""

    FORBIDDEN = "forbidden"
    ALLOWED = "allowed"


@dataclass(frozen=True)
class Address:
    """Where a server answers; `path` is empty or ends with a slash and does not begin with one."""

    scheme: str
    host: str
    port: int | None
    path: str

    @classmethod
    def of(cls, url: str, option: str, plain: Plain) -> Self:
        """What a person wrote after `option`; `ConfigError` says what is wrong with it.

        >>> str(Address.of("https://grafana.example/wall", "--url", Plain.FORBIDDEN))
        'https://grafana.example/wall/'
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ConfigError(
                f"{option}: this is no address: {error}. Write it as https://HOST[:PORT][/PATH]"
            ) from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"{option} {url}: this is no address of a server: write it as https://HOST[:PORT][/PATH]")
        if parts.username is not None or parts.password is not None:
            raise ConfigError(
                f"{option}: leave user and password out of the address, every user of this machine can read it: give a file"
            )
        if parts.query or parts.fragment:
            raise ConfigError(f"{option} {url}: leave out what comes after ? or #")
        if parts.scheme == "http" and plain is Plain.FORBIDDEN and not is_loopback(parts.hostname):
            raise ConfigError(
                f"{option} {url}: a secret would travel unencrypted: use https, or --insecure-http if the way there is safe"
            )
        path = parts.path.strip("/")
        return cls(parts.scheme, parts.hostname, port, f"{path}/" if path else "")

    @property
    def netloc_host(self) -> str:
        """As it stands in an address: IPv6 in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.netloc_host}{port}/{self.path}"
