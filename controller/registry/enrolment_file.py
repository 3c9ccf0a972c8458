"""The enrolment file as a person sees it: every problem with its line."""

from hashlib import sha256
from pathlib import Path

from campus.document import load_placed
from campus.errors import ConfigError
from campus.version import VERSION
from controller.identity.scope import SYSTEM
from controller.registry.check import check_enrolment
from controller.registry.enrolment import Enrolment
from controller.registry.service import RegistryService

_SHOWN = 20


def load_enrolment(path: Path) -> Enrolment:
    """Read and check a district file; `ConfigError` lists the problems, one a line, as ``file:line: place: what``."""
    enrolment, places = load_placed(path, Enrolment)
    problems = check_enrolment(enrolment)
    if problems:
        lines = [f"{path}:{places.line_of(*each.steps)}: {each.place}: {each.message}" for each in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            lines.append(f"... and {len(problems) - _SHOWN} more")
        raise ConfigError("\n".join(lines))
    return enrolment


def enrol_file(registry: RegistryService, path: Path) -> None:
    """Enrol a district file, unless it was the last to be enrolled and has not changed since; errors as `load_enrolment`.

    Reading a file of a hundred schools takes many seconds, and every command that opens the registry would wait for it.
    """
    digest = _digest(path)
    if not digest or digest != registry.enrolled_digest():
        registry.enrol(SYSTEM, load_enrolment(path), digest)


def _digest(path: Path) -> str:
    """Of the content and of this version, which may read it otherwise than the last; empty when it cannot be read."""
    try:
        return sha256(VERSION.encode() + b"\n" + path.read_bytes()).hexdigest()
    except OSError:
        return ""
