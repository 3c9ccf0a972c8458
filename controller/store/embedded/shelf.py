"""What the store consists of at this moment, and how that changes while others read.

A `Layout` never changes; a change makes a new one, in the same moment as the transaction that tells it. What a layout no
longer names is kept until the last reader of an older layout is done, then removed for good.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from controller.store.embedded.database import Cursor, Database
from controller.store.embedded.part import Part, PartKind
from controller.store.port import Level


@dataclass(eq=False)
class Hot:
    """A table of rows in arrival order. `days` and `rows` may run ahead of what is committed, never behind."""

    number: int
    rows: int = 0
    days: frozenset[int] = frozenset()
    since: int = 0
    """When upkeep first saw rows in it (ms), 0 before."""

    @property
    def table(self) -> str:
        """Its name in the database."""
        return f"hot_{self.number}"


@dataclass(frozen=True)
class Layout:
    """Everything there is: parts by day, days whose roll-ups are true, hot tables (the last is being filled)."""

    hot: tuple[Hot, ...]
    parts: dict[int, tuple[Part, ...]] = field(default_factory=dict)
    rolled: frozenset[int] = frozenset()
    floors: dict[Level, int] = field(default_factory=dict)
    """By level, the day before which retention has dropped everything."""
    samples: int = 0
    """Rows that ever left a hot table."""
    loose_values: int = 0
    """Rows of the table `latest`."""

    def is_rolled(self, day: int) -> bool:
        """Whether the stored roll-ups of the day cover all its rows. Rows later than raw retention count no more."""
        if day not in self.rolled:
            return False
        return day < self.floors.get(Level.RAW, 0) or not any(day in hot.days for hot in self.hot)

    def is_final(self, day: int) -> bool:
        """Whether rows of the day come too late: it was rolled up, and its raw rows are gone, wherever the floor stands now."""
        if day not in self.rolled:
            return False
        return day < self.floors.get(Level.RAW, 0) or all(
            part.kind is PartKind.ROLLUP for part in self.parts.get(day, ())
        )

    def has_rows(self, day: int) -> bool:
        """Whether any row or bucket of the day may exist."""
        return day in self.parts or day in self.rolled or any(day in hot.days for hot in self.hot)

    def newest_part(self, day: int, kind: PartKind) -> int:
        """The highest number of the day's parts of a kind; 0 when it has none."""
        return max((part.id for part in self.parts.get(day, ()) if part.kind is kind), default=0)

    def kept_days(self) -> dict[int, bool]:
        """Every day that may have rows or buckets, ascending, and whether its raw samples are kept."""
        floor = self.floors.get(Level.RAW, 0)
        return {day: day >= floor and not self.is_final(day) for day in sorted(set(self._days()))}

    @property
    def first_day(self) -> int:
        """The first day that may have rows or buckets; 0 when there is none."""
        return min(self._days(), default=0)

    @property
    def last_day(self) -> int:
        """The last one; 0 when there is none."""
        return max(self._days(), default=0)

    def _days(self) -> Iterator[int]:
        yield from self.parts
        yield from self.rolled
        for hot in self.hot:
            yield from hot.days

    def all_parts(self) -> set[Part]:
        """Of every day."""
        return {part for parts in self.parts.values() for part in parts}

    def parts_gone(self, after: "Layout") -> list[Part]:
        """Those that a later layout no longer names. Looks only at days that changed: there may be 100,000 parts."""
        changed = ((parts, after.parts.get(day, ())) for day, parts in self.parts.items())
        return [part for parts, kept in changed if parts is not kept for part in set(parts).difference(kept)]

    def with_parts(self, added: list[Part], removed: frozenset[Part] = frozenset()) -> "Layout":
        """A layout with other parts; which days are rolled is the caller's to say."""
        parts = dict(self.parts)
        for day in {part.day for part in removed} | {part.day for part in added}:
            kept = [part for part in parts.get(day, ()) if part not in removed]
            parts[day] = tuple(kept + [part for part in added if part.day == day])
            if not parts[day]:
                del parts[day]
        return replace(self, parts=parts)


Change = Callable[[Cursor, Layout], Layout]
"""Writes a change into the transaction and returns the layout that will hold once it is committed."""


class Shelf:
    """The current layout."""

    def __init__(self, database: Database, directory: Path) -> None:
        self._database = database
        self._directory = directory
        self._changing = Lock()
        self._counting = Lock()
        self._layout = Layout(hot=())
        self._generation = 0
        self._readers: Counter[int] = Counter()
        self._retired: list[tuple[int, list[Part], list[Hot]]] = []

    @property
    def layout(self) -> Layout:
        """A glance; use `reading` to read what it names."""
        return self._layout

    def restore(self, layout: Layout) -> None:
        """Begin with what was found in the database."""
        self._layout = layout

    @contextmanager
    def reading(self) -> Iterator[tuple[Cursor, Layout]]:
        """A cursor and a layout whose tables and files stay until the block ends."""
        with self._database.cursor() as cursor:
            with self._counting:
                layout, generation = self._layout, self._generation
                self._readers[generation] += 1
            try:
                yield cursor, layout
            finally:
                with self._counting:
                    self._readers[generation] -= 1
                    self._readers += Counter()  # forget zeros

    def change(self, work: Change) -> None:
        """Let `work` write into a transaction; its layout becomes the current one when that is committed, else nothing."""
        with self._changing:
            before = self._layout
            with self._database.transaction() as cursor:
                after = work(cursor, before)
            parts = before.parts_gone(after)
            hot = [table for table in before.hot if table not in after.hot]
            with self._counting:
                self._layout = after
                if parts or hot:
                    self._retired.append((self._generation, parts, hot))
                self._generation += 1

    def drop_leftovers(self) -> None:
        """At start: remove hot tables that a killed process had turned into parts and not removed yet."""
        wanted = {hot.table for hot in self._layout.hot}
        with self._database.cursor() as cursor:
            for (table,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                if table.startswith("hot_") and table not in wanted:
                    cursor.execute(f"DROP TABLE {table}")

    def sweep(self) -> None:
        """Remove what no layout in use names any more."""
        with self._counting:
            oldest = min(self._readers, default=self._generation)
            done = [entry for entry in self._retired if entry[0] < oldest]
            self._retired = [entry for entry in self._retired if entry[0] >= oldest]
        for _, parts, tables in done:
            for part in parts:
                part.path(self._directory).unlink(missing_ok=True)
            with self._database.cursor() as cursor:
                for hot in tables:
                    cursor.execute(f"DROP TABLE IF EXISTS {hot.table}")
