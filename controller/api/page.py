"""The API's own page at /api/docs: Swagger UI from our bundle (npm: swagger-ui-dist), nothing from anywhere else."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

OPENAPI_URL: Final = "/api/v1/openapi.json"
_ASSETS: Final = "/static/dist/swagger"
_PAGE: Final = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Campanile API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="{_ASSETS}/swagger-ui.css"></head>
<body>
<noscript><p>The same as a document for programs: <a href="{OPENAPI_URL}">{OPENAPI_URL}</a></p></noscript>
<div id="swagger" data-openapi="{OPENAPI_URL}"></div>
<script src="{_ASSETS}/swagger-ui-bundle.js"></script>
<script src="{_ASSETS}/start.js"></script>
</body>
</html>
"""
router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
def docs() -> HTMLResponse:
    """The page; it describes the API and holds nobody's data."""
    return HTMLResponse(_PAGE)
