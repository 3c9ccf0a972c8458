"""The page behind a sticker: anybody may see whether a fault was told of, and tell of it, by two taps and without an account.

It shows the thing's name and room and nothing else of the district. A body is refused before it is read where it is too
large, does not say how large it is, or comes from who has done too much already.
"""

import secrets
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from controller.console.assets import Assets
from controller.console.console import Console
from controller.console.language import Language, text_of
from controller.console.page import address
from controller.workorders.model import MAX_PICTURE_BYTES
from controller.workorders.reports import Report, Seen, Told
from controller.workorders.stickers import read_code

BESIDE_PHOTO_BYTES: Final = 65_536
MAX_KEY_CHARS: Final = 40
_STATUS: Final = {Told.UNKNOWN: 404, Told.TOO_MANY: 429}
_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex"}


def report_router(console: Console) -> APIRouter:
    """``/r/{code}``, for anybody."""
    router = APIRouter()
    desk = console.services.workorders.reports
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(assets=Assets(), said=_said)

    def show(code: str, seen: Seen | Told, told: str) -> Response:
        """The page, or why there is none."""
        is_seen = isinstance(seen, Seen)
        text = templates.get_template("report.html").render(
            code=code,
            seen=seen if is_seen else None,
            told=told if isinstance(seen, Seen) else str(seen),
            key=secrets.token_urlsafe(12),
        )
        return HTMLResponse(text, 200 if isinstance(seen, Seen) else _STATUS.get(seen, 400), headers=_HEADERS)

    @router.get("/r/{code}")
    def look(request: Request, code: str, told: str = "") -> Response:
        """What is known of it; `told` is what became of the report just made."""
        read = read_code(code)
        return show(read, desk.look(read, _address(request)), told if told in set(Told) else "")

    @router.post("/r/{code}")
    async def report(request: Request, code: str) -> Response:
        """Take a report."""
        read = read_code(code)
        size = request.headers.get("content-length", "")
        if not size.isdecimal() or int(size) > MAX_PICTURE_BYTES + BESIDE_PHOTO_BYTES:
            return _after(read, Told.BAD_PHOTO)
        seen = await run_in_threadpool(desk.look, read, _address(request))
        if not isinstance(seen, Seen):
            return show(read, seen, "")
        try:
            async with request.form(max_files=1, max_fields=8, max_part_size=4_096) as form:
                given = Report(
                    key=_text(form, "key")[:MAX_KEY_CHARS] or secrets.token_urlsafe(12),
                    trouble=_text(form, "trouble"),
                    text=_text(form, "text"),
                    photo=await _photo(form),
                )
        except HTTPException:  # a body that is no form
            return _after(read, Told.NO_TROUBLE)
        return _after(read, await run_in_threadpool(desk.report, read, _address(request), given))

    return router


def _said(key: str, language: str) -> str:
    return text_of(key).said(Language(language))


def _after(code: str, told: Told) -> Response:
    return RedirectResponse(address(f"/r/{code}", {"told": told}), status_code=303, headers=_HEADERS)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


async def _photo(form: FormData) -> bytes:
    value = form.get("photo")
    return await value.read(MAX_PICTURE_BYTES + 1) if isinstance(value, UploadFile) else b""


def _address(request: Request) -> str:
    """Who asks: behind a reverse proxy on this machine, the address that it tells (uvicorn reads X-Forwarded-For)."""
    return request.client.host if request.client else "?"
