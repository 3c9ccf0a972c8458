"""One POST of JSON over HTTPS, with answers and troubles in the words of `Transient` and `Poison`.

An address of a robot holds its key: it stands in no message and no log.
"""

import json
import logging
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from campus.errors import ConfigError, Poison, Transient
from campus.loopback import is_loopback
from campus.secret import Secret
from controller.telling.port import Busy

TIMEOUT_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 65_536
MAX_RETRY_AFTER_S: Final = 3_600.0
_TOO_MUCH: Final = re.compile("too many|too fast|frequen|freq |限流", re.IGNORECASE)
"""Vendors have one number for several troubles, and words that differ: Feishu's 9499 is a bad request or too many."""
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


class Answer(NamedTuple):
    """What the other side said; `retry_after_s` is 0 where it did not say when to come again."""

    status: int
    body: bytes
    retry_after_s: float


def ask(address: str, content: bytes, headers: Mapping[str, str]) -> Answer:
    """POST, whatever the answer, at most `MAX_ANSWER_BYTES` of it; follows nothing. `Transient` when there is none."""
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S) as client,
            client.stream("POST", address, content=content, headers=dict(headers)) as answer,
        ):
            body = b""
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > MAX_ANSWER_BYTES:
                    break
            return Answer(answer.status_code, body, _seconds(answer.headers.get("Retry-After", "")))
    except httpx.TimeoutException as error:
        raise Transient(f"no answer within {TIMEOUT_S:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Transient(f"cannot be reached ({type(error).__name__})") from error


def post(address: str, content: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """What the other side answers to JSON."""
    answer = ask(address, content, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})
    require_taken(answer)
    return answer.body


def require_taken(answer: Answer) -> None:
    """`Busy`, `Transient` or `Poison` unless the status is one of success."""
    if answer.status in _BUSY or answer.status >= 500:
        if answer.retry_after_s:
            raise Busy(f"answered {answer.status}", answer.retry_after_s)
        raise Transient(f"answered {answer.status}")
    if not 200 <= answer.status < 300:
        raise Poison("refused", f"answered {answer.status}: look at the address and the secret")


def _seconds(retry_after: str) -> float:
    """What a Retry-After in seconds says, within an hour; a date (RFC 9110 allows it) counts as none told."""
    return min(float(retry_after), MAX_RETRY_AFTER_S) if retry_after.isascii() and retry_after.isdigit() else 0.0


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
    if number in busy or (number and _TOO_MUCH.search(why)):
        raise Transient(f"is busy: {number} {why}")
    if number:
        raise Poison("refused", f"refused it: {number} {why}")
