"""`campanile controller token ...` as a person runs it, on a registry of its own."""

from pathlib import Path

import msgspec
import pytest
import yaml
from click.testing import CliRunner, Result

from campus.errors import ConfigError
from controller.cli import controller
from controller.clock import utc_ms
from controller.config import load_config
from controller.main import Controller
from tests.support.district import NO_1, enrolment

pytestmark = pytest.mark.slow


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "district.yaml").write_text(yaml.safe_dump(msgspec.to_builtins(enrolment()), allow_unicode=True))
    path = tmp_path / "controller.yaml"
    path.write_text("data_dir: data\nenrolment: district.yaml\n")
    return path


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(controller, ["token", *arguments, "--config", str(config)])


def test_a_token_from_its_making_to_its_end(config: Path) -> None:
    assert "no tokens" in run(config, "list").output
    made = run(config, "create", "wall", "--site", NO_1)
    secret = made.output.strip()
    assert (made.exit_code, len(secret)) == (0, 43)
    opened = Controller(load_config(config))
    opened.open_registry()
    try:
        scope = opened.access_tokens.scope_of(secret, "", utc_ms())
        assert scope is not None
        assert scope.sites == frozenset({NO_1})
        listed = run(config, "list").output
        assert listed.startswith(f"wall\t{NO_1}\tcreated 20")
        assert "last used 20" in listed
        assert secret not in listed
        assert run(config, "revoke", "wall").output == "wall: revoked\n"
        assert opened.access_tokens.scope_of(secret, "", utc_ms()) is None
        assert ", revoked 20" in run(config, "list").output
    finally:
        opened.close_registry()


def test_what_is_wrong_is_said(config: Path) -> None:
    run(config, "create", "grafana")
    for arguments in (("create", "grafana"), ("create", "x", "--site", "no-such"), ("revoke", "nobody")):
        assert isinstance(run(config, *arguments).exception, ConfigError)
