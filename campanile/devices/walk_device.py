"""Walks a whole device by SNMP v1, v2c or v3, types and all: gufo-snmp, by which agents ask, forgets them; pysnmp does not."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pyasn1.type import univ
from pyasn1.type.base import Asn1Item
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    bulk_cmd,
    next_cmd,
)
from pysnmp.proto import rfc1902, rfc1905

from agent.address import HostPort
from agent.pysnmp_user import AUTH, PRIVACY
from agent.snmp_access import Community, SnmpAccess, SnmpVersion
from campus.errors import Transient
from firmware_profiles.walk import (
    ADDRESS,
    COUNTER32,
    COUNTER64,
    GAUGE,
    INTEGER,
    NULL,
    OBJECT_ID,
    OCTETS,
    OPAQUE,
    TICKS,
    Oid,
    Row,
    dotted,
)

ROOTS: Final = ((1, 0, 8802), (1, 3, 6, 1))
"""What a device has: LLDP (IEEE's tree), and everything else."""
_TAGS: Final = (  # the narrower types first: Gauge32 and Unsigned32 are one on the wire
    (rfc1902.Counter64, COUNTER64),
    (rfc1902.Counter32, COUNTER32),
    (rfc1902.TimeTicks, TICKS),
    (rfc1902.Gauge32, GAUGE),
    (rfc1902.Unsigned32, GAUGE),
    (rfc1902.Integer32, INTEGER),
)
_FIRST_ROWS: Final = 25


@dataclass(frozen=True)
class Limits:
    """Where a walk ends at the latest. `patience` is how many requests in a row may stay unanswered."""

    objects: int = 300_000
    seconds: float = 900.0
    timeout_s: float = 3.0
    patience: int = 5


@dataclass
class Recorded:
    """What has been walked so far; `ended` says why no more, empty when the device told everything."""

    rows: list[Row] = field(default_factory=list)
    ended: str = ""


async def walk_device(
    address: HostPort,
    access: SnmpAccess,
    recorded: Recorded,
    told: Callable[[int], None],
    limits: Limits = Limits(),
) -> None:
    """Put every object of the device into `recorded`, row by row, so that what there is stays when the walk is broken off.

    `told` is called with the number of objects after each answer. `Transient` when the device answers nothing at all.
    """
    walker = _Walker(
        await UdpTransportTarget.create((address.host, address.port), timeout=limits.timeout_s, retries=1),
        _credentials(access),
        recorded,
        limits,
        rows=1 if isinstance(access, Community) and access.version is SnmpVersion.V1 else _FIRST_ROWS,
    )
    try:
        for root in ROOTS:
            if not recorded.ended:
                await walker.walk(root, told)
    finally:
        walker.engine.close_dispatcher()
    if not recorded.rows:
        raise Transient(
            f"{address} does not answer {access.spoken}: check the address, the community or user, and whether the device lets "
            "this machine ask"
        )


class _Walker:
    def __init__(self, target: Any, credentials: Any, recorded: Recorded, limits: Limits, rows: int) -> None:
        self.engine = SnmpEngine()
        self._target, self._credentials = target, credentials
        self._recorded, self._limits = recorded, limits
        self._rows = rows
        self._until = time.monotonic() + limits.seconds

    async def walk(self, root: Oid, told: Callable[[int], None]) -> None:
        """Every object under `root`."""
        last, silent = root, 0
        while True:
            answers = await self._after(last)
            if answers is None:
                silent += 1
                self._rows = max(1, self._rows // 2)
                if silent >= self._limits.patience:
                    self._recorded.ended = f"the device fell silent after {dotted(last)}"
                    return
                continue
            silent = 0
            for oid, value in answers:
                if oid[: len(root)] != root or isinstance(value, rfc1905.EndOfMibView):
                    return
                if oid <= last:
                    self._recorded.ended = f"the device goes round in circles at {dotted(oid)}"
                    return
                last = oid
                if (row := row_of(oid, value)) is not None:
                    self._recorded.rows.append(row)
            told(len(self._recorded.rows))
            if not answers or self._is_full():
                return

    def _is_full(self) -> bool:
        if len(self._recorded.rows) >= self._limits.objects:
            self._recorded.ended = f"the device has more than {self._limits.objects} objects"
        elif time.monotonic() > self._until:
            self._recorded.ended = f"it took more than {self._limits.seconds:g} s"
        return bool(self._recorded.ended)

    async def _after(self, oid: Oid) -> list[tuple[Oid, Any]] | None:
        """The next objects; None when the device does not answer, or not so many at once, empty at the end of the tree."""
        asked = ObjectType(ObjectIdentity(oid))
        common = (self.engine, self._credentials, self._target, ContextData())
        if self._rows == 1:
            answer = await next_cmd(*common, asked, lookupMib=False)
        else:
            answer = await bulk_cmd(*common, 0, self._rows, asked, lookupMib=False)
        indication, status, _, bindings = answer
        if indication:
            return None
        if status:  # version 1 has no other way to tell the end
            return [] if self._rows == 1 else None
        return [(tuple(name), value) for name, value in bindings]


def row_of(oid: Oid, value: Asn1Item) -> Row | None:
    """An object as pysnmp gives it as a row of a walk; None for what is no value.

    >>> row_of((1, 3), rfc1902.Gauge32(48)), row_of((1, 3), rfc1902.IpAddress("192.0.2.9"))
    (Row(oid=(1, 3), tag=66, value=48), Row(oid=(1, 3), tag=64, value='192.0.2.9'))
    """
    if isinstance(value, rfc1902.IpAddress):
        return Row(oid, ADDRESS, dotted(value.asOctets()))
    if isinstance(value, rfc1902.Opaque | rfc1902.OctetString):
        return Row(oid, OPAQUE if isinstance(value, rfc1902.Opaque) else OCTETS, value.asOctets())
    if isinstance(value, univ.ObjectIdentifier | ObjectIdentity):
        return Row(oid, OBJECT_ID, dotted(tuple(value)))
    if isinstance(value, univ.Null):  # "no such object" and the like are told by other types
        return Row(oid, NULL, None) if type(value) is univ.Null else None
    tag = next((tag for kind, tag in _TAGS if isinstance(value, kind)), 0)
    return Row(oid, tag, int(value)) if tag else None


def _credentials(access: SnmpAccess) -> Any:
    if isinstance(access, Community):
        return CommunityData(access.text.reveal(), mpModel=0 if access.version is SnmpVersion.V1 else 1)
    passwords = {
        "authKey": access.auth_password.reveal() if access.auth_password else None,
        "privKey": access.privacy_password.reveal() if access.privacy_password else None,
    }
    return UsmUserData(access.name, **passwords, authProtocol=AUTH[access.auth], privProtocol=PRIVACY[access.privacy])
