"""Digest authentication as a server asks for it (RFC 2617), for HTTP and RTSP alike; wrong passwords are counted."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

LOCKED_AFTER = 5
"""Wrong logins until the device answers nobody, as Hikvision and Dahua do for half an hour."""
TOKEN_AGE_S = 10.0
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


@dataclass
class Account:
    """Who may ask. `refused` counts wrong passwords, `shown` all that were shown."""

    username: str
    password: str
    realm: str
    refused: int = 0
    shown: int = 0
    _nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def challenge(self) -> str:
        """The WWW-Authenticate header."""
        return f'Digest realm="{self.realm}", nonce="{self._nonce}", algorithm=MD5, qop="auth"'

    @property
    def is_locked(self) -> bool:
        """Whether the device has had enough."""
        return self.refused >= LOCKED_AFTER

    def admits(self, header: str, method: str) -> bool:
        """Whether an Authorization header proves the password; an empty one is no try."""
        if not header:
            return False
        self.shown += 1
        said = {key: quoted or plain for key, quoted, plain in _PARAMETER.findall(header)}
        one = _md5(f"{said.get('username', '')}:{self.realm}:{self.password}")
        two = _md5(f"{method}:{said.get('uri', '')}")
        middle = f"{said.get('nc')}:{said.get('cnonce')}:auth:" if "qop" in said else ""
        wanted = _md5(f"{one}:{said.get('nonce', '')}:{middle}{two}")
        good = said.get("username") == self.username and said.get("response") == wanted and not self.is_locked
        self.refused += not good
        return good

    def admits_token(self, body: str, now: int) -> bool:
        """Whether a WS-Security UsernameToken in `body` proves the password and is dated within ten seconds of `now`."""
        told = {
            name: found[1] for name in ("Username", "Password", "Nonce", "Created") if (found := _field(name, body))
        }
        if len(told) < 4:
            return False
        self.shown += 1
        proof = base64.b64decode(told["Nonce"]) + told["Created"].encode() + self.password.encode()
        wanted = base64.b64encode(hashlib.sha1(proof, usedforsecurity=False).digest()).decode()
        late_s = abs(datetime.fromisoformat(told["Created"]).timestamp() - now / 1000)
        good = (
            told["Username"] == self.username
            and told["Password"] == wanted
            and late_s < TOKEN_AGE_S
            and not self.is_locked
        )
        self.refused += not good
        return good


def _field(name: str, body: str) -> re.Match[str] | None:
    return re.search(rf"<\w+:{name}(?: [^>]*)?>([^<]*)<", body)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
