"""What the tests of several rooms begin with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.memory_store import MemoryStore
from tests.support.district import ReadyRegistry, ready_registry
from tests.support.samples import Feed


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[ReadyRegistry]:
    """The small district in a real SQLite file."""
    ready = ready_registry(tmp_path)
    yield ready
    ready.engine.dispose()


@pytest.fixture
def feed() -> Feed:
    """A store in memory, being filled."""
    return Feed(MemoryStore())
