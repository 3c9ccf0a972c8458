"""A browser or a program talking to the HTTP app in process: no port, real requests, cookies kept."""

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

BASE_URL = "http://127.0.0.1:8080"


class Visitor:
    """Requests by `get` and `post`, as httpx has them; redirects are not followed unless asked."""

    def __init__(self, app: FastAPI, address: str = "127.0.0.1") -> None:
        self._transport = httpx.ASGITransport(app=app, client=(address, 123))
        self.cookies = httpx.Cookies()

    def enter(self, token: str) -> httpx.Response:
        """Sign in by a one-time link."""
        return self.get("/enter", params={"token": token})

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return self._ask("GET", path, options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST."""
        return self._ask("POST", path, options)

    def _ask(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        return asyncio.run(self._asked(method, path, options))

    async def _asked(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url=BASE_URL, cookies=self.cookies) as client:
            response = await client.request(method, path, **options)
            self.cookies = client.cookies
            return response
