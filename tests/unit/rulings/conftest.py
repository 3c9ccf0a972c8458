"""A district whose places decide about rules."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.rulings.council import Council, council_of


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    made = council_of(tmp_path)
    yield made
    made.registry.engine.dispose()
