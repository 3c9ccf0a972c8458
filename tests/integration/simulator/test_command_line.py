"""A switch's SSH port, over a real connection."""

import asyncio
import logging
from functools import partial

import asyncssh
import pytest

from simulator.district.device import Family
from simulator.ssh.dialect import DIALECTS
from simulator.ssh.server import CommandLine, Login
from tests.support.eventually import until

LOGIN = Login("campanile", "right")


async def _typed_and_gone(line: CommandLine, typed: str) -> None:
    connection = await asyncssh.connect(
        "127.0.0.1", line.port, username=LOGIN.username, password=LOGIN.password, known_hosts=None, config=None
    )
    process = await connection.create_process(term_type="vt100")
    process.stdin.write(typed)
    connection.abort()


def _is_over(line: CommandLine, visit: int) -> bool:
    return line.counts["sessions"] == visit and line.guests == 0


@pytest.mark.parametrize("typed", ["quit\n", "display current-configuration\n"])
def test_nothing_is_said_to_whoever_has_left(typed: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "asyncio"):
        asyncio.run(_ten_visits(typed))
    assert not caplog.messages


async def _ten_visits(typed: str) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    text = "interface GigabitEthernet0/0/1\n" * 3000
    line = CommandLine("127.0.0.1", 0, key, LOGIN, DIALECTS[Family.HUAWEI], "sw-1", lambda: text, lambda: text)
    await line.start()
    try:
        for visit in range(1, 11):
            await _typed_and_gone(line, typed)
            await until(partial(_is_over, line, visit), "the session to end")
    finally:
        line.close()
