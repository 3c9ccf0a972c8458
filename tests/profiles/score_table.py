"""The scored table of docs/25-recordings.md: every recording of a real device, probed, by the rules that stand beside them.

    python -m tests.profiles.score_table            prints the table
    python -m tests.profiles.score_table --write    puts it into the page

Needs ../shared/recordings, which is no part of the project.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = ROOT.parent / "shared" / "recordings"
PAGE = ROOT / "docs" / "25-recordings.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
COLUMNS = {
    "identity": "identity",
    "interfaces": "interfaces",
    "cpu": "cpu",
    "memory": "memory",
    "storage": "storage",
    "temperature": "temperature",
    "sensor": "sensors",
    "state": "states",
    "wireless": "wireless",
    "supply": "supplies",
    "neighbour": "neighbours",
}
Score = dict[str, tuple[int, int]]
"""Class of values to (held, expected)."""


def scored(recordings: Path, name: str, report: dict[str, Any]) -> Score:
    """One device's score, by the rules of `score.py`."""
    spec = importlib.util.spec_from_file_location("score", recordings / "score.py")
    assert spec is not None
    assert spec.loader is not None
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    want = json.loads((recordings / "expected" / f"{name}.json").read_text())
    return {kind: (held, expected) for kind, (held, expected, _) in rules.score(want, report).items()}


def table(rows: dict[str, tuple[str, Score]]) -> list[str]:
    """The table's lines: recording to (profile, score); a class that nothing is expected of stays empty."""
    heads = list(COLUMNS.values())
    lines = [f"| device | profile | {' | '.join(heads)} |", "|---|---|" + "---:|" * len(heads)]
    total = {kind: [0, 0] for kind in COLUMNS}
    for name, (profile, score) in sorted(rows.items()):
        for kind in COLUMNS:
            total[kind] = [total[kind][side] + score[kind][side] for side in (0, 1)]
        lines.append(f"| {name} | {profile} | {' | '.join(_cell(*score[kind]) for kind in COLUMNS)} |")
    lines.append(f"| **all {len(rows)}** | | {' | '.join(f'**{_cell(*total[kind])}**' for kind in COLUMNS)} |")
    shares = (f"{100 * total[kind][0] / total[kind][1]:.0f} %" for kind in COLUMNS)
    return [*lines, f"| share | | {' | '.join(shares)} |"]


def measured() -> list[str]:
    """Probe every recording; the table's lines."""
    from tests.profiles.test_recordings import probed

    rows = {}
    for path in sorted(RECORDINGS.glob("*.snmprec")):
        report = probed(path)
        rows[path.stem] = (report["profile"], scored(RECORDINGS, path.stem, report))
    return table(rows)


def written() -> list[str]:
    """The table's lines as the page has them."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip().splitlines()


def _cell(held: int, expected: int) -> str:
    return f"{held}/{expected}" if expected else ""


def main() -> None:
    lines = measured()
    if "--write" not in sys.argv:
        sys.stdout.write("\n".join([*lines, ""]))
        return
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
