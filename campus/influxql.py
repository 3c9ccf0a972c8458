"""How names and texts are quoted in InfluxQL: the one place for whoever writes a query, the controller and the dashboards.

https://docs.influxdata.com/influxdb/v1/query_language/spec/, "Literals" and "Identifiers". Pure.
"""

from typing import Final

_SPECIALS: Final = {"\\": "\\\\", "\n": "\\n"}
_STRING_SPECIALS: Final = str.maketrans({**_SPECIALS, "'": "\\'"})
_IDENTIFIER_SPECIALS: Final = str.maketrans({**_SPECIALS, '"': '\\"'})


def string_literal(text: str) -> str:
    r"""A text in single quotes.

    >>> print(string_literal("it's a \\ here"))
    'it\'s a \\ here'
    """
    return f"'{text.translate(_STRING_SPECIALS)}'"


def identifier(text: str) -> str:
    r"""A name in double quotes.

    >>> print(identifier("5m"), identifier('odd "name"'))
    "5m" "odd \"name\""
    """
    return f'"{text.translate(_IDENTIFIER_SPECIALS)}"'
