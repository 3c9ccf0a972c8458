"""One profile file: where it is, its text, what it says."""

from dataclasses import dataclass
from pathlib import Path

from campus.document import line_of, read_document
from campus.errors import ConfigError, file_trouble
from firmware_profiles.model import Profile

_BOOLEAN_ADVICE = " (in YAML on, off, yes and no are true and false: put them in quotes)"


@dataclass(frozen=True)
class ProfileFile:
    """A profile and the text it came from; `name` is `vendor/family`, after its folder and file."""

    name: str
    path: Path
    text: str
    profile: Profile

    @classmethod
    def read(cls, path: Path) -> "ProfileFile":
        """Read a file; `ConfigError` when it is missing, not YAML, or not of the shape of a profile."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read: {file_trouble(error)}") from error
        return cls.parsed(path, text)

    @classmethod
    def parsed(cls, path: Path, text: str) -> "ProfileFile":
        """A file from its text; `ConfigError` as `read` has it."""
        try:
            profile = read_document(str(path), text, Profile)
        except ConfigError as error:
            advice = _BOOLEAN_ADVICE if "got `bool`" in str(error) else ""
            raise ConfigError(f"{error}{advice}") from error
        return cls(f"{path.parent.name}/{path.stem}", path, text, profile)

    def line(self, *steps: str | int) -> int:
        """The line where the value at `steps` begins."""
        return line_of(self.text, *steps)


def find_profiles(root: Path) -> list[Path]:
    """Profile files under `root` (two levels: vendor and family), sorted; `root` itself when it is a file."""
    return [root] if root.is_file() else sorted(root.glob("*/*.yaml"))
