"""Tables that a person opens in a spreadsheet: CSV (RFC 4180) in UTF-8 with a byte order mark, so that Excel reads Chinese."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fastapi import Response

Cell = str | int | float | None
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def sheet(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """A download called `name`.csv."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def local_time(at: int, timezone: str) -> str:
    """An instant as the district's wall clock says it; empty for 0.

    >>> local_time(1_788_746_400_000, "Asia/Shanghai")
    '2026-09-07 10:00:00'
    """
    if not at:
        return ""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M:%S")


def _cell(value: Cell) -> Cell:
    if isinstance(value, float):
        return round(value, 3) if math.isfinite(value) else ""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"  # a device's name must not become a formula in somebody's spreadsheet
    return value
