"""A TCP port that stays ours while nobody listens on it.

Between two lives of whoever listens the system may give a port to any program's outgoing connection, and the second life
cannot bind. It passes over ports to which a socket is bound; ours never listens, so connections are refused meanwhile, and it
has SO_REUSEADDR, so whoever has that too (all we start have) may bind beside it (Linux, ip(7) and inet_csk_get_port).
"""

import socket
from typing import Final

LOOPBACK: Final = "127.0.0.1"


class HeldPort:
    """Held from construction to `close`."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, 0))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Give it back."""
        self._socket.close()
