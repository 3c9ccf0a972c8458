"""Uplinks into the metro network: which ports they are, and the picture of one with its capacity and its percentiles.

The ports are asked of `link_capacity_bps`, which the controller makes for each uplink of the registry.
"""

from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import common as models
from grafana_foundation_sdk.models import dashboard

from campus.influx import Tag
from dashboards import appearance, panels
from dashboards.appearance import ATTENTION, FAILED, QUIET, Steps, stepped
from dashboards.board import Draft
from dashboards.influxql import TagValues, chosen, highest, mean, newest, over, raw, trend
from dashboards.limits import LINK_FILLING_PERCENT, LINK_FULL_PERCENT
from dashboards.panels import Asked
from dashboards.variables import tag_values

LINK: Final = (Tag.SITE, Tag.DEVICE, Tag.INSTANCE)
FULLNESS: Final[Steps] = (QUIET, ((LINK_FILLING_PERCENT.level, ATTENTION), (LINK_FULL_PERCENT.level, FAILED)))

OF_SCHOOL: Final = (chosen(Tag.SITE), chosen(Tag.DEVICE, "gateway"), chosen(Tag.INSTANCE, "uplink"))
"""Only the ports that are uplinks of the chosen school."""


def fullest(draft: Draft, word: str) -> stat.Panel:
    """How full the fullest of all is, either way; `word` begins the words of both ways."""
    asked = [
        Asked(over(newest(f"link_{way}_use_percent", way, by=LINK), "max", way), draft.word(f"{word}_{way}"))
        for way in ("in", "out")
    ]
    panel = panels.figures(draft, "fullest", "link_in_use_percent", *asked)
    return panel.thresholds(stepped(FULLNESS)).text_mode(models.BigValueTextMode.VALUE_AND_NAME)


def hidden_ports(draft: Draft) -> list[builders.QueryVariable]:
    """The hidden variables of `OF_SCHOOL`: the school's gateways, and their ports that are uplinks."""
    return [_hidden(draft, "gateway", Tag.DEVICE), _hidden(draft, "uplink", Tag.INSTANCE)]


def traffic(draft: Draft, key: str) -> timeseries.Panel:
    """Both directions mirrored, with the capacity and the 95th percentiles of the week before as dashed lines."""
    port = "$tag_instance"

    def way(metric: str, word: str, sign: int = 1) -> Asked:
        figure = highest() if metric == "link_capacity_bps" else mean()
        query = trend(metric, (figure if sign > 0 else -figure).named(word), *OF_SCHOOL, by=LINK)
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


def _hidden(draft: Draft, name: str, key: str) -> builders.QueryVariable:
    values = TagValues(key=key, of=raw("link_capacity_bps"), where=(chosen(Tag.SITE),))
    variable = tag_values(draft, name, values, several=True, all_first=True, everything="")
    return variable.hide(dashboard.VariableHide.HIDE_VARIABLE)
