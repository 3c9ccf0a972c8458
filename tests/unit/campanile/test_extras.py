"""Each side installs with its own extra; a missing one is named in one sentence."""

import subprocess
import sys

import pytest

WITHOUT = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Nothing())
from campanile.cli import main
main({arguments})
"""


def _run(missing: set[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    code = WITHOUT.format(missing=missing, arguments=list(arguments))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("library", "arguments", "extra"),
    [
        ("numpy", ["controller", "run", "--config", "x.yaml"], "controller"),
        ("gufo", ["agent", "probe", "127.0.0.1"], "agent"),
        ("numpy", ["simulate", "history", "--dir", "x"], "simulator"),
        ("grafana_foundation_sdk", ["dashboards", "render", "x"], "dashboards"),
    ],
)
def test_a_missing_library_is_told_with_the_extra_that_brings_it(
    library: str, arguments: list[str], extra: str
) -> None:
    done = _run({library}, *arguments)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert library in done.stderr
    assert f"pip install '.[{extra}]'" in done.stderr


def test_help_of_everything_needs_no_extra() -> None:
    heavy = {"numpy", "duckdb", "fastapi", "sqlmodel", "gufo", "paho", "iotcore", "uvicorn", "sqlalchemy"}
    heavy |= {"grafana_client", "grafana_foundation_sdk"}
    for command in ("demo", "agent", "controller", "store", "simulate", "profiles", "spec", "dashboards"):
        done = _run(heavy, command, "--help")
        assert (done.returncode, done.stderr) == (0, "")
