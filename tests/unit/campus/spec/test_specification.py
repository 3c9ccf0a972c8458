"""The committed specification is what the code says, and what it says is true."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from campus.spec.example import DEVICES_FRAME, SAMPLES_FRAME, STATE
from campus.spec.files import PAGES, specification, write_specification
from campus.spec.page import page
from campus.spec.schema import frame_schema, json_form_schema, state_schema
from campus.topics import Leg, parse_topic
from campus.wire.codec import decode_frame
from campus.wire.frame import FrameError
from tests.unit.campus.wire.test_json_form import HEADER, ODDITIES, ROW

DOCS = Path(__file__).resolve().parents[4] / "docs"
LANGUAGES = sorted(PAGES)


@pytest.mark.parametrize("name", specification())
def test_the_committed_file_is_what_the_code_gives(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == specification()[name], "run `make spec` and commit docs/"


def test_no_generated_file_is_left_over() -> None:
    assert {f"spec/{path.name}" for path in (DOCS / "spec").iterdir()} == {
        name for name in specification() if name.startswith("spec/")
    }


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    assert len(write_specification(tmp_path)) == len(specification())
    assert write_specification(tmp_path) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_json_on_the_page_is_accepted(language: str) -> None:
    blocks = re.findall(r"^```json\n(.*?)^```", page(language), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        decode_frame(block.encode())
        jsonschema.validate(json.loads(block), json_form_schema(), cls=jsonschema.Draft202012Validator)


def test_both_pages_have_the_same_parts() -> None:
    parts = [
        (page(language).count("\n## "), page(language).count("\n|"), page(language).count("```"))
        for language in LANGUAGES
    ]
    assert parts[0] == parts[1]
    assert parts[0][0] >= 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_slot_of_the_page_is_left_open(language: str) -> None:
    assert "{{" not in page(language)


@pytest.mark.parametrize("schema", [json_form_schema(), frame_schema(), state_schema()])
def test_schemas_are_schemas(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


def test_the_schema_takes_the_examples() -> None:
    for frame in (DEVICES_FRAME, SAMPLES_FRAME):
        jsonschema.validate(frame, json_form_schema(), cls=jsonschema.Draft202012Validator)
        decode_frame(json.dumps(frame).encode())
    jsonschema.validate(STATE, state_schema(), cls=jsonschema.Draft202012Validator)


BEYOND_A_SCHEMA = {
    "a key twice in a row", "a key twice in the frame",  # a JSON reader has dropped one of them by then
    "1e999", "a value of 400 digits",
    "the year 1 in Beijing", "the year 9999 in Honolulu", "a leap second",  # a text; its form is right
}  # fmt: skip


def _content(name: str) -> Any:
    """An oddity as a strict reader sees it; None when it is no JSON."""
    try:
        return json.loads(ODDITIES[name][0].decode(), parse_constant=lambda constant: pytest.fail(constant))
    except (ValueError, pytest.fail.Exception):
        return None


READABLE = [name for name in ODDITIES if name not in BEYOND_A_SCHEMA and _content(name) is not None]


def test_most_oddities_are_readable_json() -> None:
    assert len(READABLE) >= 18


@pytest.mark.parametrize("name", READABLE)
def test_what_the_codec_refuses_the_schema_refuses(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(_content(name), json_form_schema(), cls=jsonschema.Draft202012Validator)


MISSING = [(HEADER | {"samples": [ROW]}, field) for field in [*HEADER, "samples"]]


@pytest.mark.parametrize(("frame", "field"), MISSING)
def test_schema_and_codec_agree_on_what_is_required(frame: dict[str, Any], field: str) -> None:
    short = {name: value for name, value in frame.items() if name != field}
    with pytest.raises(FrameError):
        decode_frame(json.dumps(short).encode())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(short, json_form_schema(), cls=jsonschema.Draft202012Validator)


def test_asyncapi_is_whole() -> None:
    document = yaml.safe_load(specification()["spec/asyncapi.yaml"])
    assert document["asyncapi"].startswith("3.")
    assert set(document["channels"]) == {leg.value for leg in Leg}
    references = set(re.findall(r"\$ref: '?([^'\n]+)'?", specification()["spec/asyncapi.yaml"]))
    assert len(references) > 10
    for reference in references:
        if reference.startswith("#/"):
            node = document
            for step in reference[2:].split("/"):
                node = node[step]
        else:
            assert f"spec/{reference}" in specification()


def test_the_addresses_of_asyncapi_are_our_topics() -> None:
    document = yaml.safe_load(specification()["spec/asyncapi.yaml"])
    parameters = document["components"]["parameters"]
    for leg, channel in document["channels"].items():
        filled = channel["address"].format(**{name: part["examples"][0] for name, part in parameters.items()})
        assert parse_topic(filled)[1] == leg
