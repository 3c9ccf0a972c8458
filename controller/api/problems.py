"""What a request gets when it cannot have what it wants: JSON for programs, a page for people, the same status for both."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from campus.errors import Transient
from controller.identity.dependency import SignInNeeded
from controller.identity.scope import Denied, NotFound

API_PREFIX = "/api/"
RETRY_AFTER_S = 5


def answer_problems(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(SignInNeeded, _sign_in_needed)
    app.add_exception_handler(NotFound, _problem)
    app.add_exception_handler(Denied, _problem)
    app.add_exception_handler(Transient, _problem)


def wants_page(request: Request) -> bool:
    """Whether a person's browser asks for a page."""
    return not request.url.path.startswith(API_PREFIX) and "text/html" in request.headers.get("accept", "")


def _sign_in_needed(request: Request, _error: Exception) -> Response:
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    if wants_page(request) and request.method == "GET":
        return RedirectResponse("/sign-in", status_code=303)
    return JSONResponse({"detail": "sign in first: open a one-time link"}, status_code=401)


def _problem(request: Request, error: Exception) -> Response:
    status = _status(error)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    if wants_page(request):
        return PlainTextResponse(f"{error}\n", status_code=status, headers=headers)
    return JSONResponse({"detail": str(error)}, status_code=status, headers=headers)


def _status(error: Exception) -> HTTPStatus:
    if isinstance(error, NotFound):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, Denied):
        return HTTPStatus.FORBIDDEN
    return HTTPStatus.SERVICE_UNAVAILABLE
