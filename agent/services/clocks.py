"""The check of a time server: one question of the Simple Network Time Protocol (RFC 4330)."""

import asyncio
import os
import struct
import time

from agent.address import HostPort
from agent.services.dial import failed
from agent.services.model import CheckFailed, Finding, ServiceState

_TO_1970_S = 2_208_988_800
"""From the protocol's era (1900) to the system's."""
_PACKET_BYTES = 48
_SERVER_MODE = 4
_UNSYNCHRONISED = 3


class NtpCheck:
    """Asks one server for the time, and says how far its clock is ahead of this machine's. Inert."""

    tls_place = None

    def __init__(self, to: HostPort) -> None:
        self._to = to

    async def ask(self) -> Finding:
        """Ask once; `CheckFailed` when there is no answer or the server does not know the time itself."""
        began_s = time.perf_counter()
        nonce = os.urandom(8)
        heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Ear(heard, nonce), remote_addr=(self._to.host, self._to.port)
            )
        except OSError as error:
            raise failed(error, self._to) from error
        try:
            sent_s = time.time()
            transport.sendto(
                b"\x23" + bytes(39) + nonce
            )  # version 4, client; our secret stands for the time of sending
            packet = await heard
            came_s = time.time()
        except OSError as error:
            raise failed(error, self._to) from error
        finally:
            transport.close()
        offset_s = offset_of(packet, sent_s, came_s)
        return Finding(
            ServiceState.UP,
            response_ms=round((time.perf_counter() - began_s) * 1000, 1),
            clock_offset_s=round(offset_s, 3),
        )


def offset_of(packet: bytes, sent_s: float, came_s: float) -> float:
    """How far the server is ahead, by the four instants (RFC 4330, section 5); `CheckFailed` for a server without the time."""
    first, stratum = packet[0], packet[1]
    if first & 7 != _SERVER_MODE or first >> 6 == _UNSYNCHRONISED or not 0 < stratum < 16:
        raise CheckFailed(ServiceState.WRONG_ANSWER, "the server does not know the time itself")
    received_s, answered_s = (_seconds(packet[place : place + 8]) for place in (32, 40))
    return ((received_s - sent_s) + (answered_s - came_s)) / 2


def _seconds(stamp: bytes) -> float:
    whole, part = struct.unpack("!II", stamp)
    return float(whole - _TO_1970_S) + float(part) / 2**32


class _Ear(asyncio.DatagramProtocol):
    """Takes the first answer that repeats our secret: another one is somebody else's."""

    def __init__(self, heard: asyncio.Future[bytes], nonce: bytes) -> None:
        self._heard = heard
        self._nonce = nonce

    def datagram_received(self, data: bytes, _: object) -> None:
        if len(data) >= _PACKET_BYTES and data[24:32] == self._nonce and not self._heard.done():
            self._heard.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._heard.done():
            self._heard.set_exception(exc)
