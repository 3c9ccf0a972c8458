"""From text to a tree, by the grammar in ``influxql.lark`` (LALR: time linear in the text's length, no stack of Python's).

The grammar is read once, when the first question comes. Whatever the text, nothing but `ParseError` is raised.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final

from lark import Lark, Token, UnexpectedInput
from lark.exceptions import VisitError

from controller.influxql.building import tree_builder
from controller.influxql.errors import ParseError, Place
from controller.influxql.syntax import Statement

MAX_TEXT_CHARS: Final = 64 * 1024
"""A variable with every device of a large school in it fits."""
MAX_STATEMENTS: Final = 50
_GRAMMAR: Final = Path(__file__).with_name("influxql.lark")
_WRITING: Final = frozenset(["ALTER", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "INTO", "KILL", "REVOKE", "SET"])
_ANSWERED: Final = (
    "SELECT, SHOW DATABASES, SHOW RETENTION POLICIES, SHOW MEASUREMENTS, SHOW TAG KEYS, SHOW TAG VALUES, SHOW FIELD KEYS and "
    "SHOW ... CARDINALITY"
)
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9.]+|\S")
_SIGNS: Final = {
    "IDENTIFIER": "identifier", "QUOTED": "identifier", "INTEGER": "integer", "NUMBER": "number", "DURATION": "duration",
    "STRING": "string", "REGEX": "regex", "COMMA": ",", "LPAR": "(", "RPAR": ")", "SEMICOLON": ";", "DOT": ".",
    "EQ": "=", "DIFFERS": "!=", "LESS": "<", "AT_MOST": "<=", "MORE": ">", "AT_LEAST": ">=", "MATCHES": "=~",
    "MATCHES_NOT": "!~", "PLUS": "+", "MINUS": "-", "STAR": "*", "SLASH": "/", "$END": "EOF", "__ANON_0": "..",
}  # fmt: skip


def parse(text: str) -> tuple[Statement, ...]:
    """The statements of a text, in their order, one or more; `ParseError` says what is wrong and where.

    >>> parse("SHOW DATABASES")[0].subject.value
    'databases'
    """
    if len(text) > MAX_TEXT_CHARS:
        raise ParseError(f"the text has {len(text)} characters; at most {MAX_TEXT_CHARS} are read")
    try:
        statements: tuple[Statement, ...] = _parser().parse(text)  # type: ignore[assignment]  # what our builder makes
    except UnexpectedInput as error:
        raise _said(error, text) from None
    except VisitError as error:
        raise error.orig_exc from None
    if not statements:
        raise ParseError(f"there is no statement in it; answered are {_ANSWERED}")
    if len(statements) > MAX_STATEMENTS:
        raise ParseError(f"{len(statements)} statements; at most {MAX_STATEMENTS} are answered at once")
    return statements


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR.read_text(encoding="utf-8"), parser="lalr", lexer="contextual", transformer=tree_builder())


def _said(error: UnexpectedInput, text: str) -> ParseError:
    token: object = getattr(error, "token", None)
    at_end = isinstance(token, Token) and token.type == "$END"
    position = len(text) if at_end else error.pos_in_stream or 0
    word = _WORD.match(text, position)
    found = "EOF" if at_end or word is None else word.group()
    place = _place(text, position)
    if found.upper() in _WRITING:
        return ParseError(f"found {found}: this only reads; answered are {_ANSWERED}", place)
    expected = sorted({_named(name) for name in _expected(error)})
    if expected == ["SELECT", "SHOW"] or {"SELECT", "SHOW"} < set(expected):
        return ParseError(f"found {found}, expected SELECT, SHOW", place)
    return ParseError(f"found {found}, expected {', '.join(expected)}", place)


def _expected(error: UnexpectedInput) -> set[str]:
    names: set[str] = set(getattr(error, "accepts", None) or getattr(error, "allowed", None) or ())
    return names or set(getattr(error, "expected", ()))


def _named(terminal: str) -> str:
    return _SIGNS.get(terminal, terminal.removeprefix("_"))


def _place(text: str, position: int) -> Place:
    before = text[:position]
    return Place(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)
