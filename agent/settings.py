"""The shape of agent.yaml: blocks, keys, defaults, units. `site` is all a file must say.

Pure nouns; `agent.config` reads and checks them.
"""

from enum import StrEnum
from typing import Literal

import msgspec

from agent.collect.port import Cadence
from agent.configurations.settings import ConfigurationEntry, ConfigurationSettings
from agent.path.model import PathSettings
from agent.secret_source import SecretSource
from agent.services.model import ServiceEntry
from agent.snmp_access import AuthProtocol, PrivacyProtocol
from campus.samples import DeviceKind
from campus.tls import TlsSettings

AUTO_PROFILE = "auto"
DEFAULT_CREDENTIAL = "read"


class DeviceProtocol(StrEnum):
    """How a device is asked."""

    SNMP = "snmp"
    PJLINK = "pjlink"
    CAMERA = "camera"
    """Cameras and recorders: HTTP as their profile says, ONVIF, RTSP."""


class _Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every block: a key nobody knows is an error."""


class SpoolSettings(_Settings, frozen=True):
    """Where frames wait until the controller has stored them, and how much may wait."""

    path: str = "spool.db"
    max_bytes: int = 200 << 20
    max_age_s: int = 30 * 86_400
    keep_acknowledged_s: int = 2 * 86_400
    """What the controller has stored is kept so long, while there is room, in case that it is restored from a backup."""


class BrokerSettings(_Settings, frozen=True):
    """How to reach one MQTT broker; `port` 8883 is usual with TLS."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password_file: str = ""
    tls: TlsSettings | None = None
    keepalive_s: int = 30


class ListenerSettings(BrokerSettings, frozen=True):
    """A broker of the school that devices publish on. Nothing is published there but what is said here."""

    sparkplug_rebirth: bool = True
    """Ask Sparkplug nodes for their birth again where it was missed (NCMD); without it their data mean nothing till the next."""


class UplinkSettings(BrokerSettings, frozen=True):
    """The central broker, and how hard the agent may push."""

    backlog_bytes_per_s: int = 131_072
    """What waited is sent behind what is new, no faster than this: 1 Mbit/s leaves a weak link usable."""
    ack_timeout_s: float = 30.0
    """A frame that the broker has had for so long and the controller has not acknowledged is sent again; then after twice as
    long, and so on. What the broker has not confirmed is still on its way, however slow the line."""
    window_frames: int = 32
    """Frames under way unacknowledged, in each of the two lanes."""
    reconnect_min_s: float = 1.0
    reconnect_max_s: float = 60.0


class CadenceSettings(_Settings, frozen=True):
    """Seconds between two readings of a point, by the cadence its profile names."""

    fast_s: float = 30.0
    normal_s: float = 60.0
    slow_s: float = 900.0

    def intervals_s(self) -> dict[Cadence, float]:
        """By cadence."""
        return {Cadence.FAST: self.fast_s, Cadence.NORMAL: self.normal_s, Cadence.SLOW: self.slow_s}


class PollingSettings(_Settings, frozen=True):
    """Limits of polling. `backoff_max_s` 0 stands for twice `cadence.normal_s`."""

    concurrency: int = 32
    timeout_s: float = 60.0
    backoff_max_s: float = 0.0


class TrapUserEntry(_Settings, frozen=True):
    """An SNMPv3 user whose traps and informs are believed. Without `privacy` they are proven and may be read by others."""

    name: str
    auth_password: SecretSource
    auth: AuthProtocol = AuthProtocol.SHA256
    privacy: PrivacyProtocol | None = None
    privacy_password: SecretSource | None = None


class TrapSettings(_Settings, frozen=True):
    """Where traps and informs are heard, and from whom. `credentials` name communities, for v1 and v2c, and SNMPv3 users."""

    listen: tuple[str, ...] = ("127.0.0.1:1162",)
    credentials: tuple[str, ...] = ()
    users: tuple[TrapUserEntry, ...] = ()
    engine_id: str = ""
    """Of this receiver, in hexadecimal, for devices that send SNMPv3 informs; empty makes one of site and agent."""


class CredentialEntry(_Settings, frozen=True):
    """Secrets under one name: what a device's protocol needs of them is given.

    SNMP takes a `community`, or an SNMPv3 `user`, whose `auth` is SHA-256 unless it says otherwise.
    """

    community: SecretSource | None = None
    version: Literal[1, "1", "2c"] = "2c"
    """What a `community` is sent by: 1 for a device that knows no other."""
    user: str = ""
    auth: AuthProtocol | None = None
    auth_password: SecretSource | None = None
    privacy: PrivacyProtocol | None = None
    privacy_password: SecretSource | None = None
    username: str = ""
    password: SecretSource | None = None
    enable: SecretSource | None = None
    """For privilege, once in by SSH: the password of ``enable``."""


