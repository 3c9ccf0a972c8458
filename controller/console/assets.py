"""The built scripts, styles and signs: their hashed names, and how long a browser may keep them."""

import json
from pathlib import Path
from typing import Any, Final

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope as AsgiScope

STATIC_DIR: Final = Path(__file__).parent / "static"
DIST_DIR: Final = STATIC_DIR / "dist"
SERVICE_WORKER: Final = DIST_DIR / "worker.js"
URL: Final = "/static/dist"


class Assets:
    """Names from the build's manifest, read anew when it was built anew; an unbuilt front end gives empty names."""

    def __init__(self, dist_dir: Path = DIST_DIR) -> None:
        self._manifest = dist_dir / "manifest.json"
        self._read_at = 0
        self._names: dict[str, str] = {}

    @property
    def is_built(self) -> bool:
        """Whether there is anything to load; pages say what to run when there is not."""
        return bool(self._current())

    def url(self, name: str) -> str:
        """Address of a built file by its plain name, such as ``console.css``; empty when it was not built."""
        built = self._current().get(name)
        return f"{URL}/{built}" if built else ""

    def _current(self) -> dict[str, str]:
        try:
            written_at = self._manifest.stat().st_mtime_ns
            if written_at != self._read_at:
                self._names, self._read_at = json.loads(self._manifest.read_text(encoding="utf-8")), written_at
        except (OSError, ValueError):
            self._names, self._read_at = {}, 0
        return self._names


class BuiltFiles(StaticFiles):
    """Static files whose hashed names let a browser keep them for a year."""

    def file_response(self, full_path: Any, stat_result: Any, scope: AsgiScope, status_code: int = 200) -> Response:
        """Add how long to keep the file."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = "-" in Path(full_path).stem and Path(full_path).parent == DIST_DIR
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response
