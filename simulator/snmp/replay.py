"""Replays a recording as a device on one address until stopped."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path

from campus.errors import ConfigError
from simulator.snmp.quirk import Quirks
from simulator.snmp.responder import Responder
from simulator.snmp.snmprec import read_snmprec


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``; `ConfigError` otherwise.

    >>> parse_listen("127.0.0.1:1161")
    ('127.0.0.1', 1161)
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ConfigError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:1161 (port 0 takes any free one)")
    return host, int(port)


async def replay(
    recording: Path, listen: tuple[str, int], community: str, quirks: Quirks, ready: Callable[[str], None]
) -> None:
    """Answer from `recording` until SIGINT or SIGTERM; `ready` is told the address once it answers."""
    view = read_snmprec(recording)
    responder = Responder(view, listen[0], listen[1], community, quirks)
    await responder.start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stopped.set)
    try:
        ready(
            f"{responder.host}:{responder.port} answers {len(view)} objects of {recording.name}, community {community}"
        )
        await stopped.wait()
    finally:
        responder.close()
