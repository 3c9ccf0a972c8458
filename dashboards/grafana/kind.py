"""Who answers a dashboard's queries."""

from enum import StrEnum
from typing import Final

TOKEN_VARIABLE: Final = "CAMPANILE_DATASOURCE_TOKEN"  # noqa: S105 - a name
PASSWORD_VARIABLE: Final = "CAMPANILE_DATASOURCE_PASSWORD"  # noqa: S105 - a name
"""In the environment, ours for `push` and Grafana's own for provisioning files, where no file holds the secret."""


class Kind(StrEnum):
    """Which server speaks InfluxQL, which decides how one says who asks."""

    INFLUXDB1 = "influxdb1"
    INFLUXDB2 = "influxdb2"
    CAMPANILE = "campanile"

    @property
    def secret_variable(self) -> str:
        """Which variable holds its secret."""
        return PASSWORD_VARIABLE if self is Kind.INFLUXDB1 else TOKEN_VARIABLE
