"""What the command and the running agent share: from the configuration to a scan, and to what is known around it."""

from collections.abc import Mapping

from agent.config import USUAL_PORT, AgentConfig
from agent.discovery.config import SNMP, DiscoveryConfig
from agent.discovery.propose import MQTT, Surroundings
from agent.discovery.ranges import Range
from agent.discovery.scan import ScanPlan
from agent.settings import DeviceEntry, DeviceProtocol, MqttDeviceEntry
from firmware_profiles.catalogue import Catalogue


def plan_of(plan: DiscoveryConfig, begin: tuple[Range, ...], worked: Mapping[str, str]) -> ScanPlan:
    """A scan that begins with `begin`; `worked`: address to the credential that was answered before."""
    return ScanPlan(
        begin=begin,
        allowed=plan.ranges,
        credentials=plan.credentials,
        sign_ins=plan.sign_ins,
        snmp_port=plan.ports[SNMP],
        ports={service: port for service, port in plan.ports.items() if service != SNMP},
        rate_per_s=plan.settings.rate_per_s,
        concurrency=plan.settings.concurrency,
        asks_all_cameras=plan.settings.ws_discovery,
        worked=worked,
    )


def surroundings_of(config: AgentConfig, plan: DiscoveryConfig, catalogue: Catalogue) -> Surroundings:
    """What findings are told with: rooms are those that the file names anywhere."""
    file = config.file
    entries: tuple[DeviceEntry | MqttDeviceEntry, ...] = (*file.devices, *file.mqtt_devices)
    rooms = {entry.room: "" for entry in entries if entry.room} | dict(plan.settings.rooms)
    return Surroundings(
        site=file.site,
        protocols={*(str(each) for each in DeviceProtocol), MQTT},
        usual_ports={str(protocol): port for protocol, port in USUAL_PORT.items()},
        rooms=rooms,
        ids={entry.id for entry in entries} | {config.address.agent},
        kinds={name: profile.kind for name, profile in catalogue.profiles.items()},
    )
