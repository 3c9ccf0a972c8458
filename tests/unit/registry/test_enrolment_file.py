"""A district file is taken in once, until it changes or something else was enrolled since."""

from pathlib import Path

import msgspec
import pytest

from campus.errors import ConfigError
from controller.identity.scope import SYSTEM
from controller.registry.enrolment import Enrolment
from controller.registry.enrolment_file import enrol_file
from controller.registry.service import RegistryService
from tests.support import district
from tests.support.district import ReadyRegistry, ready_registry


class Watched(RegistryService):
    """Counts what is written."""

    writes = 0

    def enrol(self, scope: object, enrolment: Enrolment, digest: str = "") -> None:
        """Count and go on."""
        self.writes += 1
        super().enrol(SYSTEM, enrolment, digest)


@pytest.fixture
def ready(tmp_path: Path) -> ReadyRegistry:
    return ready_registry(tmp_path)


@pytest.fixture
def service(ready: ReadyRegistry) -> Watched:
    return Watched(ready.engine, ready.clock)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "district.yaml"
    path.write_bytes(msgspec.yaml.encode(district.enrolment()))
    return path


def test_an_unchanged_file_is_written_once(service: Watched, file: Path, ready: ReadyRegistry) -> None:
    enrol_file(service, file)
    enrol_file(service, file)
    assert service.writes == 1
    again = Watched(ready.engine, ready.clock)
    again.start()
    enrol_file(again, file)
    assert again.writes == 0
    assert len(again.sites(SYSTEM)) == 3
    assert again.is_enrolled(district.address_of(district.NO_1))


def test_a_changed_file_is_written_again(service: Watched, file: Path) -> None:
    enrol_file(service, file)
    file.write_bytes(file.read_bytes() + b"# checked\n")
    enrol_file(service, file)
    assert service.writes == 2


def test_the_file_is_written_again_after_another_enrolment(service: Watched, file: Path) -> None:
    enrol_file(service, file)
    service.enrol(SYSTEM, district.enrolment())
    enrol_file(service, file)
    assert service.writes == 3


def test_a_file_that_cannot_be_read_or_is_wrong_is_a_sentence(service: Watched, file: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        enrol_file(service, file.with_name("elsewhere.yaml"))
    file.write_text("sites: [{id: 7}]")
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"district\.yaml:1"):
            enrol_file(service, file)
    assert service.writes == 0
