"""Settings: language, theme, who am I. Kept in cookies of this browser; the account's own are for later."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from controller.console.console import Console
from controller.console.language import Language
from controller.console.page import LANGUAGE_COOKIE, THEME_COOKIE, Theme
from controller.console.pages.telling import may_see_telling
from controller.identity.dependency import CallerScope

YEAR_S: Final = 365 * 86_400


def settings_router(console: Console) -> APIRouter:
    """``/settings`` and what it changes."""
    router = APIRouter()

    @router.get("/settings")
    def settings(request: Request, scope: CallerScope, site: str = "") -> Response:
        """The page."""
        page = console.page(request, scope, site)
        themes, may_see = list(Theme), may_see_telling(scope)
        return console.render(page, "settings.html", task="settings", themes=themes, may_see_telling=may_see)

    @router.post("/settings/language")
    def set_language(_scope: CallerScope, language: str = Form(), back: str = Form("/settings")) -> Response:
        """Choose the language; the person stays where they were."""
        return _kept(back, LANGUAGE_COOKIE, language if language in set(Language) else Language.ZH)

    @router.post("/settings/theme")
    def set_theme(_scope: CallerScope, theme: str = Form()) -> Response:
        """Choose light, dark, or as the system."""
        return _kept("/settings", THEME_COOKIE, theme if theme in set(Theme) else Theme.AUTO)

    return router


def _kept(back: str, cookie: str, value: str) -> Response:
    response = RedirectResponse(own_address(back), status_code=303)
    response.set_cookie(cookie, value, max_age=YEAR_S, samesite="lax", httponly=True)
    return response


def own_address(back: str) -> str:
    """An address of this console and of nowhere else, whatever was asked for.

    >>> own_address("/devices?kind=board"), own_address("//evil.example/"), own_address("https://evil.example")
    ('/devices?kind=board', '/', '/')
    """
    parts = urlsplit(back)
    is_ours = back.startswith("/") and not parts.scheme and not parts.netloc and "\\" not in back and back.isprintable()
    return back if is_ours else "/"
