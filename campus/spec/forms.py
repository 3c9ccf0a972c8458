"""The forms a field's content can have: their limits as JSON Schema, taken from the code that enforces them, and in words."""

from typing import Any, NamedTuple

from campus.ids import ID_PATTERN, MAX_INSTANCE_CHARS, METRIC_PATTERN
from campus.topics import WIRE_VERSION
from campus.wire.frame import (
    EARLIEST_MS,
    LATEST_MS,
    MAX_DEVICES,
    MAX_DOCUMENT_BYTES,
    MAX_FRAME_NUMBER,
    MAX_SAMPLES,
    MAX_SERIES,
)


class Form(NamedTuple):
    """`schema` is merged over what the type alone gives, or stands instead of it when it has ``anyOf``."""

    en: str
    zh: str
    schema: dict[str, Any]


_MS = {"minimum": EARLIEST_MS, "maximum": LATEST_MS - 1}
_RFC_3339 = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$"
_ID = {"type": "string", "pattern": f"^{ID_PATTERN}$"}
_METRIC = {"type": "string", "pattern": f"^{METRIC_PATTERN}$"}
_INSTANCE = {"type": "string", "maxLength": MAX_INSTANCE_CHARS}


def _buffer(elements: str) -> dict[str, Any]:
    return {"x-messagepack": "bin", "x-elements": elements}


FORMS: dict[str, Form] = {
    "": Form("", "", {}),
    "id": Form("id", "标识", _ID),
    "metric": Form("metric", "指标", _METRIC),
    "instance": Form("text", "文本", _INSTANCE),
    "number": Form("whole number", "整数", {"minimum": 0, "maximum": MAX_FRAME_NUMBER}),
    "count": Form("whole number", "整数", {"minimum": 1, "maximum": MAX_SAMPLES}),
    "version": Form(f"{WIRE_VERSION}", f"{WIRE_VERSION}", {"const": WIRE_VERSION}),
    "value": Form("number", "数值", {}),
    "instant_ms": Form("UTC milliseconds", "UTC 毫秒", _MS),
    "instant_ms_or_0": Form("UTC milliseconds, or 0", "UTC 毫秒，或 0", {"minimum": 0, "maximum": LATEST_MS - 1}),
    "instant": Form(
        "UTC milliseconds, or RFC 3339 with offset",
        "UTC 毫秒，或带偏移的 RFC 3339",
        {
            "anyOf": [
                {"type": "integer"} | _MS,
                {"type": "string", "format": "date-time", "pattern": _RFC_3339},
            ]
        },
    ),
    "samples": Form("list", "列表", {"minItems": 1, "maxItems": MAX_SAMPLES}),
    "devices": Form("list", "列表", {"minItems": 1, "maxItems": MAX_DEVICES}),
    "ids": Form("list of ids", "标识列表", {"items": _ID, "maxItems": MAX_SERIES}),
    "metrics": Form("list of metrics", "指标列表", {"items": _METRIC, "maxItems": MAX_SERIES}),
    "instances": Form("list of texts", "文本列表", {"items": _INSTANCE, "maxItems": MAX_SERIES}),
    "document": Form("binary", "二进制", _buffer(f"at most {MAX_DOCUMENT_BYTES} bytes")),
    "buffer": Form("binary", "二进制", _buffer("MessagePack of SeriesDictionary")),
    "buffer_u16": Form("binary", "二进制", _buffer("u16 little-endian")),
    "buffer_i32": Form("binary", "二进制", _buffer("i32 little-endian")),
    "buffer_i64": Form("binary", "二进制", _buffer("i64 little-endian")),
    "buffer_f64": Form("binary", "二进制", _buffer("f64 little-endian (IEEE 754)")),
}
