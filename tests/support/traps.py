"""SNMP notifications for tests, written with pysnmp: what devices send, and what stands in nobody's MIB."""

from collections.abc import Sequence
from typing import Any

from pyasn1.codec.ber import encoder
from pysnmp.proto.api import v1, v2c

Varbind = tuple[str, Any]
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"


def v1_trap(
    community: str,
    enterprise: str,
    generic: int,
    specific: int,
    *varbinds: Varbind,
    agent_address: str = "0.0.0.0",
    uptime: int = 7,
) -> bytes:
    """A Trap-PDU (RFC 1157); values as objects of `pysnmp.proto.api.v1`."""
    pdu = v1.TrapPDU()
    v1.apiTrapPDU.set_defaults(pdu)
    v1.apiTrapPDU.set_enterprise(pdu, enterprise)
    v1.apiTrapPDU.set_agent_address(pdu, v1.IpAddress(agent_address))
    v1.apiTrapPDU.set_generic_trap(pdu, generic)
    v1.apiTrapPDU.set_specific_trap(pdu, specific)
    v1.apiTrapPDU.set_timestamp(pdu, uptime)
    v1.apiTrapPDU.set_varbinds(pdu, list(varbinds))
    return _message(v1, community, pdu)


def v2c_trap(community: str, oid: str, *varbinds: Varbind, request_id: int = 1) -> bytes:
    """An SNMPv2-Trap-PDU (RFC 3416)."""
    return _v2c(v2c.SNMPv2TrapPDU(), community, oid, varbinds, request_id)


def v2c_inform(community: str, oid: str, *varbinds: Varbind, request_id: int = 1) -> bytes:
    """An InformRequest-PDU."""
    return _v2c(v2c.InformRequestPDU(), community, oid, varbinds, request_id)


def _v2c(pdu: Any, community: str, oid: str, varbinds: Sequence[Varbind], request_id: int) -> bytes:
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, request_id)
    whose = [
        ("1.3.6.1.2.1.1.3.0", v2c.TimeTicks(7)),
        ("1.3.6.1.6.3.1.1.4.1.0", v2c.ObjectIdentifier(oid)),
    ]
    v2c.apiPDU.set_varbinds(pdu, [*whose, *varbinds])
    return _message(v2c, community, pdu)


def _message(version: Any, community: str, pdu: Any) -> bytes:
    message = version.Message()
    version.apiMessage.set_defaults(message)
    version.apiMessage.set_community(message, community.encode())
    version.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))
