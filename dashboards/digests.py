"""`rendered.sha256`: the digest of every rendered dashboard, committed, so that no change of what people see goes unseen.

``python -m dashboards.digests`` (``make dashboards``) writes it anew. The files are those of ``campanile dashboards render``,
for the newest Grafana; the others' differ in the version of their schema alone.
"""

from hashlib import sha256
from pathlib import Path
from typing import Final

from dashboards.boards import BOARDS
from dashboards.rendering import render
from dashboards.target import Grafana
from dashboards.words import Language

LISTING: Final = Path(__file__).with_name("rendered.sha256")


def listing() -> str:
    """A line for each dashboard and language, as sha256sum(1) has them."""
    return "".join(
        f"{sha256(render(board, language, max(Grafana)).encode()).hexdigest()}  {board.uid(language)}.json\n"
        for language in Language
        for board in BOARDS
    )


if __name__ == "__main__":
    LISTING.write_text(listing(), encoding="utf-8")
