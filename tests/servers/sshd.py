"""A real OpenSSH server whose user lands in FRR's vtysh, as on many routers, on a free loopback port.

A user of the machine is made for the test and removed after it, so this needs root. sshd and FRR's bgpd run by configurations
of their own; bgpd touches neither the kernel's routes nor any port.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.daemon import accepts_tcp, free_port, require_program, running

USER = "campanile-vtysh"
PASSWORD = "Router-4-School"
HOST_NAME = "school-router"
SECRETS = ("Peer-Secret-77", "Vty-Secret-88")


@dataclass(frozen=True)
class Sshd:
    """A running server; `vtysh` is the command that gives the router orders."""

    port: int
    vtysh: tuple[str, ...]

    def order(self, *commands: str) -> None:
        """Have the router obey configuration commands."""
        asked = [word for command in ("configure terminal", *commands) for word in ("-c", command)]
        subprocess.run([*self.vtysh, *asked], check=True, capture_output=True)


@contextmanager
def sshd(key_type: str = "ed25519", extra: str = "", port: int | None = None) -> Iterator[Sshd]:
    """Run both daemons; `extra` lines are added to sshd_config, so that an old server can be played."""
    if os.geteuid() != 0:
        _unavailable("only root may make the user that logs in")
    server = require_program("sshd", "openssh-server")
    shell = require_program("vtysh", "frr")
    chosen = port or free_port()
    Path("/run/sshd").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="campanile-sshd-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        vtysh = (shell, "--vty_socket", name, "--config_dir", name, "-H", "/dev/null")
        with _router(folder), _user(folder):
            key = folder / "host_key"
            subprocess.run(["ssh-keygen", "-q", "-t", key_type, "-N", "", "-f", str(key)], check=True)
            config = folder / "sshd_config"
            config.write_text(
                f"ListenAddress 127.0.0.1:{chosen}\nHostKey {key}\nPidFile {folder}/sshd.pid\nUsePAM no\n"
                f"PasswordAuthentication yes\nKbdInteractiveAuthentication no\nAllowUsers {USER}\nPrintMotd no\n"
                f"ForceCommand {' '.join(vtysh)}\n{extra}\n"
            )
            command = [server, "-D", "-e", "-f", str(config)]
            with running(command, folder / "sshd.log", lambda: accepts_tcp(chosen)):
                yield Sshd(chosen, vtysh)


@contextmanager
def _router(folder: Path) -> Iterator[None]:
    """FRR's bgpd without zebra: a configuration, and a socket for vtysh."""
    program = require_program("/usr/lib/frr/bgpd", "frr")
    config = folder / "bgpd.conf"
    config.write_text(
        f"hostname {HOST_NAME}\npassword {SECRETS[1]}\nrouter bgp 65001\n neighbor 192.0.2.1 remote-as 65002\n"
        f" neighbor 192.0.2.1 password {SECRETS[0]}\n neighbor 192.0.2.1 description to the district\n!\n"
    )
    (folder / "vtysh.conf").write_text("no service integrated-vtysh-config\n")
    socket = folder / "bgpd.vty"
    command = [program, "-Z", "-p", "0", "-P", "0", "-S", "--vty_socket", str(folder)]
    command += ["-i", str(folder / "bgpd.pid"), "-f", str(config), "--log", f"file:{folder}/bgpd-own.log"]
    with running(command, folder / "bgpd.log", socket.exists):
        socket.chmod(0o666)
        yield


@contextmanager
def _user(folder: Path) -> Iterator[None]:
    useradd = require_program("useradd", "passwd")
    subprocess.run([useradd, "-M", "-N", "-d", str(folder), "-s", "/bin/sh", USER], check=True, capture_output=True)
    try:
        subprocess.run(["chpasswd"], input=f"{USER}:{PASSWORD}\n", text=True, check=True)
        yield
    finally:
        subprocess.run(["userdel", "-f", USER], check=False, capture_output=True)


def _unavailable(why: str) -> None:
    if os.environ.get("CAMPUS_REQUIRE_SERVERS") == "1":
        pytest.fail(why)
    pytest.skip(why)
