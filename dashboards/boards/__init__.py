"""What is shown: one file for each dashboard, and here all of them in the order of a reader's day."""

from typing import Final

from dashboards.board import Board
from dashboards.boards.application_services import application_services
from dashboards.boards.cameras import cameras
from dashboards.boards.campanile import campanile
from dashboards.boards.device import device
from dashboards.boards.district_now import district_now
from dashboards.boards.kitchen_compliance import kitchen_compliance
from dashboards.boards.metro_network import metro_network
from dashboards.boards.power_environment import power_environment
from dashboards.boards.school import school
from dashboards.boards.utilisation import utilisation
from dashboards.boards.wireless import wireless

BOARDS: Final = (
    Board("district-now", district_now),
    Board("metro-network", metro_network),
    Board("school", school),
    Board("device", device),
    Board("wireless", wireless),
    Board("kitchen-compliance", kitchen_compliance),
    Board("cameras", cameras),
    Board("power-environment", power_environment),
    Board("utilisation", utilisation),
    Board("application-services", application_services),
    Board("campanile", campanile),
)
