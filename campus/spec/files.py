"""The specification as files: what `campanile spec write` writes and the repository keeps under docs/."""

import json
from pathlib import Path
from typing import Any

import msgspec

from campus.errors import ConfigError, file_trouble
from campus.metrics import publishable
from campus.spec.asyncapi import asyncapi_text
from campus.spec.page import page
from campus.spec.schema import DRAFT, frame_schema, json_form_schema, state_schema

PAGES = {"en": "40-data-access-specification.md", "zh": "40-data-access-specification.zh-CN.md"}


def specification() -> dict[str, str]:
    """Every file by its path below the folder of documents. The same code gives the same text."""
    return {
        **{name: page(language) for language, name in PAGES.items()},
        "spec/samples.schema.json": json_text(json_form_schema()),
        "spec/frame.schema.json": json_text(frame_schema()),
        "spec/state.schema.json": json_text(state_schema()),
        "spec/metrics.json": json_text(metrics_document()),
        "spec/asyncapi.yaml": asyncapi_text(),
    }


def write_specification(directory: Path) -> list[Path]:
    """Write all files below `directory`; gives those whose content changed. `ConfigError` when it cannot be written."""
    try:
        return [path for name, text in specification().items() if _written(path := directory / name, text)]
    except OSError as error:
        raise ConfigError(
            f"{directory}: cannot be written: {file_trouble(error)}. Name a folder of your own"
        ) from error


def _written(path: Path, text: str) -> bool:
    """Whether it had to be."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def metrics_document() -> dict[str, Any]:
    """The metric catalogue for programs: units in UCUM, ranges inclusive, states with their numbers."""
    metrics: dict[str, Any] = msgspec.to_builtins(publishable())
    return {"$comment": f"Units are UCUM, case-sensitive. Schemas beside this file follow {DRAFT}.", "metrics": metrics}


def json_text(content: dict[str, Any]) -> str:
    """Indented JSON with Chinese left readable."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
