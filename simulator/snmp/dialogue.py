"""A request in, an answer out, or silence: the rules of RFC 3416 (and of RFC 1157 for version 1). Pure."""

from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import BerError, Oid
from simulator.snmp.message import (
    ErrorStatus,
    Pdu,
    Request,
    Version,
    decode_request,
    encode_response,
    encode_varbind,
    encode_varbinds,
)
from simulator.snmp.tree import MibView

MAX_UDP_BYTES: Final = 65_507
MAX_BULK_VARBINDS: Final = 4_096
"""However much a manager asks for, one answer costs no more than this."""
_HEADER_BYTES: Final = 64
"""Room for what surrounds the bindings, besides the community."""


def answer(
    datagram: bytes, view: MibView, community: bytes, now: int, max_message_bytes: int = MAX_UDP_BYTES
) -> bytes | None:
    """The response to one datagram; None where a device keeps silent: no SNMP we speak, or another community."""
    try:
        request = decode_request(datagram)
    except BerError:
        return None
    if request.community != community:
        return None
    return respond(request, view, now, max_message_bytes)


def respond(request: Request, view: MibView, now: int, max_message_bytes: int = MAX_UDP_BYTES) -> bytes | None:
    """The response to one understood request; None for what its version does not know."""
    room = max_message_bytes - _HEADER_BYTES - len(request.community)
    if request.pdu is Pdu.SET:
        v1 = request.version is Version.V1
        refusal = ErrorStatus.NO_SUCH_NAME if v1 else ErrorStatus.NOT_WRITABLE
        return encode_response(request, request.raw_varbinds, refusal, 1)
    if request.pdu is Pdu.GET_BULK:
        return None if request.version is Version.V1 else encode_response(request, _bulk(request, view, now, room))
    if request.version is Version.V1:
        return _respond_v1(request, view, now, room)
    return _fitted(request, [_varbind_v2(request.pdu, oid, view, now) for oid in request.oids], room)


def _varbind_v2(pdu: Pdu, oid: Oid, view: MibView, now: int) -> bytes:
    if pdu is Pdu.GET_NEXT:
        following = view.successor(oid, now)
        if following is None:
            return encode_varbind(ber.encode_oid(oid), ber.END_OF_MIB_VIEW)
        return encode_varbind(following.name, following.value)
    value = view.value(oid, now)
    if value is None:
        value = ber.NO_SUCH_INSTANCE if view.has_object(oid) else ber.NO_SUCH_OBJECT
    return encode_varbind(ber.encode_oid(oid), value)


def _respond_v1(request: Request, view: MibView, now: int, room: int) -> bytes:
    varbinds: list[bytes] = []
    for index, oid in enumerate(request.oids, start=1):
        varbind = _varbind_v1(request.pdu, oid, view, now)
        if varbind is None:
            return encode_response(request, request.raw_varbinds, ErrorStatus.NO_SUCH_NAME, index)
        varbinds.append(varbind)
    return _fitted(request, varbinds, room)


def _varbind_v1(pdu: Pdu, oid: Oid, view: MibView, now: int) -> bytes | None:
    """Version 1 has no Counter64: GET denies it, GETNEXT steps over it (RFC 3584, section 4.2)."""
    if pdu is Pdu.GET:
        value = view.value(oid, now)
        return encode_varbind(ber.encode_oid(oid), value) if value and value[0] != ber.COUNTER64 else None
    following = view.successor(oid, now)
    while following is not None and following.value[0] == ber.COUNTER64:
        following = view.successor(following.oid, now)
    return encode_varbind(following.name, following.value) if following else None


def _fitted(request: Request, varbinds: list[bytes], room: int) -> bytes:
    if sum(map(len, varbinds)) <= room:
        return encode_response(request, encode_varbinds(varbinds))
    if request.version is Version.V1:
        return encode_response(request, request.raw_varbinds, ErrorStatus.TOO_BIG)
    return encode_response(request, encode_varbinds([]), ErrorStatus.TOO_BIG)


def _bulk(request: Request, view: MibView, now: int, room: int) -> bytes:
    """As many whole bindings as fit, in the order of RFC 3416, section 4.2.3."""
    single = min(max(request.field_1, 0), len(request.oids))
    taken: list[bytes] = []
    for oid in request.oids[:single]:
        room = _take(taken, _varbind_v2(Pdu.GET_NEXT, oid, view, now), room)
    cursors = list(request.oids[single:])
    for _ in range(max(request.field_2, 0) if cursors else 0):
        ended = 0
        for column, oid in enumerate(cursors):
            following = view.successor(oid, now)
            if following is None:
                ended += 1
                room = _take(taken, encode_varbind(ber.encode_oid(oid), ber.END_OF_MIB_VIEW), room)
            else:
                cursors[column] = following.oid
                room = _take(taken, encode_varbind(following.name, following.value), room)
        if room < 0 or ended == len(cursors) or len(taken) >= MAX_BULK_VARBINDS:
            break
    return encode_varbinds(taken)


def _take(taken: list[bytes], varbind: bytes, room: int) -> int:
    """Add a binding while there is room; the room left, below 0 once something did not fit (nothing is taken after)."""
    if room < 0:
        return room
    if len(varbind) <= room:
        taken.append(varbind)
    return room - len(varbind)
