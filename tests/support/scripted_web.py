"""A web server that says word for word what a test wants, on a loopback port, with or without TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.servers.authority import KeyPair

Say = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Gets the request's head and answers it."""


class ScriptedWeb:
    """What it was asked, and where it listens."""

    def __init__(self) -> None:
        self.port = 0
        self.heads: list[str] = []

    @property
    def targets(self) -> list[str]:
        return [head.split(" ", 2)[1] for head in self.heads]


@asynccontextmanager
async def scripted_web(say: Say, pair: KeyPair | None = None) -> AsyncIterator[ScriptedWeb]:
    """Serve until the block ends; the connection is closed after each answer."""
    web = ScriptedWeb()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            web.heads.append(head)
            await say(head, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    context = None
    if pair:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pair.certificate, pair.key)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    web.port = server.sockets[0].getsockname()[1]
    async with server:
        yield web


def answering(status: str, body: bytes = b"", *headers: str) -> Say:
    """Always the same answer."""

    async def say(_: str, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)

    return say