class TlsTrust(StrEnum):
    """Whom a device asked over HTTP is taken for."""

    NONE = "none"
    """HTTP without TLS; the password is shown as a digest only."""
    VERIFY = "verify"
    """A certificate of an authority that this machine knows, for the address that is asked."""
    PINNED = "pinned"
    """Its own certificate, or one signed by it, which `certificate` names."""
    ANY = "any"
    """Nobody is checked: who stands in the way reads what is read, though no password but a digest."""


class CameraEntry(_Settings, frozen=True):
    """How one camera or recorder is asked beside what its profile says."""

    tls: TlsTrust = TlsTrust.NONE
    certificate: str = ""
    """A file in PEM form, for `tls: pinned`."""
    rtsp_port: int = 554
    """0: the stream is not asked for."""
    look: bool = True
    """Whether its pictures are judged. None is kept, sent or written."""
    look_apart_s: float = 4.0
    """Between the two pictures that are compared."""


class DeviceEntry(_Settings, frozen=True):
    """One polled device. `kind` overrides the profile's; `trap_addresses` are others of its own that it sends traps from."""

    id: str
    address: str
    protocol: DeviceProtocol = DeviceProtocol.SNMP
    name: str = ""
    room: str = ""
    profile: str = AUTO_PROFILE
    credential: str = DEFAULT_CREDENTIAL
    kind: DeviceKind | None = None
    uplinks: tuple[str, ...] = ()
    uplink_capacity_bps: float = 0.0
    trap_addresses: tuple[str, ...] = ()
    camera: CameraEntry = CameraEntry()
    configuration: ConfigurationEntry | None = None
    """Fetched by SSH, nightly and after each change; None for not at all."""


class MqttDeviceEntry(_Settings, frozen=True):
    """Name and place of a device heard over MQTT; `id` is what the profile's topic pattern yields."""

    id: str
    name: str = ""
    room: str = ""
    kind: DeviceKind | None = None


class DiscoverySettings(_Settings, frozen=True):
    """Where devices nobody has registered are looked for, how often and how hard. Nothing outside of `ranges` is ever asked."""

    ranges: tuple[str, ...]
    every_h: float = 24.0
    rate_per_s: float = 50.0
    """Packets, of everything that is asked together."""
    concurrency: int = 64
    """Addresses asked at once."""
    credentials: tuple[str, ...] = ()
    """Names of `credentials` that are tried, in this order; empty: all. Each is tried once where it is a sign-in."""
    ports: dict[str, int] = {}
    """Where a service is looked for that is not at its usual port."""
    ws_discovery: bool = True
    """Cameras are asked by one multicast question too. Answers from outside `ranges` are left alone."""
    rooms: dict[str, str] = {}
    """Rooms that a device's name may mean: id to what people call it. Those of the file's devices are known anyway."""
    forget_after: int = 3
    """Scans in a row that have not found a device before it is told to have vanished."""


class AgentFile(_Settings, frozen=True):
    """The whole file, as written."""

    site: str
    agent: str = ""
    """Empty means the site's id: one agent in each school."""
    name: str = ""
    room: str = ""
    profiles: str = ""
    """A folder of the district's own device profiles, beside those that are shipped; empty for none."""
    spool: SpoolSettings = SpoolSettings()
    uplink: UplinkSettings = UplinkSettings()
    cadence: CadenceSettings = CadenceSettings()
    polling: PollingSettings = PollingSettings()
    credentials: dict[str, CredentialEntry] = {}
    credentials_key: SecretSource | None = None
    """Opens the credentials that `campanile agent credentials` has sealed beside this file."""
    snmp_communities: dict[str, SecretSource] = {}
    """The same as credentials that give a `community` alone."""
    devices: tuple[DeviceEntry, ...] = ()
    configurations: ConfigurationSettings = ConfigurationSettings()
    traps: TrapSettings | None = None
    """Nothing is listened for without this block."""
    mqtt_listeners: tuple[ListenerSettings, ...] = ()
    mqtt_devices: tuple[MqttDeviceEntry, ...] = ()
    mqtt_silence_s: float = 180.0
    """A device heard over MQTT that says nothing for so long is unreachable."""
    discovery: DiscoverySettings | None = None
    """Nobody is looked for without this block."""
    services: tuple[ServiceEntry, ...] = ()
    path: PathSettings | None = None
    """Nothing is pinged without this block."""
    batch_s: float = 1.5
    """Readings wait so long, or for `batch_samples` of them, before they are sealed in a frame."""
    batch_samples: int = 1000
