"""The enrolment file as a person sees it: every problem with its line."""

from pathlib import Path

from campus.document import line_of, load_document
from campus.errors import ConfigError
from controller.registry.check import check_enrolment
from controller.registry.enrolment import Enrolment

_SHOWN = 20


def load_enrolment(path: Path) -> Enrolment:
    """Read and check a district file; `ConfigError` lists the problems, one a line, as ``file:line: place: what``."""
    enrolment = load_document(path, Enrolment)
    problems = check_enrolment(enrolment)
    if problems:
        text = path.read_text(encoding="utf-8")
        lines = [f"{path}:{line_of(text, *each.steps)}: {each.place}: {each.message}" for each in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            lines.append(f"... and {len(problems) - _SHOWN} more")
        raise ConfigError("\n".join(lines))
    return enrolment
