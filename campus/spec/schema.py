"""JSON Schemas (draft 2020-12) of what travels, from the structures themselves."""

from typing import Any

import msgspec

from campus.spec.forms import FORMS
from campus.spec.texts import Field, fields
from campus.wire.frame import Frame, SeriesDictionary
from campus.wire.json_form import JsonFrame

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DEFS = "#/$defs/{name}"


def json_form_schema() -> dict[str, Any]:
    """The JSON form of a samples or devices frame."""
    schema = _document([JsonFrame], "JSON form of a samples or devices frame")
    schema["$defs"]["JsonFrame"]["oneOf"] = [{"required": ["samples"]}, {"required": ["devices"]}]
    return schema


def frame_schema() -> dict[str, Any]:
    """The packed frame: the MessagePack map inside zstd, and the dictionary inside a samples body."""
    schema = _document([Frame, SeriesDictionary], "Packed frame: one MessagePack map, compressed as one zstd frame")
    schema["$comment"] = (
        "Describes MessagePack. Fields with x-messagepack are of type bin; x-elements says what their bytes are."
        " Unknown fields are skipped, so that the format can grow."
    )
    return schema


def state_schema() -> dict[str, Any]:
    """The retained state message."""
    return {
        "$schema": DRAFT,
        "title": "State message (retained; the last will says offline)",
        "type": "object",
        "properties": {"online": {"type": "boolean"}, "version": {"type": "string"}},
        "required": ["online"],
    }


def _document(shapes: list[type], title: str) -> dict[str, Any]:
    roots, definitions = msgspec.json.schema_components(shapes, ref_template=_DEFS)
    known = fields()
    return {
        "$schema": DRAFT,
        "title": title,
        **roots[0],
        "$defs": {name: _described(definitions[name], known.get(name, {})) for name in sorted(definitions)},
    }


def _described(definition: dict[str, Any], known: dict[str, Field]) -> dict[str, Any]:
    described = {name: value for name, value in definition.items() if name != "description"}
    if "properties" in described:
        described["properties"] = {
            name: _with_form(schema, known[name]) if name in known else schema
            for name, schema in described["properties"].items()
        }
    return described


def _with_form(schema: dict[str, Any], field: Field) -> dict[str, Any]:
    extra = FORMS[field.form].schema
    if extra.keys() & {"anyOf", "x-messagepack"}:
        schema = {}
    elif "minItems" in extra:  # must be there whole or not at all, so it has no default
        schema = {name: value for name, value in schema.items() if name != "default"}
    return {**schema, **extra, "description": field.en}
