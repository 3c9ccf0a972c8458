"""A camera in the agent's file: where it is asked, whom it is taken for, and advice where that is wrong."""

from pathlib import Path

import pytest

from agent.build import collector_of
from agent.collect.camera.collector import CameraCollector
from agent.config import AgentConfig, load_config
from agent.settings import TlsTrust
from campus.errors import ConfigError
from firmware_profiles.load import load_catalogue

CAMERA = """\
site: no-1-primary
credentials: {cams: {username: monitor, password: {value: s3cret}}}
devices:
  - {id: cam-1, address: 10.1.2.3, protocol: camera, credential: cams, camera: {%s}}
"""


def loaded(folder: Path, camera: str) -> AgentConfig:
    (folder / "agent.yaml").write_text(CAMERA % camera)
    return load_config(folder / "agent.yaml")


@pytest.mark.parametrize(("camera", "port"), [("", 80), ("tls: any", 443), ("rtsp_port: 0, look: false", 80)])
def test_a_camera_is_asked_where_its_protocol_is_spoken(tmp_path: Path, camera: str, port: int) -> None:
    device = loaded(tmp_path, camera).devices[0]
    assert device.address.port == port
    collector = collector_of(device, load_catalogue())
    assert isinstance(collector, CameraCollector)
    assert "s3cret" not in repr(device)


@pytest.mark.parametrize(
    ("camera", "advice"),
    [
        ("tls: sometimes", "sometimes"),
        ("tls: pinned", "go together"),
        ("certificate: cam.pem", "go together"),
        ("tls: pinned, certificate: cam.pem", "there is no file"),
        ("rtsp_port: 70000", "554 is usual"),
        ("look_apart_s: 0", "write 0.1 to 20"),
        ("rtps_port: 1", "Did you mean 'rtsp_port'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, camera: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=r"agent\.yaml:4") as caught:
        loaded(tmp_path, camera)
    assert advice in str(caught.value)


def test_a_camera_that_is_taken_for_whoever_answers_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for camera in ("", "tls: verify", "tls: any"):
        collector_of(loaded(tmp_path, camera).devices[0], load_catalogue())
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["camera_tls_unchecked device=cam-1"]


def test_a_pinned_certificate_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "cam.pem").write_text("nonsense")
    device = loaded(tmp_path, "tls: pinned, certificate: cam.pem").devices[0]
    assert device.entry.camera.tls is TlsTrust.PINNED
    with pytest.raises(ConfigError, match="not a certificate in PEM form"):
        collector_of(device, load_catalogue())
