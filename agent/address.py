"""Host and port as a person writes them."""

import ipaddress
import re
from typing import NamedTuple

from campus.errors import Poison

_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\Z")


class HostPort(NamedTuple):
    """Where a device listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_host_port(text: str, default_port: int) -> HostPort:
    """Read ``HOST``, ``HOST:PORT``, ``IPV6`` or ``[IPV6]:PORT``; `Poison` ``bad_address`` otherwise.

    >>> parse_host_port("10.1.2.3:1161", 161)
    HostPort(host='10.1.2.3', port=1161)
    >>> str(parse_host_port("[fd00::1]", 161))
    '[fd00::1]:161'
    """
    host, port = _split(text.strip())
    if not _is_host(host):
        raise Poison("bad_address", f"{text[:80]!r} is not an address: write 10.1.2.3, 10.1.2.3:161 or a host name")
    if not port:
        return HostPort(host, default_port)
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Poison("bad_address", f"{text[:80]!r}: the port must be a number from 1 to 65535")
    return HostPort(host, int(port))


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":")
    if text.count(":") > 1:
        return text, ""
    host, colon, port = text.partition(":")
    return host, (port or "none") if colon else ""


def _is_host(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return not re.fullmatch(r"[\d.]+", text) and _HOST.match(text) is not None
    return True
