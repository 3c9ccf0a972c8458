"""What a text of InfluxQL says, as a tree: plain, frozen, nothing checked yet beyond the grammar.

Durations and instants are nanoseconds, as InfluxDB counts.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from controller.influxql.errors import Place

NOWHERE = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Number:
    """``3`` or ``3.5``; whether it is whole decides the kind of what is worked out with it."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Text:
    """``'...'``."""

    value: str


@dataclass(frozen=True, slots=True)
class Duration:
    """``5m``."""

    ns: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """``/.../``, a regular expression in RE2's syntax, as Go has it."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A field, a tag, or ``time``."""

    name: str
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``*``."""


@dataclass(frozen=True, slots=True)
class Call:
    """``mean("value")``; the name in lower case."""

    name: str
    arguments: "tuple[Expression, ...]"
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``left + right``, one of ``+ - * /``."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left = right``, one of ``= != < <= > >= =~ !~``."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conditions with AND between them, two or more."""

    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions with OR between them, two or more."""

    parts: "tuple[Expression, ...]"


Expression = Number | Text | Duration | Pattern | Reference | Wildcard | Call | Arithmetic | Comparison | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Measurement:
    """Where samples stand; empty for what is not said. `name` is a `Pattern` where it means any that match."""

    name: str | Pattern
    policy: str = ""
    database: str = ""


class FillKind(StrEnum):
    """What stands in a bucket of time that has no samples."""

    NULL = "null"
    NONE = "none"
    PREVIOUS = "previous"
    LINEAR = "linear"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Fill:
    """A mode; `number` counts for NUMBER alone."""

    kind: FillKind = FillKind.NULL
    number: int | float = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """One column that is asked for; `alias` is empty where it has none."""

    expression: Expression
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows or series, from which; None for all."""

    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT. `dimensions` are a `Call` of time, `Reference`s to tags, or a `Wildcard`."""

    chosen: tuple[Chosen, ...]
    sources: "tuple[Measurement | Select, ...]"
    condition: Expression | None = None
    dimensions: tuple[Expression, ...] = ()
    fill: Fill = Fill()
    newest_first: bool = False
    rows: Rows = Rows()
    series: Rows = Rows()
    zone: str = ""


class Subject(StrEnum):
    """What SHOW lists or counts."""

    DATABASES = "databases"
    POLICIES = "policies"
    MEASUREMENTS = "measurements"
    TAG_KEYS = "tag keys"
    FIELD_KEYS = "field keys"
    TAG_VALUES = "tag values"
    SERIES_CARDINALITY = "series cardinality"
    MEASUREMENT_CARDINALITY = "measurement cardinality"
    TAG_VALUES_CARDINALITY = "tag values cardinality"


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """Which tag keys WITH KEY means: some names, or a pattern; `is_not` for all others."""

    names: tuple[str, ...] = ()
    pattern: Pattern | None = None
    is_not: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """SHOW. `is_exact` where a cardinality was asked for with EXACT, which changes its shape alone."""

    subject: Subject
    database: str = ""
    sources: tuple[Measurement, ...] = ()
    keys: KeyChoice = KeyChoice()
    condition: Expression | None = None
    rows: Rows = Rows()
    is_exact: bool = False


Statement = Select | Show
