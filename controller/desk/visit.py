"""Asking a running controller: the other end of the desk's socket."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from campus.errors import ConfigError, Transient
from controller.desk.model import SOCKET, Answer, Line, Step, Wish
from controller.desk.place import reachable


@contextmanager
def visit(data_path: Path, wish: str, advance: Callable[[int, int], None]) -> Iterator[dict[str, Any] | None]:
    """What the controller that runs on `data_path` answers; None when none runs there. Hung up when the block ends.

    `Transient` when the controller refuses or goes away before it has answered.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as desk:
        if not _is_reached(desk, data_path / SOCKET):
            yield None
            return
        desk.sendall(msgspec.json.encode(Wish(wish)) + b"\n")
        yield _answer(desk, advance)


def is_running(data_path: Path) -> bool:
    """Whether a controller runs on `data_path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as desk:
        return _is_reached(desk, data_path / SOCKET)


def _is_reached(desk: socket.socket, path: Path) -> bool:
    try:
        with reachable(path) as name:
            desk.connect(name)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):  # never started, or killed
        return False
    except PermissionError as error:
        raise ConfigError(f"{path} may not be used: run this as the user the controller runs as, or as root") from error
    return True


def _answer(desk: socket.socket, advance: Callable[[int, int], None]) -> dict[str, Any]:
    try:
        with desk.makefile("rb") as lines:
            for text in lines:
                line = msgspec.json.decode(text, type=Line)
                if isinstance(line, Step):
                    advance(line.done, line.total)
                elif isinstance(line, Answer):
                    return line.said
                else:
                    raise Transient(line.sentence)
    except ConnectionError as error:
        raise Transient(f"the controller broke off: {error}. Try again") from error
    raise Transient("the controller stopped meanwhile: try again when it runs")
