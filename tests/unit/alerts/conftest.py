"""A scene for every test of alerting."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.alerts.scene import Scene, scenes


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """The small district with the shipped rules, nothing measured yet."""
    yield from scenes(tmp_path)
