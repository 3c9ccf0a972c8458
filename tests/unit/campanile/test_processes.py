import sys
from pathlib import Path

import pytest

from campanile.demo.plan import choose_port, free_port
from campanile.demo.processes import Child, ChildFailed, Household
from campus.errors import ConfigError
from tests.servers.daemon import wait_until


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_child_is_stopped_and_its_output_kept(tmp_path: Path) -> None:
    child = Child("sleeper", _python("print('awake', flush=True)\nimport time\ntime.sleep(60)"), tmp_path)
    household = Household()
    household.start(child)
    wait_until(lambda: "awake" in child.last_words(), "its first words")
    household.stop()
    household.stop()


def test_a_child_with_wrong_configuration_is_not_tried_again(tmp_path: Path) -> None:
    household = Household()
    household.start(Child("wrong", _python("print('controller.yaml:3: unknown key'); raise SystemExit(2)"), tmp_path))

    def mend_fails() -> bool:
        try:
            household.mend()
        except ChildFailed as error:
            return "controller.yaml:3" in str(error)
        return False

    wait_until(mend_fails, "the household to give up with the child's own words")


def test_a_child_that_fell_is_started_again(tmp_path: Path) -> None:
    code = f"open({str(tmp_path / 'runs')!r}, 'a').write('x')"
    household = Household()
    household.start(Child("faller", _python(code), tmp_path))

    def ran_twice() -> bool:
        household.mend()
        return len((tmp_path / "runs").read_text() if (tmp_path / "runs").exists() else "") >= 2

    wait_until(ran_twice, "a second run")
    household.stop()


def test_a_port_in_use_is_named() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="in use"):
            choose_port(taken.getsockname()[1])
    assert choose_port(free_port())
