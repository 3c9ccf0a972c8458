"""Who may address us, and who may change something."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, UploadFile
from starlette.datastructures import Headers

from controller.identity.guard import MAX_BODY_BYTES, Guard, refused

OURS = {"host": "127.0.0.1:8080"}
SIGNED_IN = OURS | {"cookie": "campanile_session=x"}


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:9", "127.1.2.3"])
def test_names_of_this_machine_are_answered(host: str) -> None:
    assert refused("GET", Headers({"host": host})) is None


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "10.0.0.1:8080", "localhost.evil.example", "[::1", "a@b"]
)
def test_other_names_are_not(host: str) -> None:
    answer = refused("GET", Headers({"host": host}))
    assert answer is not None
    assert answer.status_code == 421


def test_the_proxys_name_is_answered_when_it_is_configured() -> None:
    proxied = {"host": "campanile.example", "cookie": "campanile_session=x"}
    assert refused("GET", Headers(proxied), "campanile.example") is None
    assert refused("POST", Headers(proxied | {"origin": "https://campanile.example"}), "campanile.example") is None
    for headers in ({"host": ""}, {"host": "evil.example"}, {"host": "campanile.example.evil.example"}):
        answer = refused("GET", Headers(headers), "campanile.example")
        assert answer is not None
        assert answer.status_code == 421
    elsewhere = refused("POST", Headers(proxied | {"origin": "https://evil.example"}), "campanile.example")
    assert elsewhere is not None
    assert elsewhere.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        OURS,
        SIGNED_IN | {"origin": "http://127.0.0.1:8080"},
        SIGNED_IN | {"sec-fetch-site": "same-origin"},
        SIGNED_IN | {"sec-fetch-site": "none"},
    ],
)
def test_our_own_pages_and_programs_may_change_things(headers: dict[str, str]) -> None:
    assert refused("POST", Headers(headers)) is None


@pytest.mark.parametrize(
    "headers",
    [
        SIGNED_IN,
        SIGNED_IN | {"origin": "http://127.0.0.1:9999"},
        SIGNED_IN | {"origin": "http://evil.example"},
        SIGNED_IN | {"origin": "null"},
        SIGNED_IN | {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8080"},
        SIGNED_IN | {"sec-fetch-site": "same-site"},
        OURS | {"origin": "http://evil.example"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_others_may_not(method: str, headers: dict[str, str]) -> None:
    answer = refused(method, Headers(headers))
    assert answer is not None
    assert answer.status_code == 403


def guarded() -> httpx.AsyncClient:
    """An app that takes a form and, as every framework does, reads it before anybody asks who sends it."""
    app = FastAPI()

    @app.post("/form")
    def form(file: UploadFile) -> int:
        return file.size or 0

    @app.post("/api/v1/throughput/up")
    def up() -> int:
        return 1

    app.add_middleware(Guard, answers=Counter())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def form_of(size: int) -> AsyncIterator[bytes]:
    """A form with a file of so many bytes, piece by piece: its size is told nowhere."""
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    for _ in range(size >> 20):
        yield b"x" * (1 << 20)
    yield b"\r\n--b--\r\n"


def test_a_body_is_no_larger_than_a_photo_whether_it_says_so_or_not() -> None:
    kind = {"content-type": "multipart/form-data; boundary=b"}

    async def scenario() -> None:
        async with guarded() as client:
            taken = await client.post("/form", content=form_of(1 << 20), headers=kind)
            assert (taken.status_code, taken.json()) == (200, 1 << 20)
            over = form_of(MAX_BODY_BYTES + (1 << 20))
            assert (await client.post("/form", content=over, headers=kind)).status_code == 413
            for size in (str(MAX_BODY_BYTES + 1), "9" * 30):
                says = kind | {"content-length": size}
                assert (await client.post("/form", content=form_of(0), headers=says)).status_code == 413
            measured = {"content-length": "9" * 10}
            assert (await client.post("/api/v1/throughput/up", headers=measured)).status_code == 200

    asyncio.run(scenario())
