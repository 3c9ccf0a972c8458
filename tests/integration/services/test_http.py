"""Web pages asked over real sockets, with TLS by an authority of our own."""

import asyncio
import base64
import gzip
from pathlib import Path

import pytest

from agent.address import HostPort
from agent.credentials import Credential
from agent.services.check import Service, found
from agent.services.dial import tls_context
from agent.services.http import HttpCheck
from agent.services.model import Finding, HttpEntry, ServiceState
from campus.secret import Secret
from tests.servers.authority import Authority, KeyPair
from tests.servers.daemon import free_port
from tests.support.scripted_web import Say, answering, scripted_web

NAME = "teaching.clearwater.example"
PAGE = "<h1>教学平台</h1> sign in".encode()


async def asked(
    say: Say, timeout_s: float = 5.0, slow_ms: float = 5000.0, **entry: object
) -> tuple[Finding, list[str]]:
    """What a check finds of a page at /, and which paths it asked for."""
    async with scripted_web(say) as web:
        made = HttpEntry(id="page", url=f"http://127.0.0.1:{web.port}/", **entry)  # type: ignore[arg-type]
        return await found(Service("page", 60, timeout_s, slow_ms, HttpCheck(made))), web.targets


def found_of(say: Say, **entry: object) -> Finding:
    return asyncio.run(asked(say, **entry))[0]  # type: ignore[arg-type]


def test_a_good_page_is_up_with_its_times() -> None:
    finding = found_of(answering("200 OK", PAGE), words=("教学平台", "sign in"))
    assert finding.state is ServiceState.UP, finding.detail
    assert finding.response_ms is not None
    assert finding.first_byte_ms is not None
    assert 0 < finding.first_byte_ms <= finding.response_ms
    assert finding.tls_days_left is None


@pytest.mark.parametrize(
    ("say", "entry", "said"),
    [
        (answering("500 Oops"), {}, "status 500"),
        (answering("404 Not Found", PAGE), {"words": ("教学平台",)}, "status 404"),
        (answering("200 OK", b"database is down"), {"words": ("教学平台",)}, "does not say '教学平台'"),
        (answering("200 OK", PAGE), {"status": (401,)}, "status 200"),
        (answering("200 OK", b"x" * 100 + b"word"), {"words": ("word",), "max_bytes": 100}, "does not say"),
        (
            answering("302 Found", b"", "Location: http://elsewhere.example/secret?token=1"),
            {},
            "leads to another place",
        ),
        (answering("302 Found", b"", "Location: http://127.0.0.1:99999999/"), {}, "leads to"),
        (answering("302 Found", b"", "Location: /"), {}, "redirects one after another"),
        (answering("200 OK", PAGE), {"redirect": "https://login.example/"}, "leads nowhere"),
        (answering("302 Found", b"", "Location: https://b.example/"), {"redirect": "https://a.example/"}, "and not to"),
        (answering("junk\x00"), {}, "does not speak HTTP"),
    ],
)
def test_a_wrong_page_is_named(say: Say, entry: dict[str, object], said: str) -> None:
    finding = found_of(say, **entry)
    assert finding.state is ServiceState.WRONG_ANSWER
    assert said in finding.detail
    assert "token" not in finding.detail


@pytest.mark.parametrize(
    ("say", "entry"),
    [
        (answering("401 Unauthorized"), {"status": (200, 401)}),
        (
            answering("302 Found", b"", "Location: https://login.example/cas?x=1"),
            {"redirect": "https://login.example/"},
        ),
        (answering("200 OK", gzip.compress(PAGE), "Content-Encoding: gzip"), {"words": ("教学平台",)}),
        (answering("200 OK", "教学".encode("gbk"), "Content-Type: text/html; charset=gb2312"), {"words": ("教学",)}),
        (answering("200 OK", b'<meta charset="gbk">' + "教学".encode("gbk")), {"words": ("教学",)}),
        (answering("200 OK", PAGE, "Content-Type: text/html; charset=nonsense"), {"words": ("教学平台",)}),
    ],
)
def test_what_is_asked_for_is_good(say: Say, entry: dict[str, object]) -> None:
    finding = found_of(say, **entry)
    assert finding.state is ServiceState.UP, finding.detail


def test_redirects_on_the_same_host_are_followed() -> None:
    async def say(head: str, writer: asyncio.StreamWriter) -> None:
        to_login = head.startswith("GET / ")
        await (answering("302 Found", b"", "Location: /login?next=%2F") if to_login else answering("200 OK", PAGE))(
            head, writer
        )

    finding, targets = asyncio.run(asked(say, words=("教学平台",)))
    assert finding.state is ServiceState.UP
    assert targets == ["/", "/login?next=%2F"]


