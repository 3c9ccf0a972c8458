"""The register of a whole controller, changed under its feet: taken over at the next round, or refused and said."""

from pathlib import Path

from controller.config import ControllerConfig, TellingSettings
from controller.identity.scope import SYSTEM
from controller.main import Controller
from tests.support.district import NOW, FixedClock, enrolment

CHANNELS = "channels: {box: {type: letterbox}}\npeople:\n"
LI = "  - {id: li, name: Li, reach: [{channel: box, to: Li}]}\n"
WU = "  - {id: wu, name: Wu, reach: [{channel: box, to: Wu}]}\n"


def test_a_register_is_changed_while_the_controller_runs(tmp_path: Path) -> None:
    path = tmp_path / "telling.yaml"
    path.write_text(CHANNELS + LI)
    config = ControllerConfig(data_dir=str(tmp_path), telling=TellingSettings(str(path)))
    controller = Controller(config, FixedClock(NOW))
    controller.open_registry()
    controller.registry.enrol(SYSTEM, enrolment())

    def refused() -> float:
        return next(each.value for each in controller.telling.figures() if each.name == "telling_register_refused")

    try:
        path.write_text(CHANNELS + LI + WU)
        controller.telling.tend(NOW)
        assert [each.id for each in controller.telling.people(SYSTEM)] == ["li", "wu"]
        path.write_text(CHANNELS + LI + WU + WU)
        controller.telling.tend(NOW)
        assert controller.telling.register_trouble(SYSTEM).startswith(f"{path}:4: 'wu' stands twice")
        assert (controller.telling.people_count, refused()) == (2, 1)
        path.write_text(CHANNELS + WU)
        controller.telling.tend(NOW)
        assert (controller.telling.people_count, refused()) == (1, 0)
    finally:
        controller.close_registry()
