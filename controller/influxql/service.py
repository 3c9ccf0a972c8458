"""Questions in InfluxQL, answered over the sample store for a caller: the room's one door. Reads, and writes nothing."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from campus.influx import DATABASE, Policy
from controller.figure import Figure, labelled
from controller.identity.scope import Scope
from controller.influxql.answers import StatementAnswer, series_of
from controller.influxql.catalogue import Catalogue
from controller.influxql.conditions import Span
from controller.influxql.errors import ParseError, StatementError
from controller.influxql.evaluating import Evaluator
from controller.influxql.parsing import parse
from controller.influxql.patterns import matching
from controller.influxql.port import Happenings, Registry
from controller.influxql.sources import LEVEL_OF, Pace, Source, StoredSource, TableSource
from controller.influxql.special import SPECIAL_FIELDS, Specials
from controller.influxql.syntax import Measurement, Pattern, Show, Statement, Subject
from controller.influxql.table import NS_PER_MS
from controller.influxql.tagbook import TagBook
from controller.store.port import Retention, SampleStore

NOT_EXECUTED: Final = "not executed"
ANSWERED: Final = "answered"
FAILED: Final = "failed"
"""A statement of it was not answered."""
REFUSED: Final = "refused"
"""No InfluxQL, or none that is answered here."""
TURNED_AWAY: Final = "turned_away"
"""Too many waited already."""
_DAY_MS: Final = 86_400_000
_AHEAD_MS: Final = 366 * _DAY_MS
"""What happens in the future, as maintenance does, is looked for so far."""


class QueryService:
    """Thread-safe. Keeps no answers, only which tags series have."""

    def __init__(
        self,
        store: SampleStore,
        registry: Registry,
        happenings: Happenings,
        clock: Callable[[], int],
        retention: Retention | None = None,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        """`give_way` is called between pieces of some milliseconds: it may wait until what is more urgent is done."""
        self._store = store
        self._clock = clock
        self._retention = retention or Retention()
        self._give_way = give_way
        self._tags = TagBook(store, registry)
        self._specials = Specials(happenings)
        self.counts: Counter[str] = Counter()
        """Texts by what became of them."""

    def answer(self, scope: Scope, influxql: str, database: str = DATABASE) -> list[StatementAnswer]:
        """What each statement of a text says, in their order; after one that fails none is executed, as in InfluxDB.

        `ParseError` when the text is not answered at all, `Transient` when the store is away.
        """
        try:
            statements = parse(influxql)
        except ParseError:
            self.counts[REFUSED] += 1
            raise
        now = self._clock()
        since = now - self._retention.raw_days * _DAY_MS
        question = _Question(self._store, self._tags, self._specials, scope, now, since, Pace(self._give_way))
        answers: list[StatementAnswer] = []
        for statement in statements:
            if answers and answers[-1].error:
                answers.append(StatementAnswer(error=NOT_EXECUTED))
                continue
            try:
                answers.append(self._answered(question, statement, database))
            except StatementError as error:
                answers.append(StatementAnswer(error=str(error)))
        self.counts[FAILED if answers[-1].error else ANSWERED] += 1
        return answers

    def figures(self) -> list[Figure]:
        """For `/metrics`."""
        return [*labelled("queries_total", "Texts of InfluxQL taken at /query", "outcome", self.counts)]

    def _answered(self, question: "_Question", statement: Statement, database: str) -> StatementAnswer:
        if isinstance(statement, Show):
            named = statement.database or database
            if statement.subject is not Subject.DATABASES:
                _require_database(named)
            catalogue = Catalogue(
                question.sources_of_name,
                question.names,
                partial(self._tags.everything, question.scope),
                self._retention,
                question.now * NS_PER_MS,
                question.pace,
            )
            return StatementAnswer(catalogue.show(statement))
        question.database = database
        evaluator = Evaluator(question.open, question.now * NS_PER_MS, question.pace)
        return StatementAnswer(list(series_of(evaluator.select(statement))), zone=statement.zone)


@dataclass
class _Question:
    """A text as one caller asks it at one instant. SHOW lists of what happened what did from `since` on."""

    store: SampleStore
    tags: TagBook
    specials: Specials
    scope: Scope
    now: int
    since: int
    pace: Pace
    database: str = DATABASE

    def names(self) -> list[str]:
        """All measurements of which the caller sees anything; and those that are no metrics, whether anything happened or not."""
        return sorted([*self.tags.metrics(self.scope), *SPECIAL_FIELDS])

    def sources_of_name(self, measurement: Measurement) -> Sequence[Source]:
        """What a measurement of the catalogue names."""
        return self.open(measurement, Span(self.since * NS_PER_MS))

    def open(self, measurement: Measurement, span: Span) -> Sequence[Source]:
        """What a measurement names; points of the special ones are those in the span."""
        _require_database(measurement.database or self.database)
        try:
            level = LEVEL_OF[Policy(measurement.policy or Policy.RAW)]
        except ValueError:
            raise StatementError(
                f"retention policy not found: {measurement.policy}; there are {', '.join(LEVEL_OF)}"
            ) from None
        names = [measurement.name] if isinstance(measurement.name, str) else self._matching(measurement.name)
        found: list[Source] = []
        for name in names:
            if name in SPECIAL_FIELDS:
                found += [self._special(name, span)] if level is LEVEL_OF[Policy.RAW] else []
            else:
                ids, series = self.tags.find(self.scope, name)
                found += [StoredSource(name, level, self.store, (ids, series), self.pace)] if series.size else []
        return found

    def _matching(self, pattern: Pattern) -> list[str]:
        names = self.names()
        return [name for name, matches in zip(names, matching(pattern.text, names).tolist(), strict=True) if matches]

    def _special(self, name: str, span: Span) -> TableSource:
        last = self.now + _AHEAD_MS
        start, end = max(-(-span.start // NS_PER_MS), 0), min(span.end // NS_PER_MS + 1, last)
        return TableSource(self.specials.table(self.scope, name, self.now, start, end))


def _require_database(name: str) -> None:
    if not name:
        raise StatementError("database name required")
    if name != DATABASE:
        raise StatementError(f"database not found: {name}; there is {DATABASE}")
