from pathlib import Path

from campanile.demo.people import write_register
from controller.telling.model import Letterbox
from controller.telling.register import load_register

ENROLMENT = """
sites:
  - {id: centre, centre: true}
  - {id: no-1-primary}
  - {id: no-2-middle, centre: false}
"""


def test_the_demo_tells_people_of_every_school_and_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "district.yaml").write_text(ENROLMENT)
    write_register(tmp_path / "district.yaml", tmp_path / "telling.yaml")
    register = load_register(tmp_path / "telling.yaml")
    places = [person.place for person in register.people if person.role == "technician"]
    assert places == ["no-1-primary", "no-2-middle"]
    assert {person.role for person in register.people} == {"technician", "operator", "administrator"}
    assert all(isinstance(channel, Letterbox) for channel in register.channels.values())
