"""Alerts and maintenance as marks on every picture of a dashboard."""

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard

from campus.influx import ALERT_MEASUREMENT, MAINTENANCE_MEASUREMENT, Tag
from dashboards.appearance import FAILED, IN
from dashboards.board import Draft
from dashboards.influxql import Condition, Select, chosen, column, either, is_value, raw
from dashboards.target import InfluxQuery, chosen_source
from dashboards.words import Language


def alerts(draft: Draft, *where: Condition) -> builders.AnnotationQuery:
    """Alerts that opened in the range, each as long as it stood. `where`: of this school, of this device."""
    return _mark(draft, "alerts", ALERT_MEASUREMENT, FAILED, "severity", where)


def maintenance(draft: Draft, *, of_site: bool = False) -> builders.AnnotationQuery:
    """Silences and maintenance windows; of the chosen school and of the whole district alike when `of_site`."""
    where = (either(chosen(Tag.SITE), is_value(Tag.SITE, "")),) if of_site else ()
    return _mark(draft, "maintenance", MAINTENANCE_MEASUREMENT, IN, Tag.SITE, where)


def title_field(language: Language) -> str:
    """The field of both measurements that has the heading in a language."""
    return "title_zh" if language is Language.CHINESE else "title_en"


def _mark(
    draft: Draft, word: str, measurement: str, colour: str, tags: str, where: tuple[Condition, ...]
) -> builders.AnnotationQuery:
    title = title_field(draft.language)
    query = Select(
        columns=(
            column(title).named("title"),
            column(title.replace("title", "text")).named("text"),
            column("ends_at"),
            column(tags),
        ),
        of=raw(measurement),
        where=where,
    )
    mapping = {
        "time": "Time",
        "timeEnd": "ends_at",
        "title": "title",
        "text": "text",
        "tags": tags,
    }
    return (
        builders.AnnotationQuery()
        .name(draft.word(word))
        .datasource(chosen_source())
        .enable(True)
        .icon_color(colour)
        .target(InfluxQuery(query.text(), ref_id="Anno", result_format="table"))
        .mappings({event: _from_field(name) for event, name in mapping.items()})
    )


def _from_field(name: str) -> builders.AnnotationEventFieldMapping:
    return builders.AnnotationEventFieldMapping().source(dashboard.AnnotationEventFieldSource.FIELD).value(name)
