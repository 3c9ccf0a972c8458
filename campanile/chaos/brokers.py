"""The central brokers the bench can run: as they come, with what they keep in a folder that can be wiped."""

import getpass
import shutil
import socket
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import yaml

from campanile.chaos.held_port import LOOPBACK, HeldPort
from campanile.chaos.process import BenchTrouble, Process
from campanile.demo.processes import campanile
from simulator.plan.shape import FILE, SimulatorPlan

_PLACES: Final = ":".join(("/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/bin", "/usr/local/bin"))
_MQTT_MAX_PAYLOAD_BYTES: Final = 2 << 20


class BrokerKind(StrEnum):
    """Which broker."""

    MOSQUITTO = "mosquitto"
    EMBEDDED = "embedded"
    NATS = "nats"


_PROGRAMS: Final = {BrokerKind.MOSQUITTO: "mosquitto", BrokerKind.NATS: "nats-server"}


def program_of(kind: BrokerKind) -> str | None:
    """Where the broker's program is; None when it is not installed. The embedded one needs none."""
    name = _PROGRAMS[kind]
    return shutil.which(name) or shutil.which(name, path=_PLACES)


def installed() -> list[BrokerKind]:
    """All that can run here."""
    return [kind for kind in BrokerKind if kind is BrokerKind.EMBEDDED or program_of(kind)]


class Place(NamedTuple):
    """Where a broker runs: what it listens on, and what to put before its command to run it there."""

    host: str = LOOPBACK
    prefix: tuple[str, ...] = ()


HERE: Final = Place()


def accepts_tcp(host: str, port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


class Broker:
    """One kind of broker in a folder of its own, on one port. The embedded one and NATS run on the loopback interface only."""

    def __init__(self, kind: BrokerKind, folder: Path, logs: Path, place: Place) -> None:
        self.kind = kind
        self.host = place.host
        self._held_port = HeldPort()
        self.port = self._held_port.number
        self._folder = folder / f"broker-{kind}"
        self._folder.mkdir()
        self._kept = self._folder / "kept"
        command = [*place.prefix, *self._command()]
        self.process = Process(f"broker-{kind}", command, logs, lambda: accepts_tcp(self.host, self.port))

    def close(self) -> None:
        """End it, and give its port back; harmless when called twice."""
        self.process.forget()
        self._held_port.close()

    def wipe(self) -> None:
        """Delete everything it kept; call while it is down."""
        shutil.rmtree(self._kept, ignore_errors=True)

    def _command(self) -> list[str]:
        if self.kind is BrokerKind.EMBEDDED:
            plan = SimulatorPlan(0, 0, "public", 1, self.port, ())
            (self._folder / FILE).write_text(yaml.safe_dump(msgspec.to_builtins(plan)))
            return campanile("simulate", "brokers", "--dir", str(self._folder))
        program = program_of(self.kind)
        if program is None:
            raise BenchTrouble(f"{_PROGRAMS[self.kind]} is not installed: choose another with --broker")
        config = self._folder / "broker.conf"
        config.write_text(self._mosquitto() if self.kind is BrokerKind.MOSQUITTO else self._nats())
        return [program, "-c", str(config)]

    def _mosquitto(self) -> str:
        """What it must be told to listen and to write its log as us; the rest are its defaults."""
        return f"listener {self.port} {self.host}\nallow_anonymous true\nuser {getpass.getuser()}\n"

    def _nats(self) -> str:
        return (
            f'server_name: chaos\nhost: "{LOOPBACK}"\nport: -1\nmax_payload: {_MQTT_MAX_PAYLOAD_BYTES}\n'
            f'jetstream {{ store_dir: "{self._kept}" }}\nmqtt {{ host: "{LOOPBACK}", port: {self.port} }}\n'
        )
