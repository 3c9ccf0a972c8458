"""Every route of an app with its full path, however deeply its routers are nested."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route


class AppRoute(NamedTuple):
    """One method of one route; `path` has its parameters in braces."""

    method: str
    path: str


def app_routes(app: FastAPI) -> list[AppRoute]:
    """All of them but static files, sorted; a kind of route unknown here fails, so that none goes untested."""
    return sorted(set(_walk(app.routes, "")))


def _walk(routes: Sequence[BaseRoute], prefix: str) -> Iterator[AppRoute]:
    for route in routes:
        if isinstance(route, APIRoute | Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield AppRoute(method, prefix + route.path)
        elif isinstance(route, Mount) and route.path == "/static":
            continue
        elif (included := getattr(route, "original_router", None)) is not None:  # FastAPI keeps it whole
            yield from _walk(included.routes, prefix + getattr(route, "include_context").prefix)  # noqa: B009
        else:
            raise TypeError(f"teach app_routes about {type(route).__name__}")
