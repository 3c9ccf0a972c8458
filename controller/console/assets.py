"""The built scripts, styles and signs: their hashed names, and how long a browser may keep them."""

import json
from pathlib import Path
from typing import Any, Final

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope as AsgiScope

STATIC_DIR: Final = Path(__file__).parent / "static"
DIST_DIR: Final = STATIC_DIR / "dist"
URL: Final = "/static/dist"


class Assets:
    """Names from the build's manifest; an unbuilt front end gives empty ones, and pages say what to run."""

    def __init__(self, dist_dir: Path = DIST_DIR) -> None:
        self._dist_dir = dist_dir
        self._names: dict[str, str] = {}

    def load(self) -> None:
        """Read the manifest that `npm run build` wrote; harmless when there is none."""
        manifest = self._dist_dir / "manifest.json"
        self._names = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}

    @property
    def is_built(self) -> bool:
        """Whether there is anything to load."""
        return bool(self._names)

    def url(self, name: str) -> str:
        """Address of a built file by its plain name, such as ``console.css``; empty when it was not built."""
        built = self._names.get(name)
        return f"{URL}/{built}" if built else ""


class BuiltFiles(StaticFiles):
    """Static files whose hashed names let a browser keep them for a year."""

    def file_response(self, full_path: Any, stat_result: Any, scope: AsgiScope, status_code: int = 200) -> Response:
        """Add how long to keep the file."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        hashed = "-" in Path(full_path).stem and Path(full_path).parent == DIST_DIR
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response
