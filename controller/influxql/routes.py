"""HTTP of InfluxDB 1.x as far as it reads: ``/query`` and ``/ping``. What data sources such as Grafana's speak."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from campus.errors import Transient
from campus.influx import Policy
from controller.identity.dependency import SignInNeeded, TokenRefused, reader_scope
from controller.identity.scope import Scope
from controller.influxql.answers import as_csv, as_json, error_json
from controller.influxql.errors import ParseError
from controller.influxql.service import TURNED_AWAY, QueryService

COMPATIBLE_WITH: Final = "1.8.10-campanile"
"""Of this version is what is answered; data sources choose by it how they ask."""
ANSWERED_AT_ONCE: Final = 2
ANSWERED_AT_ONCE_OF_PARTS: Final = 1
"""Of all who see a part of the district alone: however much they ask, those who see it all are answered."""
WAITING: Final = 100
"""A dashboard of thirty panels asks thirty questions at once; three of them may be opened in one second."""
_VERSION: Final = {"X-Influxdb-Build": "Campanile", "X-Influxdb-Version": COMPATIBLE_WITH}
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="InfluxDB"'}


def query_router(service: QueryService) -> APIRouter:
    """``/query`` and ``/ping``; documented in docs/46-query.md and not in our own API, for its shapes are InfluxDB's."""
    router = APIRouter(include_in_schema=False)
    desk = _Desk(service)

    @router.get("/ping")
    @router.head("/ping")
    def ping() -> Response:
        """That we are here, and what we are like; says nothing else, to anybody."""
        return Response(status_code=204, headers=_VERSION)

    @router.get("/query")
    async def ask(request: Request) -> Response:
        """Parameters in the address."""
        return await desk.answer(request)

    @router.post("/query")
    async def ask_by_form(request: Request) -> Response:
        """Parameters in the address or in a form."""
        return await desk.answer(request)

    return router


class _Counter:
    """Of a desk: so many questions at once, and those that wait there."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.workers = ThreadPoolExecutor(at_once, "query")
        self.taken = 0


class _Desk:
    """Takes questions, a few at a time: they are worked out in threads, beside ingest."""

    def __init__(self, service: QueryService) -> None:
        self._service = service
        self._of_all = _Counter(ANSWERED_AT_ONCE)
        self._of_parts = _Counter(ANSWERED_AT_ONCE_OF_PARTS)

    async def answer(self, request: Request) -> Response:
        """An answer, or a refusal in the same shape."""
        try:
            scope = await run_in_threadpool(reader_scope, request)
        except TokenRefused as refused:
            return _refusal(str(refused), refused.status)
        except SignInNeeded:
            if "text/html" in request.headers.get("accept", ""):
                raise
            return _refusal("unable to parse authentication credentials: send Authorization: Token SECRET", 401)
        counter = self._of_all if scope.sites is None else self._of_parts
        if counter.taken >= counter.at_once + WAITING:
            self._service.counts[TURNED_AWAY] += 1
            return _refusal("too many questions at once: ask again in a few seconds", 503)
        is_csv = "csv" in request.headers.get("accept", "")
        counter.taken += 1
        try:
            work = partial(self._worked_out, scope, await _parameters(request), is_csv=is_csv)
            return await asyncio.get_running_loop().run_in_executor(counter.workers, work)
        finally:
            counter.taken -= 1

    def _worked_out(self, scope: Scope, parameters: Mapping[str, str], *, is_csv: bool) -> Response:
        if not (query := parameters.get("q", "")):
            return _refusal('missing required parameter "q"', 400)
        if parameters.get("params"):
            return _refusal("parameters ($name) are not answered: write their values into the query", 400)
        policy = parameters.get("rp", "")
        if policy not in {"", Policy.RAW}:
            return _refusal(f'rp={policy} is not answered: write FROM "{policy}"."measurement"', 400)
        try:
            answers = self._service.answer(scope, query, parameters.get("db", ""))
        except ParseError as error:
            return _refusal(str(error), 400)
        except Transient as error:
            return _refusal(f"the store is away for a moment: {error}", 503)
        epoch = parameters.get("epoch", "").strip()
        if is_csv:
            return Response(as_csv(answers, epoch), media_type="text/csv", headers=_VERSION)
        content = as_json(answers, epoch, pretty=parameters.get("pretty") == "true")
        return Response(content, media_type="application/json", headers=_VERSION)


async def _parameters(request: Request) -> Mapping[str, str]:
    """Of the address and of the form, which is read only when it is known who sends it."""
    sent = await request.form() if request.method == "POST" else {}
    return dict(request.query_params) | {name: value for name, value in sent.items() if isinstance(value, str)}


def _refusal(message: str, status: int) -> Response:
    headers = _VERSION | (_CHALLENGE if status == 401 else {}) | ({"Retry-After": "5"} if status == 503 else {})
    return Response(error_json(message), status, headers | {"X-Influxdb-Error": _ascii(message)}, "application/json")


def _ascii(message: str) -> str:
    """What may stand in a header."""
    return "".join(each if " " <= each <= "~" else "?" for each in message[:500])
