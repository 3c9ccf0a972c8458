"""Dashboards as files in a folder: each by its uid, so that several languages have room in one."""

import json
from collections.abc import Sequence
from pathlib import Path

from campus.errors import ConfigError, file_trouble
from dashboards.grafana.model import Json


def write_dashboards(models: Sequence[Json], directory: Path, uid_pattern: str) -> None:
    """Write each to ``UID.json``, and delete files that `uid_pattern` names and that are no dashboard any more."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for model in models:
            text = json.dumps(model, ensure_ascii=False, indent=2, sort_keys=True)
            (directory / f"{model['uid']}.json").write_text(f"{text}\n", encoding="utf-8")
        current = {f"{model['uid']}.json" for model in models}
        for path in directory.glob(f"{uid_pattern}.json"):
            if path.name not in current:
                path.unlink()
    except OSError as error:
        raise ConfigError(f"{error.filename or directory}: it cannot be written: {file_trouble(error)}") from error
