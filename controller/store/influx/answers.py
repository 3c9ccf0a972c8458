"""What InfluxDB's `/query` answers, piece by piece: JSON, one object a line when it is chunked. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

_BRACKETS = b"[]"
_BETWEEN_ROWS = b"],["


class _Series(msgspec.Struct):
    columns: list[str]
    name: str = ""
    tags: dict[str, str] = {}
    values: msgspec.Raw = msgspec.Raw(b"[]")


class _Result(msgspec.Struct):
    series: list[_Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""
    message: str = ""


class QueryError(Exception):
    """A statement failed; the message is the server's words."""


class Table(NamedTuple):
    """Rows of one series of an answer, or a piece of them."""

    name: str
    tags: dict[str, str]
    columns: list[str]
    content: bytes
    """JSON: a list of rows."""

    def rows(self) -> list[list[Any]]:
        """The rows as Python values: for few."""
        rows: list[list[Any]] = msgspec.json.decode(self.content)
        return rows

    def numbers(self) -> NDArray[np.float64]:
        """A row of the result for each column, all of them numbers (NaN where there is none).

        Instants in milliseconds and counts below 2^53 come through exactly. For many tables: `numbers_of`.
        """
        numbers: NDArray[np.float64] = np.array(self.rows(), np.float64).reshape(-1, len(self.columns)).T
        return numbers


_decoder = msgspec.json.Decoder(_Answer)


def read_tables(pieces: Iterable[bytes]) -> Iterator[Table]:
    """Tables out of the body of an answer, which may come in any pieces. `QueryError` when a statement failed.

    >>> body = b'{"results":[{"series":[{"name":"m","columns":["time","value"],"values":[[7,1.5]]}]}]}'
    >>> [(table.name, table.numbers().tolist()) for table in read_tables([body])]
    [('m', [[7.0], [1.5]])]
    """
    for line in _lines(pieces):
        answer = _decoder.decode(line)
        if answer.error:
            raise QueryError(answer.error)
        for result in answer.results:
            if result.error:
                raise QueryError(result.error)
            for series in result.series:
                yield Table(series.name, series.tags, series.columns, bytes(series.values))


def numbers_of(tables: Sequence[Table], width: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """How many rows each table has, and the numbers of all rows, column by column; each table has `width` columns."""
    contents = [table.content for table in tables]
    counts = np.array([content.count(_BETWEEN_ROWS) + 1 for content in contents], np.intp)
    flat = b",".join(contents)
    if b"null" not in flat:  # one text of numbers, read in one go
        numbers = np.fromstring(flat.translate(None, _BRACKETS), sep=",")
        if len(numbers) == counts.sum() * width:
            return counts, numbers.reshape(-1, width).T
    pieces = [table.numbers() for table in tables]
    counts = np.array([piece.shape[1] for piece in pieces], np.intp)
    return counts, np.concatenate([np.empty((width, 0)), *pieces], axis=1)


def said_in(body: bytes) -> str:
    """The server's own words in an answer that is an error, as well as they can be told.

    >>> said_in(b'{"code":"invalid","message":"no such bucket"}'), said_in(b"gone")
    ('no such bucket', 'gone')
    """
    try:
        answer = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body.decode(errors="replace").strip()[:2_000]
    return (answer.error or answer.message or body.decode(errors="replace"))[:2_000]


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Lines that are not empty. Within JSON a line break is escaped, so one always ends an object."""
    begun: list[bytes] = []
    for piece in pieces:
        head, *rest = piece.split(b"\n")
        begun.append(head)
        for following in rest:
            if line := b"".join(begun).strip():
                yield line
            begun = [following]
    if line := b"".join(begun).strip():
        yield line
