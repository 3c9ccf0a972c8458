"""Serving the app: the port is taken before anything starts, signals stop it cleanly."""

import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from campus.errors import ConfigError
from controller.config import HttpSettings

SHUTDOWN_TIMEOUT_S: Final = 5
"""How long requests under way may take once a stop was asked for."""


def take_port(http: HttpSettings) -> socket.socket:
    """A listening-ready socket; `ConfigError` when the port cannot be had."""
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((http.host, http.port))
        taken.listen(1024)
    except OSError as error:
        taken.close()
        raise ConfigError(
            f"the console cannot listen on {http.host}:{http.port}: {error.strerror}. Is a controller, or another "
            "program, running there? Stop it or choose another http.port"
        ) from error
    return taken


def serve(app: FastAPI, sockets: list[socket.socket], when_live: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, which end the call normally; `when_live` is called once requests are answered."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,  # a one-time token would stand in it
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
    )
    _Server(config, when_live).run(sockets)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, when_live: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_live = when_live

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_live()


def stop_on_signals() -> None:
    """Let SIGTERM and SIGINT raise KeyboardInterrupt in the main thread, so that `finally` blocks run."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)


def ignore_signals() -> None:
    """For the last steps of a stop: a second Ctrl-C must not leave half of them undone."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
