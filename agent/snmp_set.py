"""Setting objects of a device by SNMP, with pysnmp, for gufo-snmp cannot. Imported only by the command that sets."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyasn1.error import PyAsn1Error
from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch import asyncio as pysnmp
from pysnmp.proto.api import v2c
from pysnmp.proto.errind import RequestTimedOut

from agent.address import HostPort
from agent.assignment import ERRORS, Assignment, Held, ValueType
from agent.collect.snmp_refusal import Refusal, refusal_of
from agent.pysnmp_user import AUTH, PRIVACY
from agent.snmp_access import Community, SnmpAccess, SnmpUser, SnmpVersion
from campus.errors import Poison, Transient

ANSWER_S: Final = 5.0
"""A switch may take seconds to set a thing: it writes its configuration."""
_ASK_S: Final = 2.0
_RETRIES: Final = 2
_MAKE: Final = {
    ValueType.INTEGER: v2c.Integer32,
    ValueType.UNSIGNED: v2c.Gauge32,
    ValueType.TIMETICKS: v2c.TimeTicks,
    ValueType.STRING: v2c.OctetString,
    ValueType.HEX: v2c.OctetString,
    ValueType.OID: v2c.ObjectIdentifier,
    ValueType.ADDRESS: v2c.IpAddress,
}
_NUMBERS: Final = {
    v2c.Gauge32: ValueType.UNSIGNED,
    v2c.TimeTicks: ValueType.TIMETICKS,
    v2c.Counter32: "counter",
    v2c.Counter64: "counter",
}
_ABSENT: Final = (v2c.NoSuchObject, v2c.NoSuchInstance, v2c.EndOfMibView, v2c.Null)
_NO_SUCH_NAME: Final = 2


@dataclass(frozen=True)
class Setter:
    """One device to be set. Nothing stays open between calls.

    Its methods raise `Transient` when the device does not answer, `Poison` ``login_refused`` when it does not let the user
    in, and `Poison` ``not_set`` with the object and the reason when it refuses to set.
    """

    address: HostPort
    access: SnmpAccess

    async def read(self, oids: Sequence[str]) -> list[Held]:
        """What each object holds, in order."""
        return [await self._read_one(oid) for oid in oids]  # one by one, for version 1 refuses all because of one

    async def write(self, wanted: Sequence[Assignment]) -> None:
        """Set all or none (RFC 3416, section 4.2.5). Asked once: to ask again might set twice."""
        bindings = [(each.oid, _MAKE[each.type](each.value)) for each in wanted]
        status, index, _ = await self._ask(pysnmp.set_cmd, bindings, ANSWER_S, 0)
        if status:
            name = wanted[index - 1].oid if 0 < index <= len(wanted) else "what was asked for"
            raise Poison("not_set", f"{self.address} has not set {name}: {ERRORS.get(status, f'error {status}')}")

    async def _read_one(self, oid: str) -> Held:
        status, _, bindings = await self._ask(pysnmp.get_cmd, [(oid, v2c.Null(""))], _ASK_S, _RETRIES)
        if status == _NO_SUCH_NAME and self._is_v1:
            return Held(None, None)
        if status:
            raise Poison("not_read", f"{self.address} does not show {oid}: {ERRORS.get(status, f'error {status}')}")
        return _held(bindings[0][1]) if bindings else Held(None, None)

    @property
    def _is_v1(self) -> bool:
        return isinstance(self.access, Community) and self.access.version is SnmpVersion.V1

    async def _ask(
        self, command: Any, bindings: list[tuple[str, Any]], timeout_s: float, retries: int
    ) -> tuple[int, int, Any]:
        """(error-status, error-index, bindings) of one exchange."""
        engine = pysnmp.SnmpEngine()
        try:
            failure, status, index, told = await command(
                engine,
                _proof(self.access),
                await _target(self.address, timeout_s, retries),
                pysnmp.ContextData(),
                *(pysnmp.ObjectType(pysnmp.ObjectIdentity(oid), value) for oid, value in bindings),
                lookupMib=False,
            )
        except (PyAsn1Error, PySnmpError) as error:
            raise Poison("garbage", f"{self.address} answers badly: {error}") from error
        finally:
            engine.close_dispatcher()
        if failure:
            raise await self._failure(failure)
        return int(status), int(index), told

    async def _failure(self, failure: Any) -> Transient | Poison:
        advice = "wrong address or community, or the device does not let this machine ask"
        if isinstance(self.access, SnmpUser):
            why = await refusal_of(self.address, self.access, _ASK_S)
            if why is not Refusal.NONE:
                return Poison("login_refused", f"{self.address} refuses the SNMPv3 user: {why}")
            advice = "it lets the user in, and is busy"
        if isinstance(failure, RequestTimedOut):
            return Transient(
                f"{self.address} does not answer {self.access.spoken}: {advice}. If something was being set, look at what it "
                "holds"
            )
        return Poison("garbage", f"{self.address} answers badly: {failure}")


def _proof(access: SnmpAccess) -> Any:
    if isinstance(access, Community):
        return pysnmp.CommunityData(access.text.reveal(), mpModel=0 if access.version is SnmpVersion.V1 else 1)
    return pysnmp.UsmUserData(
        access.name,
        access.auth_password.reveal() if access.auth_password else None,
        access.privacy_password.reveal() if access.privacy_password else None,
        authProtocol=AUTH[access.auth],
        privProtocol=PRIVACY[access.privacy],
    )


async def _target(address: HostPort, timeout_s: float, retries: int) -> Any:
    """The device's socket; `Poison` ``unknown_name`` when nobody knows its name."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(address.host, address.port)
    except OSError as error:
        raise Poison("unknown_name", f"no name server knows {address.host!r}: write the device's address") from error
    numeric = str(found[0][4][0])
    transport = pysnmp.Udp6TransportTarget if ":" in numeric else pysnmp.UdpTransportTarget
    return await transport.create((numeric, address.port), timeout=timeout_s, retries=retries)


def _held(value: Any) -> Held:
    if isinstance(value, _ABSENT):
        return Held(None, None)
    if isinstance(value, v2c.IpAddress):
        return Held(ValueType.ADDRESS, str(value.prettyPrint()))
    if isinstance(value, v2c.ObjectIdentifier):
        return Held(ValueType.OID, str(value))
    if isinstance(value, v2c.OctetString):
        return Held(ValueType.STRING, bytes(value))
    kind = next((word for asn1, word in _NUMBERS.items() if isinstance(value, asn1)), ValueType.INTEGER)
    return Held(kind, int(value))
