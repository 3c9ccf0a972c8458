"""Typed structs that grafana-foundation-sdk 0.0.21 lacks: a query to InfluxDB, and which Grafanas there are."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self

from grafana_foundation_sdk.cog import builder as cogbuilder
from grafana_foundation_sdk.cog import runtime as cogruntime
from grafana_foundation_sdk.cog import variants as cogvariants
from grafana_foundation_sdk.models import common

DATASOURCE_TYPE: Final = "influxdb"
DATASOURCE_UID: Final = "campanile"
"""Of the data source that `push` and provisioning make; dashboards ask the one chosen in the variable, at first this one."""
DATASOURCE_VARIABLE: Final = "datasource"


class Grafana(IntEnum):
    """Majors we render for."""

    V10 = 10
    V11 = 11
    V12 = 12

    @property
    def schema_version(self) -> int:
        """Of the major's first release: later ones bring older dashboards forward, and none can bring newer ones back."""
        return {Grafana.V10: 38, Grafana.V11: 39, Grafana.V12: 41}[self]


def chosen_source() -> common.DataSourceRef:
    """The data source chosen in the variable."""
    return common.DataSourceRef(type_val=DATASOURCE_TYPE, uid=f"${{{DATASOURCE_VARIABLE}}}")


@dataclass
class InfluxQuery(cogvariants.Dataquery, cogbuilder.Builder[cogvariants.Dataquery]):
    """One InfluxQL query of a panel or an annotation, as Grafana's own InfluxDB data source has it.

    Source: `InfluxQuery` in Grafana's public/app/plugins/datasource/influxdb/types.ts. `legend` may name tags: ``$tag_device``.
    """

    text: str
    ref_id: str = "A"
    legend: str = ""
    result_format: str = "time_series"
    hidden: bool = False

    def build(self) -> cogvariants.Dataquery:
        """Itself: it is its own builder."""
        return self

    def to_json(self) -> dict[str, object]:
        """As Grafana keeps it."""
        found: dict[str, object] = {
            "datasource": chosen_source(),
            "query": self.text,
            "rawQuery": True,
            "refId": self.ref_id,
            "resultFormat": self.result_format,
        }
        return found | ({"alias": self.legend} if self.legend else {}) | ({"hide": True} if self.hidden else {})

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The reverse of `to_json`."""
        return cls(
            data["query"], data["refId"], data.get("alias", ""), data["resultFormat"], hidden=data.get("hide", False)
        )


def register() -> None:
    """Tell the SDK how such a query is read back."""
    cogruntime.register_dataquery_variant(
        cogruntime.DataqueryConfig(identifier=DATASOURCE_TYPE, from_json_hook=InfluxQuery.from_json)
    )
