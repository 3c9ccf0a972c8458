"""The pages for operators, docs/30 to docs/34, as one text: their examples are used by tests as they stand."""

import re
from pathlib import Path

_DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("30-operate.md", "31-install.md", "32-agent.md", "33-district.md", "34-keep-it-running.md")


def handbook() -> str:
    """All pages, one after the other."""
    return "\n".join((_DOCS / page).read_text(encoding="utf-8") for page in PAGES)


def examples() -> dict[str, str]:
    """Whole configuration files that the pages show, by name."""
    return dict(re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", handbook(), re.DOTALL))
