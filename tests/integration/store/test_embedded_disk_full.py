"""A full disk: appends say so, nothing is damaged, and with room again the same batch goes in once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# RLIMIT_FSIZE makes writes fail where a full disk would: in the log, in the database file, in a part.
SCRIPT = """
import json, resource, sys
from pathlib import Path
import numpy as np
from campus.errors import Transient
from controller.store.embedded.sizes import Sizes
from controller.store.port import Batch, Level
from tests.unit.store.stores import DAY, MIDNIGHT, embedded, ids, mark, names

def batch(number, rows):
    series = np.arange(rows, dtype=np.int32) % 100
    at = MIDNIGHT + np.arange(rows, dtype=np.int64) * 10 + number
    return Batch([mark(number)], series, at, np.random.default_rng(number).random(rows))

directory, rows, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
store = embedded(directory, sizes=Sizes(bulk_rows=60_000))
store._database._connection.execute("SET checkpoint_threshold = '1MB'")
store.series_ids(names(100))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
number, refusals = 1, 0
while refusals < 4:
    try:
        store.append(batch(number, rows))
        number += 1
    except Transient as error:
        refusals += 1
        text = str(error)
try:
    store.maintain(MIDNIGHT + 3 * DAY)
except Transient:
    pass
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
while number < 30 or number % 2:
    store.append(batch(number, rows))
    number += 1
answers, marks = [], [mark(n) for n in range(number + 5)]
for _ in range(2):
    stored = store.window(ids(*range(100)), MIDNIGHT, MIDNIGHT + DAY, Level.RAW)
    answers.append([len(stored.mean), store.figures().samples_stored, sum(store.is_committed(marks))])
    store.maintain(MIDNIGHT + 4 * DAY)
    store.close()
    store = embedded(directory)
store.close()
print(json.dumps({"frames": number - 1, "answers": answers, "text": text}))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "limit"),
    [
        pytest.param(2_000, 700_000, id="in the log"),
        pytest.param(2_000, 1_500_000, id="at a checkpoint"),
        pytest.param(50_000, 1_500_000, id="in the database file"),
        pytest.param(70_000, 500_000, id="in a part"),
    ],
)
def test_a_full_disk_damages_nothing(tmp_path: Path, rows: int, limit: int) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(rows), str(limit)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "full" in said["text"]
    assert said["answers"] == [[said["frames"] * rows, said["frames"] * rows, said["frames"]]] * 2
