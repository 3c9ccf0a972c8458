"""Large blocks go back to the system when they are freed."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from controller.memory import lasting_objects

ROOT = Path(__file__).resolve().parents[3]
# Blocks that come and go teach malloc to keep them; a small block made last keeps the heap from shrinking at its end.
SCRIPT = """
import numpy as np, psutil
from controller.memory import return_large_blocks
{call}
for _ in range(3):
    np.ones(24 << 17)
blocks, stops = [], []
for _ in range(40):
    blocks.append(np.ones(1 << 18))
    stops.append(np.ones(1000))
del blocks
print(psutil.Process().memory_info().rss)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt belongs to the GNU C library")
def test_large_blocks_are_given_back() -> None:
    sizes = []
    for call in ("", "return_large_blocks()"):
        command = [sys.executable, "-c", SCRIPT.format(call=call)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        sizes.append(int(done.stdout))
    kept, given_back = sizes
    assert given_back < kept - 40_000_000


def test_what_lasts_is_left_alone_for_a_while() -> None:
    before = gc.get_freeze_count()
    with lasting_objects():
        assert gc.get_freeze_count() > before
        assert len(gc.get_objects()) < gc.get_freeze_count()
    assert gc.get_freeze_count() == 0