def test_an_answer_that_never_ends_is_read_to_the_bound() -> None:
    async def say(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            await writer.drain()

    assert found_of(say, max_bytes=10_000).state is ServiceState.UP


def test_slow_is_not_failed_and_silence_is_a_timeout() -> None:
    async def late(head: str, writer: asyncio.StreamWriter) -> None:
        await answering("200 OK", PAGE)(head, writer)

    async def silent(_: str, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    assert asyncio.run(asked(late, slow_ms=0.001))[0].state is ServiceState.SLOW
    finding, _ = asyncio.run(asked(silent, timeout_s=0.2))
    assert finding.state is ServiceState.TIMEOUT
    assert "0.2 s" in finding.detail


def test_half_an_answer_and_no_listener_are_told_apart() -> None:
    async def half(_: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    async def nothing(_: str, __: asyncio.StreamWriter) -> None:
        return

    assert found_of(half).state is ServiceState.BROKEN_OFF
    assert found_of(nothing).state is ServiceState.BROKEN_OFF
    entry = HttpEntry(id="page", url=f"http://127.0.0.1:{free_port()}/")
    assert asyncio.run(found(Service("page", 60, 5, 5000, HttpCheck(entry)))).state is ServiceState.REFUSED
    entry = HttpEntry(id="page", url="http://no-such-name.invalid/")
    assert asyncio.run(found(Service("page", 60, 20, 5000, HttpCheck(entry)))).state is ServiceState.NAME_NOT_FOUND


def test_a_credential_goes_to_its_own_place_and_nowhere_else() -> None:
    credential = Credential("portal", username="checker", password=Secret("s3cret"))

    async def scenario() -> tuple[list[str], list[str]]:
        async with scripted_web(answering("200 OK", PAGE)) as other:
            leads_away = answering("302 Found", b"", f"Location: http://127.0.0.1:{other.port}/")
            async with scripted_web(leads_away) as web:
                entry = HttpEntry(id="page", url=f"http://127.0.0.1:{web.port}/")
                await found(Service("page", 60, 5, 5000, HttpCheck(entry, credential=credential)))
                return web.heads, other.heads

    own, others = asyncio.run(scenario())
    pair = base64.b64encode(b"checker:s3cret").decode()
    assert f"Authorization: Basic {pair}" in own[0]
    assert others
    assert "Authorization" not in others[0]


@pytest.mark.parametrize(
    ("names", "days", "by_itself", "state"),
    [
        ((NAME,), (-1, 9.5), False, ServiceState.UP),
        ((NAME,), (-30, -2.5), False, ServiceState.CERTIFICATE_EXPIRED),
        ((NAME,), (2, 90), False, ServiceState.CERTIFICATE_NOT_YET_VALID),
        ((NAME,), (-1, 90), True, ServiceState.CERTIFICATE_SELF_SIGNED),
        (("other.example",), (-1, 90), False, ServiceState.CERTIFICATE_WRONG_NAME),
    ],
)
def test_every_fault_of_a_certificate_has_its_name(
    tmp_path: Path, names: tuple[str, ...], days: tuple[float, float], by_itself: bool, state: ServiceState
) -> None:
    authority = Authority(tmp_path)
    finding = over_tls(authority.issue(names, *days, by_itself=by_itself), authority)
    assert finding.state is state, finding.detail
    assert finding.tls_days_left == pytest.approx(days[1], abs=0.2)


def test_an_authority_nobody_named_is_not_believed(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "Stranger")
    finding = over_tls(stranger.issue((NAME,)), authority)
    assert finding.state is ServiceState.CERTIFICATE_UNTRUSTED


def test_a_port_without_tls_fails_at_tls(tmp_path: Path) -> None:
    async def scenario() -> Finding:
        async with scripted_web(answering("200 OK", PAGE)) as web:
            entry = HttpEntry(id="page", url=f"https://127.0.0.1:{web.port}/")
            check = HttpCheck(entry, tls_context(str(Authority(tmp_path).file)))
            return await found(Service("page", 60, 2, 5000, check))

    assert asyncio.run(scenario()).state in {ServiceState.TLS_FAILED, ServiceState.TIMEOUT, ServiceState.BROKEN_OFF}


def over_tls(pair: KeyPair, believed: Authority) -> Finding:
    """A page served with a certificate, looked for under `NAME`, by a check that believes one authority."""

    async def scenario() -> Finding:
        async with scripted_web(answering("200 OK", PAGE), pair) as web:
            entry = HttpEntry(id="page", url=f"https://{NAME}/", words=("教学平台",))
            check = HttpCheck(entry, tls_context(str(believed.file)), connect_to=HostPort("127.0.0.1", web.port))
            return await found(Service("page", 60, 5, 5000, check))

    return asyncio.run(scenario())
