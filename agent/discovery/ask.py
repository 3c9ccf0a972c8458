"""One address asked by SNMP: which credential it answers to, what it is, who hangs on its ports.

Not the collector's polling: only what tells devices and places apart is read, a few dozen packets from a switch.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from agent.address import HostPort
from agent.collect.snmp_dialogue import SnmpDialogue, SnmpTiming
from agent.collect.snmp_learn import SYS_NAME, Columns, Learnt, learn
from agent.collect.snmp_recognise import SYS_DESCR, SYS_OBJECT_ID, identity_of, recognise
from agent.collect.stations import NETWORK_KINDS, read_tables
from agent.credentials import Credential
from agent.discovery.hints import kind_of_model
from agent.discovery.observation import Observation, Seen, Source, mac_key
from agent.discovery.pace import Pace
from agent.snmp_access import SnmpUser
from campus.errors import Poison, Transient
from campus.newcomers import Confidence
from campus.samples import Neighbour
from firmware_profiles.catalogue import FALLBACK, Catalogue
from firmware_profiles.model import Profile
from firmware_profiles.raw import Raw, port_id_text, text_of

_LOCAL_CHASSIS: Final = "1.0.8802.1.1.2.1.3.2.0"
LEARNING_S: Final = 60.0
MAX_STATIONS: Final = 5_000
"""Of one switch; who hangs on it is known by then."""
MOST_ADDRESSES: Final = 8
"""Of one station: a router that answers for more speaks for others (proxy ARP, RFC 1027)."""
_ASKING = SnmpTiming(timeout_s=1.0, attempts=2, patience=6, hail_attempts=2)
_ASKING_USER = SnmpTiming(timeout_s=1.0, attempts=2, patience=6, hail_attempts=1)
"""A wrong password is a failed login, and a few of them lock a device: each user is tried once."""


class Asked(NamedTuple):
    """What an address told; empty `observations` when it kept silent, `refusal` when it answered and let nobody in."""

    observations: tuple[Observation, ...] = ()
    refusal: str = ""


async def ask(
    place: HostPort, credentials: Sequence[Credential], catalogue: Catalogue, pace: Pace, observed_at: int
) -> Asked:
    """Ask with one credential after the other until one is answered. Never raises for what a device does."""
    refusal = ""
    for credential in credentials:
        if credential.snmp is None:
            continue
        timing = _ASKING_USER if isinstance(credential.snmp, SnmpUser) else _ASKING
        dialogue = SnmpDialogue(place, credential.snmp, timing, policer=pace)
        try:
            hail = await dialogue.hail([SYS_OBJECT_ID, SYS_DESCR, SYS_NAME])
        except Transient:
            continue
        except Poison as error:
            refusal = str(error)
            continue
        else:
            return Asked(tuple(await _told(place, credential, dialogue, hail, catalogue, observed_at)))
        finally:
            await dialogue.close()
    return Asked(refusal=refusal)


async def _told(
    place: HostPort,
    credential: Credential,
    dialogue: SnmpDialogue,
    hail: dict[str, Raw],
    catalogue: Catalogue,
    observed_at: int,
) -> list[Observation]:
    """What an answering device says of itself and of its neighbours; a device that breaks off is still there."""
    identity = identity_of(hail)
    name = text_of(hail.get(SYS_NAME))
    bare = Observation(
        source=Source.SNMP,
        address=place.host,
        port=place.port,
        name=name,
        confidence=Confidence.LIKELY,
        protocol="snmp",
        credential=credential.name,
        says=f"sysObjectID {identity.sys_object_id or 'not told'}, sysDescr {identity.sys_descr[:200] or 'not told'}",
        observed_at=observed_at,
    )
    try:
        async with asyncio.timeout(LEARNING_S):
            profile_name = await recognise(catalogue, identity, dialogue)
            profile = catalogue.profiles[profile_name]
            dialogue.begin_learning(profile.get_at_once, profile.repetitions)
            columns = Columns(dialogue, hail)
            learnt = await learn(_identity_alone(profile), columns, observed_at)
            chassis = port_id_text(await columns.scalar(_LOCAL_CHASSIS))
    except (Transient, Poison, TimeoutError):
        return [bare]
    facts = learnt.facts
    own = {key for text in (*learnt.macs, *(port.mac for port in learnt.ports)) if (key := mac_key(text))}
    device = msgspec.structs.replace(
        bare,
        serial=facts["serial"],
        macs=tuple(sorted(own)),
        chassis="" if mac_key(chassis) else chassis,
        name=name or facts["name"],
        kind=kind_of_model(profile.kind, facts["model"]),
        confidence=Confidence.LIKELY if profile_name == FALLBACK else Confidence.CERTAIN,
        vendor=facts["vendor"],
        model=facts["model"],
        profile=profile_name,
        ports=learnt.ports,
    )
    neighbours = [_neighbour(place.host, each, observed_at) for each in learnt.neighbours]
    return [device, *neighbours, *await _stations(place.host, profile, dialogue, learnt, observed_at)]


async def _stations(
    switch: str, profile: Profile, dialogue: SnmpDialogue, learnt: Learnt, observed_at: int
) -> list[Observation]:
    """Whom a network device hears on its ports, and which addresses it has found out; nothing where it does not tell."""
    if profile.kind not in NETWORK_KINDS:
        return []
    ports = {ask.index: ask.instance for ask in learnt.asks}
    try:
        async with asyncio.timeout(LEARNING_S):
            tables = await read_tables(profile, dialogue, ports, MAX_STATIONS)
    except (Transient, Poison, TimeoutError):
        return []
    crowds: Counter[str] = Counter()
    for heard in tables.forwarding:
        crowds[heard.port] += len(heard.macs)
    seen = {(mac, heard.port) for heard in tables.forwarding for mac in heard.macs if mac_key(mac)}
    of_mac = Counter(each.mac for each in tables.addresses)
    bridged = [
        Observation(
            source=Source.BRIDGE,
            macs=(mac,),
            seen=Seen(switch, port, crowd=crowds[port]),
            says=f"{switch} {port}",
            observed_at=observed_at,
        )
        for mac, port in sorted(seen)
    ]
    resolved = [
        Observation(
            source=Source.ARP,
            macs=(each.mac,),
            address=each.address,
            says=switch,
            observed_at=observed_at,
        )
        for each in tables.addresses
        if mac_key(each.mac) and of_mac[each.mac] <= MOST_ADDRESSES
    ]
    return [*bridged, *resolved]


def _identity_alone(profile: Profile) -> Profile:
    """The profile without what is measured. One point of the ports stays, for it tells their ifIndex."""
    table = profile.ports.table if profile.ports else ""
    kept = (
        {table: msgspec.structs.replace(profile.tables[table], points=profile.tables[table].points[:1])}
        if table
        else {}
    )
    return msgspec.structs.replace(profile, points=(), tables=kept, modules=(), licences=())


def _neighbour(switch: str, neighbour: Neighbour, observed_at: int) -> Observation:
    mac = mac_key(neighbour.remote_chassis)
    return Observation(
        source=Source.LLDP if neighbour.remote_chassis else Source.CDP,
        macs=(mac,) if mac else (),
        chassis="" if mac else neighbour.remote_chassis,
        address=neighbour.remote_address,
        name=neighbour.remote_name,
        confidence=Confidence.GUESS,
        says=f"{switch} {neighbour.local_port}: {neighbour.remote_name} {neighbour.remote_port}".rstrip(": "),
        seen=Seen(switch, neighbour.local_port, neighbour.remote_port),
        observed_at=observed_at,
    )
