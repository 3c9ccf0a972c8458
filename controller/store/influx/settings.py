"""The `influxdb` block of the controller's configuration. Reads nothing but the secret files, and those only when asked."""

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from campus.influx import DATABASE
from campus.loopback import is_loopback
from campus.secret import Secret, secret_from_file
from campus.tls import TlsSettings


class InfluxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where InfluxDB is and how to enter it: 1.x by `username` and `password_file`, 2.x and 3.x by `organisation` (2.x) and
    `token_file`.

    `version` auto asks the server. `durations` ours: the controller creates policies or buckets and sets how long they keep
    data from `retention`; theirs: they must be there, and somebody else decides. `adopt` is the id of a store in InfluxDB
    that may be taken over by a controller whose own records of it are lost (the error that asks for it says the id).
    `insecure_http` lets password or token travel unencrypted beyond this machine, where the way there is safe otherwise.
    """

    url: str = "http://127.0.0.1:8086"
    database: str = DATABASE
    version: Literal["auto", 1, 2, 3] = "auto"
    organisation: str = ""
    token_file: str = ""
    username: str = ""
    password_file: str = ""
    tls: TlsSettings | None = None
    durations: Literal["ours", "theirs"] = "ours"
    adopt: str = ""
    insecure_http: bool = False
    timeout_s: float = 30.0

    def token(self) -> Secret | None:
        """The token, read now; None when no file is named."""
        return secret_from_file(Path(self.token_file), "influxdb.token_file") if self.token_file else None

    def password(self) -> Secret | None:
        """The password, read now; None when no file is named."""
        return secret_from_file(Path(self.password_file), "influxdb.password_file") if self.password_file else None

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong, as (key, sentence) pairs."""
        found = []
        if "@" in self.url:  # errors and logs say the address
            found.append(("url", "leave user and password out of the address: give username and password_file"))
        elif not _is_address(self.url):
            found.append(
                ("url", f"{self.url!r} is not an address: write it as 'http://127.0.0.1:8086', without a path")
            )
        elif self._shows_a_secret():
            advice = (
                "the password or token would travel unencrypted: use https, or insecure_http: true if the way is safe"
            )
            found.append(("url", f"{self.url!r}: {advice}"))
        if not self.database or "/" in self.database or not self.database.isprintable():
            found.append(("database", f"{self.database!r} cannot name a database: write it as 'campus'"))
        if bool(self.username) != bool(self.password_file):
            found.append(("username", "username and password_file belong together: give both or none"))
        if self.token_file and self.username:
            found.append(("token_file", "a token (2.x, 3.x) or a user with a password (1.x): give one of them"))
        if self.version in (2, 3) and not self.token_file:
            found.append(("token_file", f"InfluxDB {self.version} is entered by a token: name the file that holds it"))
        if self.version == 2 and not self.organisation:
            found.append(("organisation", "InfluxDB 2 needs the name of the organisation that owns the buckets"))
        if not 1 <= self.timeout_s <= 600:
            found.append(("timeout_s", f"{self.timeout_s:g} seconds: use 1 to 600"))
        return found

    def _shows_a_secret(self) -> bool:
        parts = urlsplit(self.url)
        is_plain = parts.scheme == "http" and not is_loopback(parts.hostname or "")
        return is_plain and not self.insecure_http and bool(self.token_file or self.password_file)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        return is_named and parts.path in ("", "/") and not re.search(r"[\s?#]", url)
    except ValueError:
        return False
