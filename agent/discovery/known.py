"""What the agent knows without asking, as observations: agent.yaml, facts, publishers and senders nobody understands. Pure."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence

from agent.address import HostPort
from agent.candidates import Candidate
from agent.config import AgentConfig
from agent.discovery.observation import Observation, Source, mac_key
from campus.ids import DeviceId
from campus.newcomers import Confidence
from campus.samples import DeviceFacts, DeviceKind

TRAP_SENDER = "SNMP traps from "
"""How `agent.traps` begins the name of a sender that is not believed."""


def configured(config: AgentConfig) -> list[Observation]:
    """The devices of agent.yaml; a host name says nothing of the address."""
    polled = [
        Observation(
            source=Source.CONFIGURED,
            device=device.entry.id,
            address=_numeric(device.address),
            port=device.address.port,
            name=device.entry.name,
            kind=device.entry.kind or DeviceKind.OTHER,
            confidence=Confidence.CERTAIN,
        )
        for device in config.devices
    ]
    heard = [
        Observation(
            source=Source.CONFIGURED,
            device=entry.id,
            name=entry.name,
            kind=entry.kind or DeviceKind.OTHER,
            confidence=Confidence.CERTAIN,
        )
        for entry in config.file.mqtt_devices
    ]
    return [*polled, *heard]


def of_facts(
    facts: Iterable[DeviceFacts], registered: Iterable[str], speaks_through: Callable[[DeviceId], str] = lambda _: ""
) -> list[Observation]:
    """What devices told of themselves; those that are not `registered` were only heard, over MQTT.

    `speaks_through` says of one the gateway that speaks for it, or the broker.
    """
    known = set(registered)
    return [
        Observation(
            source=Source.CONFIGURED if each.device in known else Source.MQTT,
            serial=each.serial,
            macs=tuple(sorted({key for text in (*each.macs, *(p.mac for p in each.ports)) if (key := mac_key(text))})),
            name=each.system_name or each.name,
            device=each.device,
            kind=each.kind,
            confidence=Confidence.CERTAIN if each.profile else Confidence.GUESS,
            vendor=each.vendor,
            model=each.model,
            profile=each.profile,
            protocol="" if each.device in known else "mqtt",
            says="" if each.device in known else each.device,
            ports=each.ports,
            through=speaks_through(each.device),
            observed_at=each.observed_at,
        )
        for each in facts
        if each.kind is not DeviceKind.AGENT
    ]


def of_candidates(candidates: Sequence[Candidate]) -> list[Observation]:
    """Publishers that no profile understands, and senders of traps that are not believed."""
    return [_of_sender(each) if each.topic.startswith(TRAP_SENDER) else _of_publisher(each) for each in candidates]


def _of_sender(each: Candidate) -> Observation:
    return Observation(
        source=Source.TRAP,
        address=each.topic.removeprefix(TRAP_SENDER),
        says=each.topic,
        observed_at=each.last_at,
    )


def _of_publisher(each: Candidate) -> Observation:
    return Observation(
        source=Source.MQTT,
        says=each.topic,
        sample=each.sample.decode(errors="replace"),
        observed_at=each.last_at,
    )


def _numeric(address: HostPort) -> str:
    try:
        return str(ipaddress.ip_address(address.host))
    except ValueError:
        return ""
