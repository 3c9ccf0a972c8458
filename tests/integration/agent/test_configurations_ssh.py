"""Configurations fetched over real SSH: from OpenSSH with FRR's vtysh behind it, and from simulated switches of three vendors."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import asyncssh
import pytest
from netmiko.ssh_dispatcher import CLASS_MAPPER

from agent.address import HostPort
from agent.configurations.known_hosts import KnownHosts
from agent.configurations.masking import masked, masker
from agent.configurations.port import Access, Problem, PullError
from agent.configurations.ssh import NetmikoShell
from agent.configurations.text import cleaned
from campus.secret import Secret
from firmware_profiles.load import load_catalogue
from simulator.district.device import Family, SimDevice
from simulator.district.district import build_district
from simulator.ssh.configuration import CIPHER, SECRET, WORKS, configuration
from simulator.ssh.dialect import DIALECTS
from simulator.ssh.server import CommandLine, Login
from tests.fakes.manual_timer import TURNS
from tests.servers.daemon import free_port
from tests.servers.sshd import HOST_NAME, PASSWORD, SECRETS, USER, Sshd, sshd

pytestmark = pytest.mark.slow
CATALOGUE = load_catalogue()
PROFILES = {Family.HUAWEI: "huawei/vrp", Family.H3C: "h3c/comware", Family.RUIJIE: "ruijie/rgos"}
LOGIN = Login("campanile", "right-Password", "right-Enable")
OLD = ("diffie-hellman-group14-sha1",)
old_cryptography = pytest.mark.filterwarnings("ignore::Warning:asyncssh")


def test_netmiko_has_every_driver_that_a_profile_names() -> None:
    drivers = {profile.cli.driver for profile in CATALOGUE.profiles.values() if profile.cli}
    assert len(drivers) >= 10
    assert drivers <= CLASS_MAPPER.keys()


def a_switch(family: Family) -> SimDevice:
    district = build_district(1, 8)
    return next(d for site in district.schools for d in site.devices if d.family is family and d.id == "sw-1")


@contextmanager
def listening(
    family: Family, *, algorithms: tuple[str, ...] = (), port: int = 0, pause_s: float = 0.0
) -> Iterator[CommandLine]:
    """A simulated switch in an event loop of its own, for a shell blocks its caller."""
    device = a_switch(family)
    key = asyncssh.generate_private_key("ssh-rsa" if algorithms else "ssh-ed25519")
    line = CommandLine(
        "127.0.0.1",
        port,
        key,
        LOGIN,
        DIALECTS[family],
        device.system_name,
        lambda: configuration(device, WORKS),
        lambda: configuration(device, WORKS[:1]),
        algorithms=algorithms,
        pause_s=pause_s,
    )
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(line.start(), loop).result(20)
        yield line
    finally:
        loop.call_soon_threadsafe(line.close)
        asyncio.run_coroutine_threadsafe(_settled(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def _settled() -> None:
    """Let what was closed end."""
    if others := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
        await asyncio.wait(others, timeout=10)
    for _ in range(TURNS):
        await asyncio.sleep(0)


def access(port: int, **changes: object) -> Access:
    usual = Access(HostPort("127.0.0.1", port), LOGIN.username, Secret(LOGIN.password), Secret(LOGIN.enable))
    return replace(usual, **changes)  # type: ignore[arg-type]


@pytest.fixture
def shell(tmp_path: Path) -> NetmikoShell:
    return NetmikoShell(KnownHosts(tmp_path / "known_hosts"), 30.0)


@pytest.mark.parametrize("family", PROFILES)
def test_the_configuration_comes_whole_from_each_vendors_command_line(shell: NetmikoShell, family: Family) -> None:
    cli = CATALOGUE.profiles[PROFILES[family]].cli
    assert cli
    with listening(family, pause_s=0.005) as line:
        fetched = shell.fetch(access(line.port), cli)
    device = a_switch(family)
    assert cleaned(fetched.running, cli) == cleaned(configuration(device, WORKS), cli)
    assert cleaned(fetched.startup, cli) == cleaned(configuration(device, WORKS[:1]), cli)
    told = masked(cleaned(fetched.running, cli), masker(b"key", "sw-1"))
    assert "<masked:" in told
    assert SECRET not in told
    assert CIPHER not in told


def test_a_wrong_password_is_sent_once(shell: NetmikoShell) -> None:
    cli = CATALOGUE.profiles["huawei/vrp"].cli
    assert cli
    with listening(Family.HUAWEI) as line:
        with pytest.raises(PullError) as caught:
            shell.fetch(access(line.port, password=Secret("wrong")), cli)
        assert line.counts == {"wrong_passwords": 1}
    assert caught.value.problem is Problem.WRONG_PASSWORD
    assert "wrong" not in str(caught.value)


def test_without_the_right_enable_password_nothing_is_shown(shell: NetmikoShell) -> None:
    cli = CATALOGUE.profiles["ruijie/rgos"].cli
    assert cli
    with listening(Family.RUIJIE) as line, pytest.raises(PullError) as caught:
        shell.fetch(access(line.port, enable=Secret("wrong")), cli)
    assert caught.value.problem is Problem.NO_PRIVILEGE


def test_a_changed_host_key_is_refused_before_any_password_is_sent(shell: NetmikoShell) -> None:
    cli = CATALOGUE.profiles["huawei/vrp"].cli
    assert cli
    port = free_port()
    with listening(Family.HUAWEI, port=port):
        shell.fetch(access(port), cli)
        shell.fetch(access(port), cli)
    with listening(Family.HUAWEI, port=port) as impostor:
        with pytest.raises(PullError) as caught:
            shell.fetch(access(port), cli)
        assert not impostor.counts
    assert caught.value.problem is Problem.HOST_KEY_CHANGED
    assert "known_hosts" in str(caught.value)


@old_cryptography
def test_old_algorithms_are_spoken_only_with_a_device_whose_entry_says_so(shell: NetmikoShell) -> None:
    cli = CATALOGUE.profiles["h3c/comware"].cli
    assert cli
    with listening(Family.H3C, algorithms=OLD) as line:
        with pytest.raises(PullError) as caught:
            shell.fetch(access(line.port), cli)
        assert caught.value.problem is Problem.WEAK_ALGORITHMS
        assert "sysname" in shell.fetch(access(line.port, weak_algorithms=True), cli).running


def test_a_device_that_is_away_is_unreachable(shell: NetmikoShell) -> None:
    cli = CATALOGUE.profiles["huawei/vrp"].cli
    assert cli
    with pytest.raises(PullError) as caught:
        shell.fetch(access(free_port()), cli)
    assert caught.value.problem is Problem.UNREACHABLE


def _printer(server: socket.socket) -> None:
    guest, _ = server.accept()
    with guest:
        guest.sendall(b"220 printer ready\r\n" * 50)


def test_what_speaks_no_ssh_is_told_so(shell: NetmikoShell) -> None:
    cli = CATALOGUE.profiles["huawei/vrp"].cli
    assert cli
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=_printer, args=(server,))
        thread.start()
        with pytest.raises(PullError) as caught:
            shell.fetch(access(server.getsockname()[1]), cli)
        thread.join()
    assert caught.value.problem is Problem.FAILED


def test_nothing_a_device_says_reaches_the_log_however_loud_it_is(
    shell: NetmikoShell, caplog: pytest.LogCaptureFixture
) -> None:
    cli = CATALOGUE.profiles["h3c/comware"].cli
    assert cli
    with caplog.at_level(logging.DEBUG), listening(Family.H3C) as line:
        shell.fetch(access(line.port), cli)
    assert SECRET not in caplog.text
    assert LOGIN.password not in caplog.text


# FRR behind OpenSSH: programs that nobody here wrote.


def router(server: Sshd, **changes: object) -> Access:
    return access(server.port, **{"username": USER, "password": Secret(PASSWORD), "enable": None, **changes})


def test_a_real_router_behind_a_real_ssh_server(shell: NetmikoShell) -> None:
    cli = CATALOGUE.profiles["cisco/ios"].cli
    assert cli
    with sshd() as server:
        first = cleaned(shell.fetch(router(server), cli).running, cli)
        server.order("router bgp 65001", "neighbor 192.0.2.9 remote-as 65009")
        second = cleaned(shell.fetch(router(server), cli).running, cli)
    assert f"hostname {HOST_NAME}" in first
    assert set(second.splitlines()) - set(first.splitlines()) == {" neighbor 192.0.2.9 remote-as 65009"}
    told = masked(second, masker(b"key", "router"))
    assert all(secret in second and secret not in told for secret in SECRETS)
    assert len(told.splitlines()) == len(second.splitlines())


def test_a_real_ssh_server_sees_one_wrong_password_and_another_key(shell: NetmikoShell) -> None:
    cli = CATALOGUE.profiles["cisco/ios"].cli
    assert cli
    with sshd() as server:
        with pytest.raises(PullError) as caught:
            shell.fetch(router(server, password=Secret("wrong")), cli)
        assert caught.value.problem is Problem.WRONG_PASSWORD
        port = server.port
    with sshd(port=port) as other, pytest.raises(PullError) as caught:
        shell.fetch(router(other), cli)
    assert caught.value.problem is Problem.HOST_KEY_CHANGED


def test_a_real_ssh_server_of_old(shell: NetmikoShell) -> None:
    cli = CATALOGUE.profiles["cisco/ios"].cli
    assert cli
    old = "KexAlgorithms diffie-hellman-group14-sha1\nHostKeyAlgorithms ssh-rsa\nCiphers aes128-cbc\nMACs hmac-sha1"
    with sshd("rsa", old) as server:
        with pytest.raises(PullError) as caught:
            shell.fetch(router(server), cli)
        assert caught.value.problem is Problem.WEAK_ALGORITHMS
        assert HOST_NAME in shell.fetch(router(server, weak_algorithms=True), cli).running
