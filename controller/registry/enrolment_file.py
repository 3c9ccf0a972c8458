"""The enrolment file as a person sees it: every problem with its line."""

from pathlib import Path

from campus.document import load_placed
from campus.errors import ConfigError
from controller.registry.check import check_enrolment
from controller.registry.enrolment import Enrolment

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
