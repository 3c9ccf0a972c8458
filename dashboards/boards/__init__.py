"""What is shown: one file for each dashboard, and here all of them in the order of a reader's day."""

from typing import Final

from dashboards.board import Board
from dashboards.boards.district_now import district_now
from dashboards.boards.metro_network import metro_network
from dashboards.boards.school import school

BOARDS: Final = (
    Board("district-now", district_now),
    Board("metro-network", metro_network),
    Board("school", school),
)
