"""What somebody changed in Grafana, dashboard by dashboard."""

from collections.abc import Sequence

from dashboards.grafana.difference import differences
from dashboards.grafana.door import Door
from dashboards.grafana.model import Json
from dashboards.grafana.pushing import gone


def compare(door: Door, dashboards: Sequence[Json], tag: str, uid_pattern: str) -> list[str]:
    """A line for each difference, ours first, under the dashboard's title; empty where all is as pushed."""
    lines: list[str] = []
    for model in dashboards:
        title = model["title"]
        stored = door.dashboard(model["uid"])
        if stored is None:
            lines.append(f"{title}: is not in Grafana")
        else:
            lines += [f"{title}: {each.sentence()}" for each in differences(model, stored.model)]
    lines += [
        f"{title}: only in Grafana ({uid}); `push --prune` deletes it"
        for uid, title in gone(door, dashboards, tag, uid_pattern).items()
    ]
    return lines
