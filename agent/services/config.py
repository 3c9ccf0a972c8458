"""The `services` block of agent.yaml, checked and resolved to checks. Opens nothing but the files of authorities."""

import math
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from agent.address import HostPort, parse_host_port
from agent.credentials import Credential
from agent.services.check import Check, Service
from agent.services.clocks import NtpCheck
from agent.services.dial import USUAL_PORT, tls_context
from agent.services.model import DnsEntry, HttpEntry, NtpEntry, ServiceEntry, TcpEntry, TlsEntry
from agent.services.ports import PortCheck
from campus.document import nearest
from campus.errors import ConfigError, Poison
from campus.ids import is_id

SHORTEST_S = 5.0
MAX_PAGE_BYTES = 4 << 20
_DNS_PORT, _NTP_PORT, _TLS_PORT = 53, 123, 443
Where = Callable[..., str]


def resolved_services(
    entries: Sequence[ServiceEntry], credentials: Mapping[str, Credential], where: Where, folder: Path
) -> tuple[Service, ...]:
    """Every entry as a service to watch; `where` gives ``file:line``, relative files start in `folder`.

    `ConfigError` with file, line and advice for whatever cannot be meant.
    """
    services = []
    seen: dict[str, str] = {}
    for index, entry in enumerate(entries):
        block = _Block(entry, credentials, lambda *steps, at=index: where("services", at, *steps), folder)
        block.refuse_unusable(seen)
        services.append(Service(entry.id, entry.every_s, entry.timeout_s, entry.slow_ms, block.check()))
    return tuple(services)


class _Block:
    """One entry, and how to say where it stands."""

    def __init__(self, entry: ServiceEntry, credentials: Mapping[str, Credential], where: Where, folder: Path) -> None:
        self._entry = entry
        self._credentials = credentials
        self._where = where
        self._folder = folder

    def refuse_unusable(self, seen: dict[str, str]) -> None:
        """What all checks have in common."""
        entry = self._entry
        if not is_id(entry.id):
            raise ConfigError(
                f"{self._where('id')}: {entry.id[:80]!r} is not an id: use 1 to 63 lower-case letters, digits and hyphens, "
                "the same in every school, such as 'teaching-platform'; the name people read stands at the centre"
            )
        if entry.id in seen:
            raise ConfigError(
                f"{self._where('id')}: the service {entry.id!r} already stands at {seen[entry.id]}: give each its own id"
            )
        seen[entry.id] = self._where("id")
        for key, value, least, most in (
            ("every_s", entry.every_s, SHORTEST_S, math.inf),
            ("timeout_s", entry.timeout_s, 0.5, 60.0),
            ("slow_ms", entry.slow_ms, 1.0, math.inf),
        ):
            if not least <= value <= most:
                bound = f"at least {least:g}" if most == math.inf else f"{least:g} to {most:g}"
                raise ConfigError(f"{self._where(key)}: {key} is {value:g}, must be {bound}")

    def check(self) -> Check:
        """The check the entry asks for."""
        match self._entry:
            case HttpEntry() as entry:
                return self._http(entry)
            case TcpEntry() as entry:
                return PortCheck(self._place(entry.address, "address"))
            case TlsEntry() as entry:
                place = self._place(entry.address, "address", _TLS_PORT)
                return PortCheck(place, self._authorities(entry.ca_file), entry.name)
            case DnsEntry() as entry:
                from agent.services.names import (
                    DnsCheck,
                )  # only here, for dnspython

                return DnsCheck(entry, self._name_server(entry))
            case NtpEntry() as entry:
                return NtpCheck(self._place(entry.address, "address", _NTP_PORT))

    def _http(self, entry: HttpEntry) -> Check:
        from agent.services.http import HttpCheck  # only here, for h11

        self._refuse_url(entry.url)
        if not 0 < entry.max_bytes <= MAX_PAGE_BYTES:
            raise ConfigError(
                f"{self._where('max_bytes')}: max_bytes is {entry.max_bytes}, must be 1 to {MAX_PAGE_BYTES}"
            )
        connect_to = self._place(entry.connect_to, "connect_to") if entry.connect_to else None
        is_tls = entry.url.startswith("https:") or bool(entry.ca_file)  # a redirect may lead from one to the other
        context = self._authorities(entry.ca_file) if is_tls else None
        return HttpCheck(entry, context, self._credential(entry.credential), connect_to)

    def _refuse_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port or USUAL_PORT.get(parts.scheme, 0)
        except ValueError:
            parts, port = urlsplit(""), 0
        if not (parts.hostname and port and url.isascii() and url.isprintable() and " " not in url):
            raise ConfigError(
                f"{self._where('url')}: {url[:80]!r} is not the address of a page: write it as 'https://teaching.example/login', "
                "in ASCII (a Chinese host name in its xn-- form)"
            )
        if "@" in parts.netloc:
            raise ConfigError(
                f"{self._where('url')}: a name or password does not belong into the address: put it under `credentials` and "
                "name it with `credential`"
            )

    def _credential(self, name: str) -> Credential | None:
        if not name:
            return None
        credential = self._credentials.get(name)
        if credential is None or not credential.username:
            raise ConfigError(
                f"{self._where('credential')}: there is no credential {name!r} with a `username`."
                f"{nearest(name, list(self._credentials))}"
            )
        return credential

    def _name_server(self, entry: DnsEntry) -> HostPort | None:
        if not entry.server:
            return None
        place = self._place(entry.server, "server", _DNS_PORT)
        if not place.host.replace(".", "").isdecimal() and ":" not in place.host:
            raise ConfigError(
                f"{self._where('server')}: {entry.server!r} is a name: write the server's address, such as 10.0.0.53"
            )
        return place

    def _place(self, text: str, key: str, usual_port: int = 0) -> HostPort:
        try:
            place = parse_host_port(text, usual_port)
        except Poison as error:
            raise ConfigError(f"{self._where(key)}: {error}") from error
        if not place.port:
            raise ConfigError(f"{self._where(key)}: {text!r} names no port: write it as {text}:443")
        return place

    def _authorities(self, ca_file: str) -> ssl.SSLContext:
        path = str(self._folder / ca_file) if ca_file else ""
        try:
            return tls_context(path)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(
                f"{self._where('ca_file')}: {path} cannot be used: {error.strerror or error}. Name a file of certificates in PEM"
            ) from error
