"""The desk: a thread that hears visitors on a socket in `data_dir`, one of them at a time.

Only the owner of the folder (and root) can reach the socket: its mode is 0600 from the moment it has a name.
"""

import logging
import select
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from campus.errors import CampusError
from controller.desk.model import Answer, Refusal, Step, Wish
from controller.desk.place import reachable

STOP_TIMEOUT_S: Final = 30.0
_HEAR_TIMEOUT_S: Final = 5.0
_LOOK_INTERVAL_S: Final = 0.2
_LONGEST_WISH_BYTES: Final = 4_096
Tell = Callable[[int, int], None]
"""Takes how much is done of how much; raises `VisitorLeft` when nobody wants the result any more."""
Service = Callable[[Tell], AbstractContextManager[dict[str, Any]]]
"""Does the work on entering, gives the answer, and clears up on leaving: when the visitor has hung up."""
_log = logging.getLogger(__name__)


class VisitorLeft(Exception):
    """The visitor hung up, or the desk closes: the work under way is for nobody."""


class Desk:
    """Serves wishes by name. Constructed inert; `start` and `stop` belong to the main thread."""

    def __init__(self, path: Path, services: Mapping[str, Service]) -> None:
        self._path = path
        self._services = services
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen. The caller is the only controller on the folder: what lies at the path is left by a killed one.

        Where no socket can be had, that is logged and the controller does its work without a desk.
        """
        try:
            listening = self._listen()
        except OSError as error:
            _log.error("commands cannot reach this controller: %s cannot be made: %s", self._path, error)
            return
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(listening,), name="desk", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Break off what is under way and close; harmless when called twice or before `start`."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(STOP_TIMEOUT_S)
            self._path.unlink(missing_ok=True)

    def _listen(self) -> socket.socket:
        unnamed = self._path.with_name(self._path.name + ".new")
        unnamed.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with reachable(unnamed) as name:
                listening.bind(name)
            unnamed.chmod(0o600)
            listening.listen(8)
            unnamed.replace(self._path)
        except OSError:
            listening.close()
            raise
        listening.settimeout(_LOOK_INTERVAL_S)
        return listening

    def _run(self, listening: socket.socket) -> None:
        with listening:
            while not self._stopping.is_set():
                try:
                    visitor, _ = listening.accept()
                except TimeoutError:
                    continue
                except OSError:
                    _log.exception("the desk cannot take a visitor")
                    self._stopping.wait(_LOOK_INTERVAL_S)
                    continue
                with visitor:
                    self._serve(visitor)

    def _serve(self, visitor: socket.socket) -> None:
        try:
            visitor.settimeout(_HEAR_TIMEOUT_S)
            wish = _heard(visitor)
            service = self._services.get(wish.wish)
            if service is None:
                _say(visitor, Refusal(f"this controller does not know how to {wish.wish!r}: is it of another version?"))
                return
            with service(lambda done, total: self._tell(visitor, done, total)) as said:
                _say(visitor, Answer(said))
                self._await_leave(visitor)
        except (VisitorLeft, TimeoutError, ConnectionError, msgspec.DecodeError):
            return
        except (CampusError, OSError) as error:
            _log.warning("a visitor's wish failed", extra={"detail": str(error)})
            self._refuse(visitor, str(error))
        except Exception as error:  # noqa: BLE001 - the edge of the thread
            _log.exception("a visitor's wish failed unexpectedly")
            self._refuse(visitor, f"it failed unexpectedly ({error!r}); the controller's log has more")

    def _tell(self, visitor: socket.socket, done: int, total: int) -> None:
        if self._stopping.is_set() or _has_left(visitor, 0):
            raise VisitorLeft
        _say(visitor, Step(done, total))

    def _await_leave(self, visitor: socket.socket) -> None:
        while not self._stopping.is_set():
            if _has_left(visitor, _LOOK_INTERVAL_S):
                return

    def _refuse(self, visitor: socket.socket, sentence: str) -> None:
        with suppress(OSError):
            _say(visitor, Refusal(sentence))


def _heard(visitor: socket.socket) -> Wish:
    text = b""
    while not text.endswith(b"\n") and len(text) < _LONGEST_WISH_BYTES:
        piece = visitor.recv(_LONGEST_WISH_BYTES)
        if not piece:
            raise VisitorLeft
        text += piece
    return msgspec.json.decode(text, type=Wish)


def _say(visitor: socket.socket, line: Step | Answer | Refusal) -> None:
    visitor.sendall(msgspec.json.encode(line) + b"\n")


def _has_left(visitor: socket.socket, wait_s: float) -> bool:
    readable, _, _ = select.select([visitor], [], [], wait_s)
    return bool(readable) and not visitor.recv(_LONGEST_WISH_BYTES)
