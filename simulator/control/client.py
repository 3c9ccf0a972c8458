"""The command's end of the control socket."""

import socket
from pathlib import Path

import msgspec

from campus.errors import ConfigError
from simulator.control.socket_path import socket_address
from simulator.control.words import Answer, Question
from simulator.plan.shape import SOCKET

ANSWER_TIMEOUT_S = 15.0


def ask(directory: Path, question: Question) -> Answer:
    """Put a question to the district that runs in `directory`. `ConfigError` when none runs, or with what it answers."""
    try:
        reply = _exchange(directory, msgspec.json.encode(question) + b"\n")
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        raise ConfigError(
            f"no simulated district is running in {directory}: start `campanile demo`, or name its folder with --dir"
        ) from None
    except OSError as error:
        raise ConfigError(f"the district in {directory} does not answer: {error}") from error
    answer = msgspec.json.decode(reply, type=Answer)
    if answer.error:
        raise ConfigError(answer.error)
    return answer


def _exchange(directory: Path, question: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ANSWER_TIMEOUT_S)
        with socket_address(directory, SOCKET) as address:
            line.connect(address)
        line.sendall(question)
        chunks = []
        while chunk := line.recv(65_536):
            chunks.append(chunk)
    if not chunks:
        raise ConnectionResetError("the connection was closed without an answer")
    return b"".join(chunks)
