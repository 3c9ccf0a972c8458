"""One POST of JSON over HTTPS, with answers and troubles in the words of `Transient` and `Poison`.

An address of a robot holds its key: it stands in no message and no log.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from campus.errors import ConfigError, Poison, Transient
from campus.secret import Secret
from controller.config import is_loopback

TIMEOUT_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 65_536
_BUSY: Final = frozenset({408, 425, 429})
logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses, with their keys


def checked_address(address: Secret, where: str) -> Secret:
    """The same; `ConfigError` when it is no HTTPS address (HTTP is for this machine alone)."""
    try:
        parts = urlsplit(address.reveal())
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host))):
        raise ConfigError(f"{where}: what the file holds is no address that begins with https://")
    return address


def post(address: str, content: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """What the other side answers, at most `MAX_ANSWER_BYTES` of it."""
    sent = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S) as client,
            client.stream("POST", address, content=content, headers=sent) as answer,
        ):
            body = b""
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    break
            status = answer.status_code
    except httpx.TimeoutException as error:
        raise Transient(f"no answer within {TIMEOUT_S:g} s") from error
    except httpx.HTTPError as error:
        raise Transient(f"cannot be reached ({type(error).__name__})") from error
    if status in _BUSY or status >= 500:
        raise Transient(f"answered {status}")
    if not 200 <= status < 300:
        raise Poison("refused", f"answered {status}: look at the address and the secret")
    return body


def as_json(content: Any) -> bytes:
    """A value as JSON bytes."""
    return json.dumps(content, ensure_ascii=False).encode()


def answered(body: bytes, code: str, text: str, busy: frozenset[int]) -> None:
    """Judge a robot's answer: HTTP 200 says nothing, the number under `code` does; `text` says why."""
    try:
        told = json.loads(body)
        number, why = int(told[code]), str(told.get(text, ""))[:200]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Transient("answered something else than a robot does") from error
    if number in busy:
        raise Transient(f"is busy: {number} {why}")
    if number:
        raise Poison("refused", f"refused it: {number} {why}")
