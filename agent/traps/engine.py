"""pysnmp's SNMP engine as a reader of datagrams: who may send, what was sent, what to answer. The only module that knows pysnmp.

Imported only where a receiver is configured: pysnmp costs some 8 MB and a fifth of a second. The sockets are not its, so that
limits stand before it. pysnmp 7.1 leaves four things to its user, which are done here: it takes what an SNMPv3 user sends
unprotected although a password is configured, it knows no trap from an engine whose id was not configured before, it believes
any engine time that a trap tells, and it never forgets the state of a trap (so it is renewed now and then).
"""

import ipaddress
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.error import PySnmpError
from pysnmp.proto import rfc3411
from pysnmp.proto.api import v1, v2c
from pysnmp.proto.mpmod.rfc3412 import SNMPv3Message
from pysnmp.proto.proxy import rfc2576
from pysnmp.proto.secmod.rfc3414.service import UsmSecurityParameters

from agent.pysnmp_user import AUTH, PRIVACY, master_keys
from agent.snmp_access import SnmpUser
from agent.traps.access import TrapAccess
from agent.traps.port import Drop, Heard, Notification
from firmware_profiles.raw import Raw

RENEW_AFTER: Final = 10_000
"""Datagrams that one engine of pysnmp reads; 426 bytes stay of each SNMPv3 trap, and a new engine takes 55 ms."""
MAX_ENGINES: Final = 200
"""Engine ids of senders whose keys are kept; a sender beyond them makes room by a new engine of ours."""
MAX_TIMES: Final = 10_000
"""Engine ids whose newest time is remembered, which is what tells a recorded trap. Only senders who know a password get in."""
TIME_WINDOW_S: Final = 150
_BOOTS_SINCE_S: Final = 1_577_836_800
_UDP: Final = (1, 3, 6, 1, 6, 1, 1)
_UPTIME: Final = "1.3.6.1.2.1.1.3.0"
_TRAP_OID: Final = "1.3.6.1.6.3.1.1.4.1.0"
_TRAP_ADDRESS: Final = "1.3.6.1.6.3.18.1.3.0"
_ADDED_BY_TRANSLATION: Final = frozenset(
    {_UPTIME, _TRAP_OID, _TRAP_ADDRESS, "1.3.6.1.6.3.18.1.4.0", "1.3.6.1.6.3.1.1.4.3.0"}
)
_NOWHERE: Final = str(ipaddress.IPv4Address(0))
"""What a v1 trap says that names no device."""
_NOTIFICATIONS: Final = (v1.TrapPDU.tagSet, v2c.SNMPv2TrapPDU.tagSet, v2c.InformRequestPDU.tagSet)
_REASONS: Final = (
    ("__SNMPv2-MIB", "snmpInBadCommunityNames", Drop.UNKNOWN_COMMUNITY),
    ("__SNMPv2-MIB", "snmpInBadCommunityUses", Drop.UNKNOWN_COMMUNITY),
    ("__SNMP-USER-BASED-SM-MIB", "usmStatsUnknownUserNames", Drop.UNKNOWN_USER),
    ("__SNMP-USER-BASED-SM-MIB", "usmStatsWrongDigests", Drop.WRONG_PASSWORD),
    ("__SNMP-USER-BASED-SM-MIB", "usmStatsDecryptionErrors", Drop.WRONG_PASSWORD),
    ("__SNMP-USER-BASED-SM-MIB", "usmStatsUnsupportedSecLevels", Drop.WRONG_LEVEL),
    ("__SNMP-USER-BASED-SM-MIB", "usmStatsNotInTimeWindows", Drop.TOO_OLD),
    ("__SNMP-MPD-MIB", "snmpUnknownPDUHandlers", Drop.NOT_A_NOTIFICATION),
)
"""pysnmp tells why it threw a message away by counting it (RFC 3418, 3414, 3412)."""
_DISCOVERY: Final = ("__SNMP-USER-BASED-SM-MIB", "usmStatsUnknownEngineIDs")
_log = logging.getLogger(__name__)


class _Outbox(AbstractTransportDispatcher):  # type: ignore[misc]
    """Catches what pysnmp would send."""

    def __init__(self) -> None:
        super().__init__()
        self.message = b""

    def send_message(self, message: bytes, _domain: object, _address: object) -> None:
        self.message = bytes(message)


