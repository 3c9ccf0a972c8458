"""How much one question may take. What is over is refused with words, before it is done where that can be known."""

from typing import Final

MAX_ROWS: Final = 6_000_000
"""Samples or buckets read for one statement: some 200 MB while it is worked out."""
MAX_BUCKETS: Final = 120_000
"""Of time, in each series: a year of five minutes."""
MAX_CELLS: Final = 2_000_000
"""Series times buckets times columns of an answer."""
MAX_SERIES: Final = 200_000
"""Of an answer: every device of the largest district has one."""
MAX_ANSWER_VALUES: Final = 2_000_000
"""Of one measurement."""
MAX_TEXT_VALUES: Final = 4_000_000
"""Of all statements of a text together, subqueries as well: they are in memory at once."""
MAX_VALUES_AT_ONCE: Final = 24_000_000
"""Rows times columns while they are worked out, before LIMIT."""
MAX_LISTED: Final = 100
"""Columns, measurements and tags that a statement names: each is read or worked out on its own."""
MAX_ARGUMENTS: Final = 20
MAX_COMPARISONS: Final = 2_000
"""Of one WHERE: every device of a large school, one by one."""
MAX_SECONDS: Final = 20.0
"""For all statements of a text together."""
