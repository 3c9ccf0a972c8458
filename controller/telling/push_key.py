"""The key by which push services and browsers know this controller (VAPID, RFC 8292): made once, readable by its owner alone."""

import os
from pathlib import Path
from threading import Lock
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from py_vapid import Vapid02

from campus.errors import ConfigError, file_trouble
from controller.telling.channels.encryption import padless, point

PUSH_KEY: Final = "push-key.pem"
VALID_S: Final = 12 * 3600
"""Of one signature; push services take at most 24 h."""


class PushKey:
    """Thread-safe. The file is read or made at the first use, in a folder that exists then."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PUSH_KEY
        self._lock = Lock()
        self._key: ec.EllipticCurvePrivateKey | None = None

    def public(self) -> str:
        """What a browser needs to subscribe: 65 bytes as base64url. `ConfigError` when the file cannot be used."""
        return padless(point(self._private().public_key()))

    def proof(self, audience: str, contact: str, now: int) -> dict[str, str]:
        """The header by which a push service (its origin) knows who sends, and whom to write to when that goes wrong."""
        claims = {"aud": audience, "exp": now // 1000 + VALID_S, "sub": contact}
        signed: dict[str, str] = Vapid02(self._private()).sign(claims)
        return signed

    def _private(self) -> ec.EllipticCurvePrivateKey:
        with self._lock:
            if self._key is None:
                self._key = self._read() or self._make()
            return self._key

    def _read(self) -> ec.EllipticCurvePrivateKey | None:
        try:
            found = load_pem_private_key(self._path.read_bytes(), None)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be read: {file_trouble(error)}") from error
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ConfigError(f"{self._path} holds no key: delete it and {_AFRESH}") from error
        if not isinstance(found, ec.EllipticCurvePrivateKey) or not isinstance(found.curve, ec.SECP256R1):
            raise ConfigError(f"{self._path} holds another kind of key (P-256 is needed): delete it and {_AFRESH}")
        return found

    def _make(self) -> ec.EllipticCurvePrivateKey:
        made = ec.generate_private_key(ec.SECP256R1())
        text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text)
        except FileExistsError:
            return self._read() or made  # a command beside the running controller was quicker
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be made: {file_trouble(error)}") from error
        return made


_AFRESH: Final = "every browser asks anew at its next visit"