@dataclass
class _Reading:
    """What comes out of one datagram."""

    found: Notification | None = None
    refused: Drop | None = None
    peer: tuple[bytes, int, int] = (b"", 0, 0)
    """Engine id, boots and time that the header of an SNMPv3 message tells."""


class PysnmpEngine:
    """Implements `agent.traps.port.TrapEngine`. Constructed it is ready; it holds no socket."""

    def __init__(self, access: TrapAccess, now_s: Callable[[], float]) -> None:
        """`now_s`: Unix time, from which the engine's boots are counted (RFC 3414, 2.2: they must grow from life to life)."""
        self._access = access
        self._now_s = now_s
        self._levels = {user.name: 3 if user.privacy else 2 for user in access.users}
        self._keys = {user.name: master_keys(user) for user in access.users}
        self._newest: dict[bytes, tuple[int, int]] = {}
        """(boots, time) of each sender's engine, the newest that came in a proven message."""
        self._renew()

    def hear(self, datagram: bytes) -> Heard:
        """Read one datagram. Never raises, whatever is in it."""
        if self._read >= RENEW_AFTER or len(self._met) > MAX_ENGINES:
            self._renew()
        self._read += 1
        heard = self._heard(datagram)
        if heard.drop is Drop.UNKNOWN_USER and self._meet(datagram):
            heard = self._heard(datagram)
        return heard

    def _heard(self, datagram: bytes) -> Heard:
        reading = self._reading = _Reading()
        self._outbox.message = b""
        before = self._counters()
        try:
            self._engine.message_dispatcher.receive_message(self._engine, _UDP, ("", 0), datagram)
        except Exception:  # noqa: BLE001 - anybody may send anything, and pysnmp raises whatever its parts raise
            _log.debug("datagram_unreadable", exc_info=True)
            return Heard(drop=Drop.MALFORMED)
        if reading.found or reading.refused:
            return Heard(reading.found, reading.refused, self._outbox.message)
        after = self._counters()
        reason = next((drop for (_, _, drop), a, b in zip(_REASONS, before, after, strict=False) if a != b), None)
        if reason is None and before[-1] == after[-1]:
            reason = Drop.MALFORMED
        return Heard(drop=reason, answer=self._outbox.message)

    def _renew(self) -> None:
        """Begin with an engine that knows nothing but the configuration. For its peers it is the same, started again."""
        self._engine = SnmpEngine()
        self._outbox = _Outbox()
        self._engine.register_transport_dispatcher(self._outbox)
        self._read = 0
        self._met: set[bytes] = set()
        self._reading = _Reading()
        builder = self._engine.get_mib_builder()
        own_id, boots = builder.import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineID", "snmpEngineBoots")
        own_id.syntax = own_id.syntax.clone(self._access.engine_id)
        self._engine.snmpEngineID = own_id.syntax
        boots.syntax = boots.syntax.clone(min(max(1, int(self._now_s()) - _BOOTS_SINCE_S), (1 << 31) - 2))
        for number, community in enumerate(self._access.communities):
            config.add_v1_system(self._engine, f"community-{number}", community.reveal().encode())
        for user in self._access.users:
            self._add(user, None)
        symbols = [(module, name) for module, name, _ in _REASONS]
        self._counted = [builder.import_symbols(module, name)[0] for module, name in (*symbols, _DISCOVERY)]
        self._engine.observer.register_observer(self._note_peer, "rfc3414.processIncomingMsg")
        self._engine.message_dispatcher.register_context_engine_id(b"", _NOTIFICATIONS, self._process)

    def _counters(self) -> list[int]:
        return [int(symbol.syntax) for symbol in self._counted]

    def _meet(self, datagram: bytes) -> bool:
        """Make the keys of a user of ours for an engine met the first time; whether the datagram is worth a second reading.

        The sender of a trap is authoritative, so its engine id makes the keys (RFC 3414, 2.6), and nobody configures that.
        """
        with suppress(PyAsn1Error, PySnmpError, IndexError):
            message, _ = decoder.decode(datagram, asn1Spec=SNMPv3Message())
            parameters, _ = decoder.decode(message.getComponentByPosition(2), asn1Spec=UsmSecurityParameters())
            engine_id, name = bytes(parameters.getComponentByPosition(0)), bytes(parameters.getComponentByPosition(3))
            user = next((each for each in self._access.users if each.name.encode() == name), None)
            if user is None or engine_id in self._met or not 5 <= len(engine_id) <= 32:
                return False
            self._met.add(engine_id)
            for each in self._access.users:
                self._add(each, engine_id)
            return True
        return False

    def _add(self, user: SnmpUser, engine_id: bytes | None) -> None:
        auth, privacy = self._keys[user.name]
        config.add_v3_user(
            self._engine,
            user.name,
            AUTH[user.auth],
            auth,
            PRIVACY[user.privacy],
            privacy,
            securityEngineId=engine_id and v2c.OctetString(engine_id),
            authKeyType=config.USM_KEY_TYPE_MASTER,
            privKeyType=config.USM_KEY_TYPE_MASTER,
        )

    def _note_peer(self, _engine: Any, _point: str, told: dict[str, Any], _context: object) -> None:
        """Note who an SNMPv3 message says that it is from; whether it is true comes out later."""
        self._reading.peer = (
            bytes(told["securityEngineId"]),
            int(told["snmpEngineBoots"]),
            int(told["snmpEngineTime"]),
        )

    def _process(self, engine: SnmpEngine, version: int, model: int, name: Any, level: int, *rest: Any) -> None:
        """Take a notification whose sender pysnmp believes; `rest` as RFC 3412, section 4.2.2 hands it to an application."""
        context_engine_id, context_name, pdu_version, pdu, max_size, state = rest
        reading = self._reading
        reading.refused = self._objection(int(model), str(name), int(level))
        if reading.refused:
            return
        try:
            translated = rfc2576.v1_to_v2(pdu) if version == 0 else pdu
            varbinds = v2c.apiPDU.get_varbinds(translated)
            reading.found = notification_of([(str(oid), raw_of(value)) for oid, value in varbinds])
        except (PyAsn1Error, PySnmpError, KeyError, ValueError):
            reading.found = None
        if reading.found is None:
            reading.refused = Drop.MALFORMED
        elif pdu.tagSet in rfc3411.CONFIRMED_CLASS_PDUS:
            answer = v2c.apiPDU.get_response(pdu)
            v2c.apiPDU.set_varbinds(answer, varbinds)
            engine.message_dispatcher.return_response_pdu(
                engine,
                version,
                model,
                name,
                level,
                context_engine_id,
                context_name,
                pdu_version,
                answer,
                max_size,
                state,
                {},
            )

    def _objection(self, model: int, name: str, level: int) -> Drop | None:
        """What speaks against a message that pysnmp takes; None for nothing. Only model 3 is USM."""
        if model != 3:
            return None
        if level < self._levels.get(name, 3):
            return Drop.WRONG_LEVEL
        engine_id, boots, time_s = self._reading.peer
        if engine_id == self._access.engine_id:
            return None  # we are authoritative, and pysnmp has looked at the window
        newest = self._newest.get(engine_id, (0, 0))
        if boots < newest[0] or (boots == newest[0] and time_s < newest[1] - TIME_WINDOW_S):
            return Drop.TOO_OLD
        self._newest.pop(engine_id, None)
        self._newest[engine_id] = max(newest, (boots, time_s))
        if len(self._newest) > MAX_TIMES:
            del self._newest[next(iter(self._newest))]
        return None


def notification_of(varbinds: list[tuple[str, Raw]]) -> Notification | None:
    """A notification out of its varbinds, None when nobody can tell which (RFC 3416, section 4.2.6 wants snmpTrapOID second)."""
    told = dict(varbinds)
    oid = told.get(_TRAP_OID)
    if not isinstance(oid, str) or oid.count(".") < 1:
        return None
    address = told.get(_TRAP_ADDRESS)
    kept = tuple((name, value) for name, value in varbinds if name not in _ADDED_BY_TRANSLATION)
    is_named = isinstance(address, str) and address != _NOWHERE
    return Notification(oid, kept, str(address) if is_named else "")


def raw_of(value: Any) -> Raw:
    """A varbind's value as profiles know values: numbers, bytes, OIDs and addresses as text, None for nothing."""
    if value.tagSet == v2c.IpAddress.tagSet:  # v1's own class of addresses comes through translation
        return str(value.prettyPrint())
    if isinstance(value, v2c.ObjectIdentifier):
        return str(value)
    if isinstance(value, v2c.OctetString):
        return bytes(value)
    with suppress(TypeError, ValueError, PyAsn1Error):
        return int(value)
    return None
