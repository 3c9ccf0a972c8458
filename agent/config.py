"""The agent's one YAML file, read, checked and resolved: `agent.settings` says its shape.

Opens nothing but the secret files. What a wrong entry costs is one sentence with file, line and advice.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.address import HostPort, parse_host_port
from agent.configurations.config import SnapshotConfig, snapshot_config
from agent.credentials import Credential, resolved_credentials
from agent.discovery.config import DiscoveryConfig, discovery_config
from agent.path.config import PathPlan, path_plan
from agent.services.check import Service
from agent.services.config import resolved_services
from agent.settings import (
    DEFAULT_CREDENTIAL,
    AgentFile,
    BrokerSettings,
    DeviceEntry,
    DeviceProtocol,
    MqttDeviceEntry,
    TlsTrust,
)
from agent.trap_config import TrapConfig, trap_config
from agent.traps.senders import plain
from campus.document import Places, load_placed, nearest
from campus.errors import ConfigError, Poison
from campus.ids import is_id, parse_agent_id, parse_site_id
from campus.secret import Secret, secret_from_file
from campus.tls import TlsSettings
from campus.topics import Address

SNMP_PORT = 161
HTTPS_PORT = 443
USUAL_PORT = {DeviceProtocol.SNMP: SNMP_PORT, DeviceProtocol.PJLINK: 4352, DeviceProtocol.CAMERA: 80}
"""Where a protocol is spoken when the address does not say."""
_NEVER_OPEN = frozenset({DeviceProtocol.SNMP})
"""Protocols in which nothing answers without a credential."""


@dataclass(frozen=True)
class PolledDevice:
    """A device entry with everything resolved."""

    entry: DeviceEntry
    address: HostPort
    credential: Credential | None
    """None where the entry names none that there is, and its protocol needs none."""
    where: str
    """``file:line`` of the entry, for errors found later."""


@dataclass(frozen=True)
class Broker:
    """A broker block with its secret resolved and its files made absolute."""

    settings: BrokerSettings
    password: Secret | None
    tls: TlsSettings | None


@dataclass(frozen=True)
class AgentConfig:
    """What the agent runs by."""

    file: AgentFile
    address: Address
    spool_path: Path
    profiles_path: Path | None
    uplink: Broker
    listeners: tuple[Broker, ...]
    devices: tuple[PolledDevice, ...]
    traps: TrapConfig | None = None
    services: tuple[Service, ...] = ()
    path: PathPlan | None = None
    discovery: DiscoveryConfig | None = None
    snapshots: SnapshotConfig | None = None

    @property
    def backoff_max_s(self) -> float:
        """Longest pause between two tries of an unreachable device."""
        return self.file.polling.backoff_max_s or 2 * self.file.cadence.normal_s


def load_config(path: Path) -> AgentConfig:
    """Read and check the file; `ConfigError` names file, line, what is wrong and what to do.

    Relative paths in the file start from its own folder. Fetches secrets; opens no socket and no database.
    """
    file, places = load_placed(path, AgentFile)
    checked = _Checked(path, places)
    checked.ids(file)
    checked.numbers(file)
    credentials = resolved_credentials(path, file, checked.where)
    address = Address(parse_site_id(file.site), parse_agent_id(file.agent or file.site))
    devices = tuple(checked.device(entry, i, credentials) for i, entry in enumerate(file.devices))
    return AgentConfig(
        file=file,
        address=address,
        spool_path=path.parent / file.spool.path,
        profiles_path=path.parent / file.profiles if file.profiles else None,
        uplink=checked.broker(file.uplink, "uplink"),
        listeners=tuple(checked.broker(b, "mqtt_listeners", i) for i, b in enumerate(file.mqtt_listeners)),
        devices=devices,
        snapshots=snapshot_config(
            file.configurations, [(each.entry, each.address) for each in devices], credentials, checked.where
        ),
        services=resolved_services(file.services, credentials, checked.where, path.parent),
        path=path_plan(file.path, address, checked.where, path.parent) if file.path else None,
        traps=trap_config(file.traps, address, credentials, checked.where, path.parent) if file.traps else None,
        discovery=discovery_config(file.discovery, credentials, checked.where) if file.discovery else None,
    )


def load_credentials(path: Path) -> dict[str, Credential]:
    """The credentials of the file alone, sealed ones among them; `ConfigError` like `load_config`."""
    file, places = load_placed(path, AgentFile)
    return resolved_credentials(path, file, _Checked(path, places).where)


class _Checked:
    """Checks that types cannot make, and where in the file each value stands."""

    def __init__(self, path: Path, places: Places) -> None:
        self._path = path
        self._places = places

    def where(self, *steps: str | int) -> str:
        """``file:line`` of the value at `steps`."""
        return f"{self._path}:{self._places.line_of(*steps)}"

    def ids(self, file: AgentFile) -> None:
        """Ids have the wire's grammar and stand once; the agent's own id is a device id too."""
        for key, text in (("site", file.site), ("agent", file.agent or file.site)):
            self._id(text, key)
        seen = {file.agent or file.site: self.where("agent" if file.agent else "site")}
        lists: tuple[tuple[str, Sequence[DeviceEntry | MqttDeviceEntry]], ...] = (
            ("devices", file.devices),
            ("mqtt_devices", file.mqtt_devices),
        )
        for key, entries in lists:
            for index, entry in enumerate(entries):
                self._id(entry.id, key, index, "id")
                place = self.where(key, index, "id")
                if entry.id in seen:
                    raise ConfigError(
                        f"{place}: the id {entry.id!r} already stands at {seen[entry.id]}: give each its own"
                    )
                seen[entry.id] = place

    def numbers(self, file: AgentFile) -> None:
        """Bounds of what a person may set."""
        cadence, uplink = file.cadence, file.uplink
        least = (
            (cadence.fast_s, 1, ("cadence", "fast_s")),
            (cadence.normal_s, cadence.fast_s, ("cadence", "normal_s")),
            (cadence.slow_s, cadence.normal_s, ("cadence", "slow_s")),
            (file.polling.concurrency, 1, ("polling", "concurrency")),
            (file.polling.timeout_s, 1, ("polling", "timeout_s")),
            (file.polling.backoff_max_s, 0, ("polling", "backoff_max_s")),
            (file.spool.max_bytes, 1 << 20, ("spool", "max_bytes")),
            (file.spool.max_age_s, 60, ("spool", "max_age_s")),
            (file.spool.keep_acknowledged_s, 0, ("spool", "keep_acknowledged_s")),
            (uplink.backlog_bytes_per_s, 1000, ("uplink", "backlog_bytes_per_s")),
            (uplink.ack_timeout_s, 1, ("uplink", "ack_timeout_s")),
            (uplink.window_frames, 1, ("uplink", "window_frames")),
            (uplink.reconnect_min_s, 0.1, ("uplink", "reconnect_min_s")),
            (uplink.reconnect_max_s, uplink.reconnect_min_s, ("uplink", "reconnect_max_s")),
            (file.mqtt_silence_s, 1, ("mqtt_silence_s",)),
            (file.batch_s, 0.1, ("batch_s",)),
            (file.batch_samples, 1, ("batch_samples",)),
        )
        for value, minimum, steps in least:
            if not minimum <= value < math.inf:
                raise ConfigError(f"{self.where(*steps)}: {'.'.join(steps)} is {value:g}, must be at least {minimum:g}")
        if file.batch_samples > 10_000:
            raise ConfigError(f"{self.where('batch_samples')}: batch_samples is {file.batch_samples}, at most 10000")

    def broker(self, settings: BrokerSettings, *steps: str | int) -> Broker:
        """Resolve a broker block."""
        if not 0 < settings.port < 65_536:
            raise ConfigError(f"{self.where(*steps, 'port')}: {settings.port} is not a port: 1 to 65535, often 1883")
        password = None
        if settings.password_file:
            place = self._path.parent / settings.password_file
            password = secret_from_file(place, self.where(*steps, "password_file"))
        tls = settings.tls and TlsSettings(
            **{
                key: self._existing(name, *steps, "tls", key)
                for key, name in msgspec.structs.asdict(settings.tls).items()
            }
        )
        return Broker(settings, password, tls)

    def device(self, entry: DeviceEntry, index: int, credentials: dict[str, Credential]) -> PolledDevice:
        """Resolve a device entry."""
        where = self.where("devices", index)
        try:
            usual = HTTPS_PORT if entry.camera.tls is not TlsTrust.NONE else USUAL_PORT[entry.protocol]
            address = parse_host_port(entry.address, usual)
        except Poison as error:
            raise ConfigError(f"{self.where('devices', index, 'address')}: device {entry.id!r}: {error}") from error
        for number, text in enumerate(entry.trap_addresses):
            if not plain(text):
                raise ConfigError(
                    f"{self.where('devices', index, 'trap_addresses', number)}: device {entry.id!r}: {text[:80]!r} is not an "
                    "address: write 10.1.2.3, without a port"
                )
        credential = credentials.get(entry.credential)
        if credential is None and (entry.protocol in _NEVER_OPEN or entry.credential != DEFAULT_CREDENTIAL):
            raise ConfigError(
                f"{self.where('devices', index, 'credential')}: device {entry.id!r} wants the credential "
                f"{entry.credential!r}, which there is not."
                + (
                    nearest(entry.credential, list(credentials))
                    or " Add it, such as `snmp_communities: {read: {file: community.txt}}`."
                )
            )
        if credential and not credential.snmp and entry.protocol is DeviceProtocol.SNMP:
            raise ConfigError(
                f"{self.where('devices', index, 'credential')}: device {entry.id!r} is asked by SNMP, and the credential "
                f"{entry.credential!r} has neither `community` nor `user`"
            )
        return PolledDevice(self._with_camera(entry, index), address, credential, where)

    def _with_camera(self, entry: DeviceEntry, index: int) -> DeviceEntry:
        """The entry with its camera block checked and the certificate's path made absolute."""
        camera, steps = entry.camera, ("devices", index, "camera")
        if not 0 <= camera.rtsp_port < 65_536:
            raise ConfigError(
                f"{self.where(*steps, 'rtsp_port')}: {camera.rtsp_port} is not a port: 554 is usual, 0 for none"
            )
        if not 0.1 <= camera.look_apart_s <= 20:
            raise ConfigError(f"{self.where(*steps, 'look_apart_s')}: {camera.look_apart_s:g} s: write 0.1 to 20")
        if (camera.tls is TlsTrust.PINNED) != bool(camera.certificate):
            raise ConfigError(
                f"{self.where(*steps)}: device {entry.id!r}: `tls: pinned` and `certificate` go together: the file holds the "
                "device's own certificate"
            )
        certificate = self._existing(camera.certificate, *steps, "certificate")
        return msgspec.structs.replace(entry, camera=msgspec.structs.replace(camera, certificate=certificate))

    def _id(self, text: str, *steps: str | int) -> None:
        if not is_id(text):
            raise ConfigError(
                f"{self.where(*steps)}: {text[:80]!r} is not an id: use 1 to 63 lower-case letters, digits and hyphens, "
                "such as 'sw-1'; the name in Chinese goes under `name`"
            )

    def _existing(self, name: str, *steps: str | int) -> str:
        path = self._path.parent / name
        if name and not path.is_file():
            raise ConfigError(f"{self.where(*steps)}: there is no file {path}")
        return str(path) if name else ""
