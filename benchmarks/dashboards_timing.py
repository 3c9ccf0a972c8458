"""How long a store takes to answer each query, and the file of it that docs/48-dashboards.md is made of."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.dashboards_asking import Answer, Endpoint
from benchmarks.dashboards_questions import Question, questions
from dashboards.boards import BOARDS

TIMES: Final = 5
_LONG_MS: Final = 2_000.0
_TIMES_OF_LONG: Final = 2


class Timed(NamedTuple):
    """One query of one store."""

    question: Question
    median_ms: float
    has_rows: bool
    error: str


class Setting(NamedTuple):
    """What was asked: where the file's readers learn what its times mean. `filled` are sentences."""

    command: str
    schools: int
    filled: Sequence[str] = ()


def times(endpoint: Endpoint, end_ms: int) -> list[Timed]:
    """Every query over the range its dashboard opens with; each is asked once before it counts."""
    asked = [question for board in BOARDS for question in questions(board, endpoint, end_ms)]
    return [_timed(endpoint, question) for question in asked]


def percentile_95(timed: Sequence[Timed]) -> float:
    """Of the medians, in milliseconds."""
    medians = sorted(each.median_ms for each in timed)
    return round(medians[int(0.95 * (len(medians) - 1))], 2)


def keep(path: Path, setting: Setting, timed: Mapping[str, Sequence[Timed]]) -> None:
    """Write when, where, by which command, and the median of each query by store; none of a query that was refused."""
    entries: dict[tuple[str, ...], dict[str, object]] = {}
    for store, some in timed.items():
        for each in some:
            q = each.question
            name = {"board": q.board, "kind": q.kind, "title": q.title, "ref_id": q.ref_id}
            entry = entries.setdefault(tuple(name.values()), {**name, "median_ms": {}})
            if not each.error:
                entry["median_ms"][store] = round(each.median_ms, 1)  # type: ignore[index]
    measured = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "command": setting.command,
        "schools": setting.schools,
        "filled": list(setting.filled),
        "stores": list(timed),
        "queries": list(entries.values()),
    }
    path.write_text(json.dumps(measured, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _timed(endpoint: Endpoint, question: Question) -> Timed:
    """What takes long is asked less often: it is the same each time."""
    first = endpoint.ask(question.text)
    again: list[Answer] = []
    if not first.error:
        again = [endpoint.ask(question.text) for _ in range(_TIMES_OF_LONG if first.took_ms > _LONG_MS else TIMES)]
    took_ms = statistics.median(each.took_ms for each in again or [first])
    return Timed(question, took_ms, first.has_rows, first.error)
