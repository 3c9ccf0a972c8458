"""Pings over the loopback and over a link of known packet size; what is said where they are not permitted."""

import asyncio
from collections.abc import Iterator

import pytest
from icmplib import SocketPermissionError

from agent.path import ping
from agent.path.model import PathState
from agent.path.ping import NotPermitted, needs_privilege, path_mtu, pinged
from tests.support.limited_link import limited_link


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    needs_privilege.cache_clear()
    yield
    needs_privilege.cache_clear()


def require_pings() -> None:
    try:
        needs_privilege()
    except NotPermitted as reason:
        pytest.skip(str(reason))


def test_the_loopback_answers_every_ping() -> None:
    require_pings()
    told = asyncio.run(pinged("127.0.0.1", 5, 0.02, 1.0))
    assert (told.state, told.sent, told.loss_percent) == (PathState.ANSWERS, 5, 0.0)
    assert len(told.rtts_ms) == 5
    assert told.jitter_ms is not None
    assert all(0 < each < 1000 for each in told.rtts_ms)


def test_a_name_that_there_is_not_is_said() -> None:
    require_pings()
    assert asyncio.run(pinged("no-such-name.invalid", 1, 0.01, 0.1)).state is PathState.NAME_NOT_FOUND


@pytest.mark.slow
def test_silence_is_a_hundred_percent_lost() -> None:
    require_pings()
    with limited_link(rate_mbit=50) as link:
        link.run(["ip", "addr", "flush", "dev", link.far_device])
        told = asyncio.run(pinged(link.far, 2, 0.01, 0.1))
    assert (told.state, told.loss_percent, told.jitter_ms) == (PathState.SILENT, 100.0, None)


def test_without_permission_that_is_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_: object) -> None:
        raise SocketPermissionError(privileged=True)

    monkeypatch.setattr(ping, "ICMPv4Socket", refused)
    assert asyncio.run(pinged("127.0.0.1", 1, 0.01, 0.1)).state is PathState.NOT_PERMITTED
    assert asyncio.run(path_mtu("127.0.0.1", 0.1)) is None
    with pytest.raises(NotPermitted, match="ping_group_range"):
        needs_privilege()


def test_the_loopback_takes_whole_packets() -> None:
    require_pings()
    assert asyncio.run(path_mtu("127.0.0.1", 1.0)) == 1500
    assert asyncio.run(path_mtu("::1", 0.1)) is None


@pytest.mark.slow
def test_the_largest_packet_of_a_narrow_path_is_found() -> None:
    require_pings()
    with limited_link(rate_mbit=50, mtu=1300) as link:
        told = asyncio.run(path_mtu(link.far, 0.2))
    assert told is not None
    assert 1300 <= told <= 1304, "a virtual link takes a VLAN tag's four bytes more than it says"
