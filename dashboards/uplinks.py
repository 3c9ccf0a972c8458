"""Uplinks into the metro network: which ports they are, and the picture of one with its capacity and its percentiles.

The ports are asked of `link_capacity_bps`, which the controller makes for each uplink of the registry.
"""

from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.models import dashboard

from campus.influx import Tag
from dashboards import appearance, panels
from dashboards.board import Draft
from dashboards.influxql import Condition, TagValues, chosen, highest, mean, raw, trend
from dashboards.panels import Asked
from dashboards.variables import tag_values

LINK: Final = (Tag.SITE, Tag.DEVICE, Tag.INSTANCE)


@dataclass(frozen=True)
class Uplink:
    """The uplinks of the school, or centre, in variable `site`; their devices and ports are in two hidden variables."""

    site: str = "site"
    device: str = "gateway"
    port: str = "uplink"

    def variables(self, draft: Draft) -> list[builders.QueryVariable]:
        """The hidden ones."""
        return [
            _hidden(draft, self.device, Tag.DEVICE, chosen(Tag.SITE, self.site)),
            _hidden(draft, self.port, Tag.INSTANCE, chosen(Tag.SITE, self.site)),
        ]

    def conditions(self) -> tuple[Condition, ...]:
        """Only these ports."""
        return (
            chosen(Tag.SITE, self.site),
            chosen(Tag.DEVICE, self.device),
            chosen(Tag.INSTANCE, self.port),
        )


def traffic(draft: Draft, key: str, uplink: Uplink) -> timeseries.Panel:
    """Both directions mirrored, with the capacity and the 95th percentiles of the week before as dashed lines."""
    port = "$tag_instance"

    def way(metric: str, word: str, sign: int = 1) -> Asked:
        figure = highest() if metric == "link_capacity_bps" else mean()
        query = trend(metric, (figure if sign > 0 else -figure).named(word), *uplink.conditions(), by=LINK)
        return Asked(query, f"{port} {draft.word(word)}")

    panel = panels.mirrored(
        draft,
        key,
        "if_in_bps",
        way("if_in_bps", "in"),
        way("if_out_bps", "out", -1),
        way("link_in_p95_bps", "p95_in"),
        way("link_out_p95_bps", "p95_out", -1),
        way("link_capacity_bps", "capacity"),
        way("link_capacity_bps", "capacity_out", -1),
    )
    for place, colour in ((2, appearance.STRONG), (3, appearance.STRONG), (4, appearance.LIMIT), (5, appearance.LIMIT)):
        panels.limit_line(panel, place, colour)
    return panel


def _hidden(draft: Draft, name: str, key: str, where: Condition) -> builders.QueryVariable:
    values = TagValues(key=key, of=raw("link_capacity_bps"), where=(where,))
    variable = tag_values(draft, name, values, several=True, all_first=True, everything="")
    return variable.hide(dashboard.VariableHide.HIDE_VARIABLE)
