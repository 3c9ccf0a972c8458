"""Why a device does not let an SNMPv3 user in, in words that say what to do.

The device tells it by a report in the clear (RFC 3414, section 3.2: the counter of usmStats that went up), which gufo-snmp
0.13 reads and keeps to itself. So the question is asked once more through a relay on loopback that looks at what passes.
"""

import asyncio
import re
from enum import StrEnum
from typing import Any

from gufo.snmp import SnmpAuthError, SnmpError

from agent.address import HostPort
from agent.collect.snmp_session import is_panic, opened_session
from agent.snmp_access import SnmpUser

_SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
_USM_STATS = re.compile(rb"\x2b\x06\x01\x06\x03\x0f\x01\x01([\x01-\x06])\x00")
"""The name 1.3.6.1.6.3.15.1.1.N.0 in BER."""


class Refusal(StrEnum):
    """What stands between the agent and the device: the objects of usmStats, and what can be told without them."""

    UNSUPPORTED_LEVEL = "the device has no such level for this user: it wants `privacy` left out, or given"
    CLOCK = (
        "the device finds the message too old or too new although it was told the device's own clock: restart its SNMP"
    )
    UNKNOWN_USER = "the device has no SNMPv3 user of this name: look at its spelling, capitals too"
    WRONG_PASSWORD = "`auth_password` or `auth` is another at the device"  # noqa: S105 - words, not a secret
    UNDECRYPTABLE = "`privacy_password` or `privacy` is another at the device"
    NO_ACCESS = "the device knows the user and shows it nothing: give the user's group a read view, and this level"
    SILENT_AFTER_GREETING = (
        "the device answers SNMPv3's greeting and then keeps silent: `privacy_password` or `privacy` is another there, or its "
        "list of allowed askers leaves this machine out"
    )
    SILENT = "the device does not answer SNMPv3 at all: look at the address, and whether SNMPv3 is switched on"
    NONE = "the device lets the user in"


_BY_REPORT = {
    1: Refusal.UNSUPPORTED_LEVEL,
    3: Refusal.UNKNOWN_USER,
    5: Refusal.WRONG_PASSWORD,
    6: Refusal.UNDECRYPTABLE,
}
"""usmStats; 4 (unknownEngineIDs) is a step of every greeting."""
_CLOCK = 2
"""notInTimeWindows may be one too; gufo-snmp takes it for one and waits for an answer, whenever it comes."""


class _Relay(asyncio.DatagramProtocol):
    """Carries datagrams between one asker on loopback and the device, and notes the reports."""

    def __init__(self) -> None:
        self.reports: list[int] = []
        self.asker: asyncio.DatagramTransport | None = None
        self.device: asyncio.DatagramTransport | None = None
        self._asks_from: Any = None

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Called by asyncio for each datagram of the asker."""
        self._asks_from = addr
        if self.device:
            self.device.sendto(data)

    def answered(self, datagram: bytes) -> None:
        """Take a datagram of the device's."""
        found = _USM_STATS.search(datagram)
        if found:
            self.reports.append(found[1][0])
        if self.asker and self._asks_from:
            self.asker.sendto(datagram, self._asks_from)


class _DeviceSide(asyncio.DatagramProtocol):
    def __init__(self, relay: _Relay) -> None:
        self._relay = relay

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Called by asyncio for each datagram of the device."""
        self._relay.answered(data)


async def refusal_of(address: HostPort, user: SnmpUser, timeout_s: float) -> Refusal:
    """Try the user once and say what the device makes of it; never raises for what it does.

    It is one more attempt to log in: not for devices that are asked often.
    """
    loop = asyncio.get_running_loop()
    relay = _Relay()
    try:
        relay.asker, _ = await loop.create_datagram_endpoint(lambda: relay, local_addr=("127.0.0.1", 0))
        relay.device, _ = await loop.create_datagram_endpoint(lambda: _DeviceSide(relay), remote_addr=address)
        port = relay.asker.get_extra_info("sockname")[1]
        session = await opened_session(HostPort("127.0.0.1", port), user, timeout_s)
        if relay.reports and relay.reports[-1] in _BY_REPORT:
            return _refused(relay)  # each message more is a wrong password more
        answer = await session.get_many([_SYS_UPTIME])
    except SnmpAuthError:
        return _refused(relay)
    except (SnmpError, OSError):
        return _unanswered(relay)
    except BaseException as error:
        if not is_panic(error):
            raise
        return _unanswered(relay)
    finally:
        for transport in (relay.asker, relay.device):
            if transport:
                transport.close()
    return Refusal.NONE if answer else Refusal.NO_ACCESS


def _refused(relay: _Relay) -> Refusal:
    return _BY_REPORT.get(relay.reports[-1] if relay.reports else 0, Refusal.NO_ACCESS)


def _unanswered(relay: _Relay) -> Refusal:
    if not relay.reports:
        return Refusal.SILENT
    return Refusal.CLOCK if relay.reports[-1] == _CLOCK else Refusal.SILENT_AFTER_GREETING
