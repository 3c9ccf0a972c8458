"""ONVIF's SOAP 1.2: questions written, answers opened. Pure.

Sources: ONVIF Core Specification, section 5 (web services framework); WS-Security UsernameToken Profile 1.0 (digest).
"""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from agent.collect.camera.answer import xml_tree
from campus.errors import Poison

CONTENT_TYPE = "application/soap+xml; charset=utf-8"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_TOKEN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"  # noqa: S105 - a name
_LISTS = ("Profiles",)


class Stamp(NamedTuple):
    """Who asks, proven for one moment: `created_ms` by the device's own clock, `nonce` never used before."""

    username: str
    password: str
    created_ms: int
    nonce: bytes


def question(namespace: str, operation: str, inner: str = "", stamp: Stamp | None = None) -> bytes:
    """The envelope that asks for `operation`; `inner` is XML within it."""
    header = _header(stamp) if stamp else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_ENVELOPE}" xmlns:tt="{SCHEMA}">{header}<s:Body>'
        f'<o:{operation} xmlns:o="{namespace}">{inner}</o:{operation}></s:Body></s:Envelope>'
    ).encode()


def password_digest(stamp: Stamp) -> str:
    """Base64 of SHA-1 over nonce, created and password.

    The example of the ONVIF Application Programmer's Guide:

    >>> password_digest(Stamp("admin", "userpassword", 1284623445000, base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")))
    'tuOSpGlFlIXsozq4HFNeeGeFLEI='
    """
    proof = stamp.nonce + created(stamp).encode() + stamp.password.encode()
    return base64.b64encode(hashlib.sha1(proof, usedforsecurity=False).digest()).decode()


def created(stamp: Stamp) -> str:
    """The stamp's moment as the header writes it."""
    return datetime.fromtimestamp(stamp.created_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def opened(content: bytes, lists: tuple[str, ...] = _LISTS) -> Any:
    """What the one element in the answer's body holds.

    `Poison`: ``not_soap``, ``soap_refused`` (not authorised), ``soap_fault``.
    """
    tree = xml_tree(content, lists)
    body = tree.get("Body") if isinstance(tree, dict) else None
    if not isinstance(body, dict):
        raise Poison("not_soap", "the answer has no SOAP body")
    if "Fault" in body:
        said = str(body["Fault"])
        raise Poison(
            "soap_refused" if "NotAuthorized" in said or "FailedAuthentication" in said else "soap_fault", said[:200]
        )
    return next((value for key, value in body.items() if not key.startswith("@")), {})


def utc_of(answer: Any) -> int:
    """The device's UTC in ms out of GetSystemDateAndTime; `Poison` ``not_a_moment`` where it tells none."""
    try:
        told = answer["SystemDateAndTime"]["UTCDateTime"]
        date, time = told["Date"], told["Time"]
        parts = [int(date[key]) for key in ("Year", "Month", "Day")] + [int(time[key]) for key in ("Hour", "Minute")]
        return round(datetime(*parts, min(int(time["Second"]), 59), tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc, arg-type]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise Poison("not_a_moment", "the device tells no UTC") from error


def element(name: str, text: str) -> str:
    """One element with text, escaped."""
    return f"<o:{name}>{escape(text)}</o:{name}>"


def _header(stamp: Stamp) -> str:
    return (
        f'<s:Header><w:Security s:mustUnderstand="1" xmlns:w="{_SECURITY}" xmlns:u="{_UTILITY}"><w:UsernameToken>'
        f"<w:Username>{escape(stamp.username)}</w:Username>"
        f'<w:Password Type="{_TOKEN}">{password_digest(stamp)}</w:Password>'
        f"<w:Nonce>{base64.b64encode(stamp.nonce).decode()}</w:Nonce><u:Created>{created(stamp)}</u:Created>"
        "</w:UsernameToken></w:Security></s:Header>"
    )
