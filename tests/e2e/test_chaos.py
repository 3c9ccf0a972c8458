"""Random faults by the hundred on real processes; the bench's own exit code is the verdict. And the bench can fail."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
IS_WHOLE = os.environ.get("CAMPUS_REQUIRE_SERVERS") == "1"
FAULTS = 500 if IS_WHOLE else 40
BUDGET_S = 540


def chaos(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run the command; its code, its last line of JSON, and all it said."""
    done = subprocess.run(
        [sys.executable, "-m", "campanile", "simulate", "chaos", "--json", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    last = done.stdout.strip().splitlines()[-1:]
    figures = json.loads(last[0]) if last and last[0].startswith("{") else {}
    return done.returncode, figures, said


@pytest.mark.timeout(BUDGET_S + 360)
def test_hundreds_of_faults_lose_double_and_spoil_nothing() -> None:
    code, figures, said = chaos("--seed", "7", "--faults", str(FAULTS), "--within", str(BUDGET_S))
    assert code == 0, said[-8_000:]
    assert figures["faults"] >= FAULTS, f"only {figures['faults']} faults were staged within {BUDGET_S} s"
    assert list(figures)[:7] == ["seed", "faults", "sent", "stored", "lost", "duplicated", "corrupted"]
    assert figures["lost"] == figures["duplicated"] == figures["corrupted"] == 0
    assert figures["sent"] == figures["stored"] > 20 * FAULTS


@pytest.mark.timeout(180)
def test_an_agent_that_forgets_is_found_out() -> None:
    """A part is sabotaged: its spool drops every seventh frame it took, and says that it is acknowledged."""
    code, figures, said = chaos(
        *("--faults", "3", "--agents", "1", "--broker", "embedded", "--seed", "1"),
        *("--entry", "tests.support.forgetful_agent"),
    )
    assert code == 1, said[-4_000:]
    assert figures["lost"] > 0
    assert "Everything is kept in " in said


@pytest.mark.timeout(180)
def test_an_agent_that_cannot_start_is_trouble_and_no_verdict() -> None:
    code, figures, said = chaos("--faults", "1", "--agents", "1", "--broker", "embedded", "--entry", "no.such.module")
    assert code == 2
    assert not figures
    assert "No module named" in said
