"""Figures of the rooms as Prometheus text, read at each scrape."""

from prometheus_client import generate_latest

from controller.api.metrics import metrics_registry
from controller.figure import Figure


def test_figures_are_read_anew_at_each_scrape() -> None:
    counts = {"frames": 1.0}

    def source() -> list[Figure]:
        return [
            Figure("frames_total", "Frames", counts["frames"]),
            Figure("set_aside_total", "Set aside", 2, (("reason", "late"),)),
            Figure("set_aside_total", "Set aside", 3, (("reason", "strange"),)),
            Figure("waiting", "Waiting", 4),
        ]

    registry = metrics_registry([source])
    first = generate_latest(registry).decode()
    assert "campanile_frames_total 1.0\n" in first
    assert 'campanile_set_aside_total{reason="strange"} 3.0\n' in first
    assert "# TYPE campanile_waiting gauge\ncampanile_waiting 4.0\n" in first
    assert first.count("# TYPE campanile_set_aside_total counter") == 1
    counts["frames"] = 5.0
    assert "campanile_frames_total 5.0\n" in generate_latest(registry).decode()
