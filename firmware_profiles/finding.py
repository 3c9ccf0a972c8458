"""What is wrong with a profile: where, what, and what to do about it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from campus.errors import ConfigError
from firmware_profiles.files import ProfileFile

_PLACED = re.compile(r"^(?P<path>.*?):(?P<line>\d+): (?P<rest>.*)$", re.DOTALL)
Step = str | int


class Finding(msgspec.Struct, frozen=True):
    """One error. `place` is the way to it within the file (``tables.ports.points[2].metric``)."""

    path: str
    line: int
    place: str
    problem: str
    advice: str = ""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        advice = f". {self.advice[0].upper()}{self.advice[1:]}" if self.advice else ""
        return f"{self.path}:{self.line}: {where}{self.problem}{advice}"

    def as_json(self) -> dict[str, str | int]:
        """For scripts."""
        return {key: getattr(self, key) for key in self.__struct_fields__}

    @classmethod
    def from_error(cls, path: Path, error: ConfigError) -> "Finding":
        """A file that could not be read at all; its message already names the line where it knows it."""
        match = _PLACED.match(str(error))
        if match and match["path"] == str(path):
            return cls(str(path), int(match["line"]), "", match["rest"])
        return cls(str(path), 1, "", str(error).removeprefix(f"{path}: "))


class Place(NamedTuple):
    """A point in a file that checks can step down from, and where they report to."""

    file: ProfileFile
    steps: tuple[Step, ...]
    report: Callable[[Finding], None]

    def at(self, *steps: Step) -> "Place":
        """A place further down."""
        return self._replace(steps=(*self.steps, *steps))

    def say(self, problem: str, advice: str = "") -> None:
        """Report an error here."""
        self.report(Finding(str(self.file.path), self.file.line(*self.steps), _written(self.steps), problem, advice))


def _written(steps: tuple[Step, ...]) -> str:
    return "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps).removeprefix(".")
