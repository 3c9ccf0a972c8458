"""One UDP socket that traps come to. It is emptied at once, for the system's buffer is small and a power cut makes all speak.

Not asyncio's own datagram endpoint: that takes one datagram in each turn of the loop, and cannot tell what the system dropped.
"""

import asyncio
import errno
import logging
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from agent.address import HostPort
from campus.errors import ConfigError

Answer = Callable[[bytes], None]
"""Sends one datagram back to where one came from."""
RECEIVE_BUFFER_BYTES = 1 << 20
READ_AT_ONCE = 200
_SO_RXQ_OVFL = 40
"""Linux: each datagram comes with how many the socket had no room for so far. Python's socket module has no name for it."""
_MAX_DATAGRAM_BYTES = 65_535
_log = logging.getLogger(__name__)


class Ear:
    """Listens on one address. Inert until `open`."""

    def __init__(
        self, place: HostPort, take: Callable[[bytes, str, Answer], None], lost: Callable[[int], None]
    ) -> None:
        """`take` gets (datagram, host, answer), `lost` how many datagrams more the system had no room for."""
        self._take = take
        self._lost = lost
        self._place = place
        self._overflowed = 0
        self._line: socket.socket | None = None

    def open(self) -> HostPort:
        """Begin to listen; where. `OSError` while another process has the port, or the machine not the address."""
        line = socket_for(self._place)
        try:
            line.settimeout(0)
            line.bind(self._place)
            with suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            with suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        except OSError:
            line.close()
            raise
        self._line = line
        asyncio.get_running_loop().add_reader(line, self._read, line)
        return HostPort(*line.getsockname()[:2])

    def close(self) -> None:
        """Listen no more; answers that come too late go nowhere. Harmless when called twice."""
        if self._line is not None:
            asyncio.get_running_loop().remove_reader(self._line)
            self._line.close()
            self._line = None

    def _read(self, line: socket.socket) -> None:
        for _ in range(READ_AT_ONCE):
            try:
                datagram, beside, _, sender = line.recvmsg(_MAX_DATAGRAM_BYTES, socket.CMSG_SPACE(4))
            except OSError as error:
                if not isinstance(error, BlockingIOError):
                    _log.debug("trap_not_read reason=%s", error)
                return
            for level, kind, value in beside:
                if (level, kind) == (socket.SOL_SOCKET, _SO_RXQ_OVFL):
                    self._note_overflow(struct.unpack("=I", value)[0])
            self._take(datagram, sender[0], partial(self._answer, sender))

    def _note_overflow(self, overflowed: int) -> None:
        self._lost((overflowed - self._overflowed) % (1 << 32))
        self._overflowed = overflowed

    def _answer(self, sender: Any, answer: bytes) -> None:
        """Send an answer. One that does not go out is none: the sender says it again, and is answered then."""
        try:
            if self._line is not None:
                self._line.sendto(answer, sender)
        except OSError as error:
            _log.debug("trap_answer_lost reason=%s", error)


def socket_for(place: HostPort) -> socket.socket:
    """A UDP socket for an address, not bound yet."""
    return socket.socket(socket.AF_INET6 if ":" in place.host else socket.AF_INET, socket.SOCK_DGRAM)


def refuse_unusable(listen: Sequence[HostPort]) -> None:
    """`ConfigError` for an address that this machine has not or a port that this user may not have.

    Whether the port is free now is no question of the configuration: the agent that runs has it.
    """
    for place in listen:
        try:
            with socket_for(place) as line:
                line.bind(place)
        except PermissionError as error:
            raise ConfigError(
                f"traps may not be heard on {place}: ports below 1024 need a privilege. Listen on 1162 and let the devices send "
                "there, or give the service CAP_NET_BIND_SERVICE (deploy/systemd/campanile-agent-traps.conf)"
            ) from error
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise ConfigError(f"traps cannot be heard on {place}: this machine has no such address") from error
