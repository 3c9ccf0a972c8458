"""Writing to a device: one SET of one or more objects, and what the device says to it. By pysnmp, which gufo-snmp's users lack.

pysnmp is loaded with the first write: a device is written to when a person asks for it, which is seldom.
"""

from collections.abc import Mapping

from agent.address import HostPort
from campus.errors import Poison, Transient
from campus.secret import Secret

Writable = int | str | bytes
"""Integers (INTEGER, so states too) and octet strings: what switching a port or naming a device needs."""


async def write_values(
    address: HostPort, community: Secret, values: Mapping[str, Writable], *, timeout_s: float = 2.0, attempts: int = 3
) -> None:
    """Set objects by OID, all of them or none (RFC 3416, section 4.2.5), by SNMP v2c; returns when the device has confirmed.

    `Transient` when it does not answer: it may have done it nonetheless. `Poison` ``refused`` when it says no, with the OID
    and its reason, such as notWritable, wrongValue or noAccess.
    """
    from pysnmp.hlapi.v1arch import asyncio as snmp
    from pysnmp.proto.api import v2c

    pairs = []
    for oid, value in values.items():
        octets = value.encode() if isinstance(value, str) else value
        pairs.append((oid, v2c.Integer32(octets) if isinstance(octets, int) else v2c.OctetString(octets)))
    who = snmp.CommunityData(community.reveal().encode(), mpModel=1)  # noqa: S508 - as the device is read
    dispatcher = snmp.SnmpDispatcher()
    try:
        target = await snmp.UdpTransportTarget.create(
            (address.host, address.port), timeout=timeout_s, retries=attempts - 1
        )
        failure, status, index, _ = await snmp.set_cmd(dispatcher, who, target, *pairs)
    except OSError as error:
        raise Transient(f"{address}: {error}") from error
    finally:
        dispatcher.close()
    if failure:
        raise Transient(f"{address} does not confirm the change: {failure}")
    if status:
        place = int(index) - 1
        oid = pairs[place][0] if 0 <= place < len(pairs) else "the change"
        raise Poison("refused", f"{address} refuses {oid}: {status.prettyPrint()}")
