"""HTTP of measuring a line, for agents alone: a turn, bytes down, bytes up. Everything wants the district's token."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

from campus.errors import Poison
from campus.ids import parse_agent_id, parse_site_id
from campus.topics import Address
from controller.throughput.model import SLOT_S, Refusal, Slot
from controller.throughput.service import ThroughputService

CHUNK_BYTES: Final = 65_536
_BEARER: Final = "Bearer "


def throughput_router(service: ThroughputService) -> APIRouter:
    """``/api/v1/throughput``; not part of the published API: its two ends are ours."""
    router = APIRouter(prefix="/api/v1/throughput", include_in_schema=False)

    @router.post("")
    def ask(request: Request, site: str = "", agent: str = "") -> Response:
        """A turn, or 409 with when to ask again."""
        if not _is_believed(service, request):
            return _unbelieved()
        try:
            answer = service.ask(Address(parse_site_id(site), parse_agent_id(agent)))
        except Poison as error:
            return PlainTextResponse(f"{error}\n", 400)
        if isinstance(answer, Refusal):
            return JSONResponse({"reason": answer.reason, "retry_after_s": round(answer.retry_after_s, 1)}, 409)
        limits = service.settings
        turn = {
            "ticket": answer.ticket,
            "max_bytes": limits.max_bytes,
            "max_bps": limits.max_bps,
            "seconds": SLOT_S,
        }
        return JSONResponse(turn)

    @router.post("/{ticket}/down")
    def down(request: Request, ticket: str) -> Response:
        """As many bytes as the turn allows, at its pace."""
        slot = _slot(service, request, ticket)
        if isinstance(slot, Response):
            return slot
        headers = {"Content-Length": str(service.settings.max_bytes), "Cache-Control": "no-store"}
        sent = _bytes(service.settings.max_bytes, service.settings.max_bps)
        return StreamingResponse(sent, media_type="application/octet-stream", headers=headers)

    @router.post("/{ticket}/up")
    async def up(request: Request, ticket: str) -> Response:
        """Takes bytes and forgets them; after that the turn is over."""
        slot = _slot(service, request, ticket)
        if isinstance(slot, Response):
            return slot
        received = 0
        try:
            async with asyncio.timeout(SLOT_S):
                async for chunk in request.stream():
                    received += len(chunk)
                    if received > service.settings.max_bytes:
                        return PlainTextResponse("more than the turn allows\n", 413)
        except TimeoutError:
            return PlainTextResponse("the turn is over\n", 408)
        finally:
            service.end(slot)
        return JSONResponse({"bytes": received})

    return router


def _slot(service: ThroughputService, request: Request, ticket: str) -> Slot | Response:
    if not _is_believed(service, request):
        return _unbelieved()
    return service.holder(ticket) or PlainTextResponse("this turn is over\n", 410)


def _is_believed(service: ThroughputService, request: Request) -> bool:
    given = request.headers.get("authorization", "")
    return given.startswith(_BEARER) and service.is_believed(given.removeprefix(_BEARER))


def _unbelieved() -> Response:
    return PlainTextResponse("agents only: the token of throughput.token_file is needed\n", 401)


async def _bytes(size: int, max_bps: float) -> AsyncIterator[bytes]:
    """Random bytes, which nothing on the way can make smaller."""
    chunk = os.urandom(CHUNK_BYTES)
    began_s, sent = time.perf_counter(), 0
    while sent < size:
        piece = chunk[: size - sent]
        yield piece
        sent += len(piece)
        await asyncio.sleep(max(0.0, began_s + 8 * sent / max_bps - time.perf_counter()))
