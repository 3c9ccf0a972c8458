"""Campanile itself: does what watches the district work?"""

from typing import Final

from grafana_foundation_sdk.builders import stat, table, timeseries
from grafana_foundation_sdk.models import common as models

from campus.influx import Tag
from dashboards import links, marks, panels
from dashboards.appearance import ATTENTION, FAILED, IN, OUT, QUIET, STRONG, UNKNOWN, Steps, stepped
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import highest, mean, newest, over, trend
from dashboards.limits import AGENT_BEHIND_S, AGENT_DROPPING_PER_MIN, AGENT_MEMORY_BYTES, AGENT_SILENT_S
from dashboards.panels import Asked, Column

_SITE: Final = (Tag.SITE,)
_CALM: Final[Steps] = (QUIET, ())
_LATE: Final[Steps] = (QUIET, ((5, ATTENTION), (60, FAILED)))
"""Marks go to Grafana within 5 s; after a minute nobody can call it live."""


def campanile(draft: Draft) -> Sheet:
    """The board of those who run Campanile."""
    return Sheet(
        rows=[
            Row(
                4,
                [
                    (4, _now(draft, "lag", "controller_ingest_lag_s", _LATE)),
                    (4, _now(draft, "rate", "controller_samples_per_s", _CALM)),
                    (4, _now(draft, "waiting", "controller_frames_waiting", _CALM)),
                    (4, _now(draft, "alerts", "controller_alerts_open", _CALM)),
                    (4, _now(draft, "size", "controller_store_size_bytes", _CALM)),
                    (4, _now(draft, "series", "controller_store_series", _CALM)),
                ],
            ),
            Row(8, [(8, _late(draft)), (8, _line(draft, "flow", "controller_samples_per_s", IN)), (8, _work(draft))]),
            Row(11, [(24, _agents(draft))]),
            Row(
                8,
                [
                    (6, _line(draft, "machine", "controller_cpu_percent", IN)),
                    (6, _line(draft, "memory", "controller_memory_bytes", OUT)),
                    (6, _refused(draft)),
                    (6, _line(draft, "answers", "controller_http_answers_per_min", IN)),
                ],
            ),
        ],
        neighbours=("district-now", "metro-network", "application-services"),
        console="/delivery",
        marks=[marks.maintenance(draft)],
    )


def _now(draft: Draft, key: str, metric: str, steps: Steps) -> stat.Panel:
    query = over(newest(metric, "now", by=_SITE), "max", "now")
    panel = panels.figures(draft, key, metric, Asked(query, draft.name(metric))).thresholds(stepped(steps))
    return panel.text_mode(models.BigValueTextMode.VALUE)


def _line(draft: Draft, key: str, metric: str, colour: str) -> timeseries.Panel:
    panel = panels.lines(draft, key, metric, Asked(trend(metric, mean().named("mean")), draft.name(metric))).min(0)
    return panels.tint(panel, 0, colour)


def _late(draft: Draft) -> timeseries.Panel:
    metric = "controller_ingest_lag_s"
    panel = panels.lines(
        draft,
        "late",
        metric,
        Asked(trend(metric, mean().named("mean")), draft.word("average")),
        Asked(trend(metric, highest().named("worst")), draft.word("worst")),
    )
    return panels.tint(panels.tint(panel, 0, IN), 1, STRONG).min(0)


def _work(draft: Draft) -> timeseries.Panel:
    panel = panels.lines(
        draft,
        "work",
        "controller_store_append_ms",
        Asked(trend("controller_store_append_ms", mean().named("commit")), draft.word("commit")),
        Asked(trend("controller_alert_tick_ms", mean().named("round")), draft.word("round")),
    )
    return panels.tint(panels.tint(panel, 0, IN), 1, OUT).min(0)


def _refused(draft: Draft) -> timeseries.Panel:
    query = trend("controller_refused_per_min", mean().named("refused"), by=(Tag.INSTANCE,))
    return panels.lines(draft, "refused", "controller_refused_per_min", Asked(query, "$tag_instance")).min(0)


def _agents(draft: Draft) -> table.Panel:
    metrics: dict[str, tuple[str, Steps]] = {
        "behind": ("agent_spool_age_s", (QUIET, ((AGENT_BEHIND_S.level, FAILED),))),
        "frames": ("agent_spool_frames", _CALM),
        "waiting_bytes": ("agent_spool_bytes", _CALM),
        "dropped": ("agent_spool_dropped_per_min", (QUIET, ((AGENT_DROPPING_PER_MIN.level + 0.1, FAILED),))),
        "memory": ("agent_memory_bytes", (QUIET, ((AGENT_MEMORY_BYTES.level, FAILED),))),
        "silent": ("school_agent_silent_s", (QUIET, ((AGENT_SILENT_S, UNKNOWN),))),
    }
    asked = [Asked(newest(metric, name, by=_SITE)) for name, (metric, _) in metrics.items()]
    columns = [
        Column(name="site", title=draft.word("site"), links=[links.to_page(draft, "/delivery", "open_delivery")]),
        *(
            Column(name=name, title=draft.word(name), metric=metric, steps=steps)
            for name, (metric, steps) in metrics.items()
        ),
    ]
    return panels.rows(draft, "agents", columns, *asked, sort="behind")
