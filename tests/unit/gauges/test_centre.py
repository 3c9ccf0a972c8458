"""The controller's own series are the figures of `/metrics`, by the minute where those only count up."""

from pathlib import Path

import pytest

from campus.delivery import SetAside
from campus.ids import SiteId
from campus.metrics import made_by_centre
from controller.figure import Figure
from controller.gauges.centre import LEVELS, MEANS, RATES, REFUSED, Centre, memory_bytes
from controller.main import Controller
from tests.support.district import enrolment
from tests.support.standing import standing_controller

CENTRE = SiteId("centre")


class Metrics:
    """Figures that a test sets, and a clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.value: dict[tuple[str, str], float] = {}

    def figures(self) -> list[Figure]:
        """As `/metrics` would have them."""
        return [
            Figure(name, "", value, (("label", word),) if word else ()) for (name, word), value in self.value.items()
        ]


def told(centre: Centre) -> dict[tuple[str, str], float]:
    table = centre.table(CENTRE)
    assert {(name.site, name.device) for name in table.names} == {(CENTRE, "controller")}
    assert {name.metric for name in table.names} <= made_by_centre().keys()
    return {(name.metric, name.instance): value for name, (value,) in zip(table.names, table.value, strict=True)}


def test_levels_are_told_at_once_and_rates_from_the_second_time_on() -> None:
    metrics = Metrics()
    centre = Centre(metrics.figures, lambda: metrics.now_s)
    metrics.value = {
        ("ingest_lag_seconds", ""): 0.4,
        ("ingest_samples_committed_total", ""): 1_000,
        ("http_answers_total", "200"): 5,
        ("ingest_commit_seconds_total", ""): 1.0,
        ("ingest_commits_total", ""): 100,
        ("housekeeping_seconds_total", "alerts"): 2.0,
        ("housekeeping_rounds_total", "alerts"): 50,
        ("housekeeping_rounds_total", "store"): 9,
        ("ingest_frames_dropped_total", "bad_frame"): 2,
    }
    first = told(centre)
    assert first.pop(("controller_memory_bytes", "")) == pytest.approx(memory_bytes(), rel=0.5)
    assert first == {("controller_ingest_lag_s", ""): 0.4}

    metrics.now_s = 30.0
    metrics.value |= {
        ("ingest_samples_committed_total", ""): 4_000,
        ("http_answers_total", "404"): 7,
        ("ingest_commit_seconds_total", ""): 1.5,
        ("ingest_commits_total", ""): 110,
        ("housekeeping_seconds_total", "alerts"): 2.3,
        ("housekeeping_rounds_total", "alerts"): 80,
        ("housekeeping_rounds_total", "store"): 10_000,
        ("ingest_frames_dropped_total", "bad_frame"): 5,
        ("ingest_samples_set_aside_total", "out_of_range"): 1,
    }
    second = told(centre)
    refused = {part: second.pop((name, part)) for name, part in list(second) if name == "controller_refused_per_min"}
    assert refused == {str(reason): 0 for reason in SetAside} | {"bad_frame": 6.0, "out_of_range": 2.0}
    assert second.pop(("controller_cpu_percent", "")) >= 0
    assert second.pop(("controller_memory_bytes", "")) > 0
    assert second == pytest.approx(
        {
            ("controller_ingest_lag_s", ""): 0.4,
            ("controller_samples_per_s", ""): 100.0,
            ("controller_http_answers_per_min", ""): 14.0,
            ("controller_store_append_ms", ""): 50.0,
            ("controller_alert_tick_ms", ""): 10.0,
        }
    )


def test_what_was_not_done_has_no_mean() -> None:
    metrics = Metrics()
    centre = Centre(metrics.figures, lambda: metrics.now_s)
    metrics.value = {("ingest_commit_seconds_total", ""): 1.0, ("ingest_commits_total", ""): 100}
    told(centre)
    metrics.now_s = 60.0
    assert ("controller_store_append_ms", "") not in told(centre)


@pytest.mark.slow
def test_every_figure_it_reads_is_on_the_metrics_page(tmp_path: Path) -> None:
    with standing_controller(tmp_path, enrolment()) as controller:
        found = figures_of(controller)
    there = {each.name for each in found} | {f"{each.name}{{{each.labels[0][1]}}}" for each in found if each.labels}
    read = {
        *LEVELS.values(),
        *(name for name, _ in RATES.values()),
        *(name for pair in MEANS.values() for name in pair),
    }
    assert read | set(REFUSED) <= there


def figures_of(controller: Controller) -> list[Figure]:
    """With each reason counted once."""
    controller.answers["200"] += 1
    for counts in (controller.ingest.counters.samples_set_aside, controller.ingest.counters.frames_dropped):
        counts["too_old"] += 1
    controller.reception.door.refused["frames_per_s"] += 1
    return [*controller.ingest.figures(), *controller.figures()]
