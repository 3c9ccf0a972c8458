"""Payloads of MQTT messages as documents, within bounds. Pure."""

import json
from typing import Any

from agent.decode.pointer import resolve
from campus.errors import Poison
from firmware_profiles.messages import MessageForm
from firmware_profiles.raw import text_of

MAX_PAYLOAD_BYTES = 1 << 20
MAX_TEXT_BYTES = 1000


def parsed(payload: bytes, form: MessageForm = MessageForm.JSON, max_bytes: int = MAX_PAYLOAD_BYTES) -> Any:
    """A JSON object or array, or the one value of a plain text.

    `Poison` ``too_large``, ``not_json`` (or neither object nor array), ``not_text`` (not UTF-8, or longer than any value).
    """
    if len(payload) > max_bytes:
        raise Poison("too_large", f"{len(payload)} bytes")
    if form is MessageForm.TEXT:
        return plain(payload)
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Poison("not_json", "the payload is not JSON") from error
    if not isinstance(document, dict | list):
        raise Poison("not_json", "the payload is neither an object nor an array")
    return document


def plain(payload: bytes) -> str:
    """The text of a payload; `Poison` ``not_text`` when it is not UTF-8 or too long to be a value."""
    if len(payload) > MAX_TEXT_BYTES:
        raise Poison("not_text", f"{len(payload)} bytes are no value")
    try:
        return text_of(payload.decode())
    except UnicodeDecodeError as error:
        raise Poison("not_text", "the payload is not UTF-8") from error


def text_at(document: Any, pointer: str) -> str:
    """The text at a pointer of a document; empty where there is none, or something else.

    >>> text_at({"device": {"model": "X1"}}, "/device/model"), text_at({"device": 7}, "/device")
    ('X1', '')
    """
    raw = resolve(document, pointer)
    return text_of(raw) if isinstance(raw, str) else ""
