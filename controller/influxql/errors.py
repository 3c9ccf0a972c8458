"""Why a question is not answered. The words are for the person who wrote it: what, where, and what is answered instead.

CampusError
└── QueryError
    ├── ParseError      the whole text is refused: HTTP 400, as InfluxDB does
    └── StatementError  one statement is; those after it are not executed, as InfluxDB does
        └── TooMuch     it asks for more than is read at once
"""

from typing import NamedTuple

from campus.errors import CampusError


class Place(NamedTuple):
    """Where in the text something stands, from 1, as InfluxDB counts."""

    line: int
    char: int

    def __str__(self) -> str:
        return f"line {self.line}, char {self.char}"


class QueryError(CampusError):
    """A question that is not answered."""


class ParseError(QueryError):
    """The text is no InfluxQL, or of a part of it that is not answered here."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        super().__init__(f"error parsing query: {message}" + (f" at {place}" if place else ""))


class StatementError(QueryError):
    """A statement that cannot be answered."""


class TooMuch(StatementError):
    """A statement that asks for more than is read at once."""
