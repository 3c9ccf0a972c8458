"""Who answers a dashboard's queries."""

from enum import StrEnum


class Kind(StrEnum):
    """Which server speaks InfluxQL, which decides how one says who asks."""

    INFLUXDB1 = "influxdb1"
    INFLUXDB2 = "influxdb2"
    CAMPANILE = "campanile"
