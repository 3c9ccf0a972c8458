"""What lies beside the spool is for the agent's user alone."""

import stat
from pathlib import Path

from agent.configurations.memory import Memory
from agent.configurations.turns import Standing


def test_nobody_else_reads_how_snapshots_stand_or_the_key(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "configurations")
    key = memory.masking_key()
    memory.save({"sw-1": Standing()})
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "configurations").iterdir()}
    assert modes == {"masking.key": 0o600, "standings.json": 0o600}
    assert stat.S_IMODE((tmp_path / "configurations").stat().st_mode) == 0o700
    again = Memory(tmp_path / "configurations")
    assert (again.masking_key(), again.load()) == (key, {"sw-1": Standing()})
